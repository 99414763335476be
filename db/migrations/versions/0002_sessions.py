"""Sessions: recurrences, evidence from the classroom, what was decided of a session, told absences, calendar feeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


APPEND_ONLY = ("evidence", "session_decisions")
FROM_A_ROSTER = ("staff", "student_guardians", "enrollments")
"""Whose `source` says what brought the row in, and so may end it."""
SESSION_CHECKS = {
    "status": "status in ('scheduled', 'unrecorded', 'settled', 'called_off')",
    "called_off": "(status = 'called_off') = (called_off is not null)",
    "recurs": "(recurrence_id is null) = (recurs_at is null)",
}
WIND = """
update sessions set changed_at = now(), next_due = greatest(now(), starts_at - interval '25 hours')
where ends_at > now()
"""
"""Sessions that are known already and lie ahead get a clock; it works out its steps itself when it begins."""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.create_table(
        "refused_webhooks",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", "reason", "day", name=op.f("pk_refused_webhooks")),
    )
    op.create_table(
        "terms",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_terms_span")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_terms_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_terms")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_terms_org_id_ref")),
    )
    op.create_table(
        "calendar_feeds",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(student_id, guardian_id, staff_id) = 1", name=op.f("ck_calendar_feeds_one_person")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"],
            ["guardians.org_id", "guardians.id"],
            name=op.f("fk_calendar_feeds_org_id_guardian_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"], ["staff.org_id", "staff.id"], name=op.f("fk_calendar_feeds_org_id_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"],
            ["students.org_id", "students.id"],
            name=op.f("fk_calendar_feeds_org_id_student_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_calendar_feeds_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )
    op.create_index(
        "uq_calendar_feeds_one_address",
        "calendar_feeds",
        ["org_id", "student_id", "guardian_id", "staff_id"],
        unique=True,
        postgresql_where=sa.text("revoked_at is null"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "planned_absences",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), server_default="other", nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("note_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("reason in ('ill', 'clash', 'holiday', 'other')", name=op.f("ck_planned_absences_reason")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_planned_absences_span")),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"],
            ["guardians.org_id", "guardians.id"],
            name=op.f("fk_planned_absences_org_id_guardian_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"],
            ["students.org_id", "students.id"],
            name=op.f("fk_planned_absences_org_id_student_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_planned_absences_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_planned_absences")),
    )
    op.create_index(
        "ix_planned_absences_student", "planned_absences", ["org_id", "student_id", "starts_at"], unique=False
    )
    op.create_table(
        "recurrences",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("made_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("minutes between 1 and 1440", name=op.f("ck_recurrences_minutes")),
        sa.ForeignKeyConstraint(
            ["org_id", "schedule_id"],
            ["schedules.org_id", "schedules.id"],
            name=op.f("fk_recurrences_org_id_schedule_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_recurrences_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_recurrences")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_recurrences_org_id_ref")),
    )
    op.create_index("ix_recurrences_schedule", "recurrences", ["org_id", "schedule_id"], unique=False)
    op.create_table(
        "attendances",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("segments", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("ratio", sa.Double(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_minutes", sa.Double(), nullable=False),
        sa.Column("early_minutes", sa.Double(), nullable=False),
        sa.Column("engagement", sa.Double(), nullable=True),
        sa.Column("comprehension", sa.Double(), nullable=True),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_attendances_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_attendances_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_attendances_org_id")),
        sa.PrimaryKeyConstraint("org_id", "session_id", "student_id", name=op.f("pk_attendances")),
    )
    op.create_table(
        "participants",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("ignored", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("matched_by", sa.Text(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("student_id is null or staff_id is null", name=op.f("ck_participants_one_person")),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_participants_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"], ["staff.org_id", "staff.id"], name=op.f("fk_participants_org_id_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_participants_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_participants_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_participants")),
        sa.UniqueConstraint("org_id", "source", "key", name=op.f("uq_participants_org_id_source_key")),
    )
    op.create_index(
        "ix_participants_unmatched",
        "participants",
        ["org_id", "first_seen_at"],
        unique=False,
        postgresql_where=sa.text("student_id is null and staff_id is null and not ignored"),
    )
    op.create_table(
        "raw_events",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_raw_events_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_raw_events_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_raw_events")),
        sa.UniqueConstraint("org_id", "source", "key", name=op.f("uq_raw_events_org_id_source_key")),
    )
    op.create_index(
        "ix_raw_events_problem",
        "raw_events",
        ["org_id", "received_at"],
        unique=False,
        postgresql_where=sa.text("problem is not null"),
    )
    op.create_table(
        "session_decisions",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", postgresql.JSONB(), nullable=False),
        sa.Column("effects", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"],
            ["sessions.org_id", "sessions.id"],
            name=op.f("fk_session_decisions_org_id_session_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_session_decisions_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_session_decisions")),
    )
    op.create_index("ix_session_decisions_session", "session_decisions", ["org_id", "session_id", "seq"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("participant_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("connection", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(kind = 'mark') = (code is not null)", name=op.f("ck_evidence_mark")),
        sa.CheckConstraint(
            "(kind in ('engagement', 'comprehension')) = (value is not null)", name=op.f("ck_evidence_value")
        ),
        sa.CheckConstraint(
            "kind in ('joined', 'left', 'room_opened', 'room_closed', 'mark', 'engagement', 'comprehension')",
            name=op.f("ck_evidence_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "participant_id"],
            ["participants.org_id", "participants.id"],
            name=op.f("fk_evidence_org_id_participant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_evidence_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"], ["staff.org_id", "staff.id"], name=op.f("fk_evidence_org_id_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_evidence_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_evidence_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("org_id", "source", "key", name=op.f("uq_evidence_org_id_source_key")),
    )
    op.create_index("ix_evidence_session", "evidence", ["org_id", "session_id", "seq"], unique=False)
    op.create_index(
        "ix_evidence_participant",
        "evidence",
        ["org_id", "participant_id"],
        unique=False,
        postgresql_where=sa.text("participant_id is not null"),
    )
    op.add_column("closures", sa.Column("name", sa.Text(), nullable=True))
    op.add_column(
        "schedules",
        sa.Column("attendance", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("schedules", sa.Column("on_holidays", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("schedules", sa.Column("meeting_ref", sa.Text(), nullable=True))
    op.add_column("schedules", sa.Column("join_url", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("catch_up", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("meeting_ref", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("join_url", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("status", sa.Text(), server_default="scheduled", nullable=False))
    op.add_column("sessions", sa.Column("called_off", sa.Text(), nullable=True))
    op.add_column("sessions", sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
    op.add_column("sessions", sa.Column("recurrence_id", sa.Uuid(as_uuid=False), nullable=True))
    op.add_column("sessions", sa.Column("recurs_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "sessions",
        sa.Column("state", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("sessions", sa.Column("next_due", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_sessions_meeting", "sessions", ["org_id", "meeting_ref", "starts_at"], unique=False)
    op.create_index(
        "ix_sessions_next_due", "sessions", ["next_due"], unique=False, postgresql_where=sa.text("next_due is not null")
    )
    op.create_index("ix_enrollments_schedule", "enrollments", ["org_id", "schedule_id"], unique=False)
    op.create_index("ix_sessions_starts", "sessions", ["org_id", "starts_at"], unique=False)
    op.create_unique_constraint(
        op.f("uq_sessions_org_id_recurrence_id_recurs_at"), "sessions", ["org_id", "recurrence_id", "recurs_at"]
    )
    op.create_foreign_key(
        op.f("fk_sessions_org_id_recurrence_id"),
        "sessions",
        "recurrences",
        ["org_id", "recurrence_id"],
        ["org_id", "id"],
    )
    op.add_column("students", sa.Column("email", sa.Text(), nullable=True))
    for table in FROM_A_ROSTER:
        op.add_column(table, sa.Column("source", sa.Text(), nullable=True))
    op.add_column("tasks", sa.Column("instructor_id", sa.Uuid(as_uuid=False), nullable=True))
    op.create_foreign_key(
        op.f("fk_tasks_org_id_instructor_id"), "tasks", "staff", ["org_id", "instructor_id"], ["org_id", "id"]
    )
    op.execute(WIND)
    for name, rule in SESSION_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_sessions_{name}"), "sessions", rule)
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )


def downgrade() -> None:
    for name in SESSION_CHECKS:
        op.drop_constraint(op.f(f"ck_sessions_{name}"), "sessions")
    op.drop_constraint(op.f("fk_tasks_org_id_instructor_id"), "tasks", type_="foreignkey")
    op.drop_column("tasks", "instructor_id")
    for table in FROM_A_ROSTER:
        op.drop_column(table, "source")
    op.drop_column("students", "email")
    op.drop_constraint(op.f("fk_sessions_org_id_recurrence_id"), "sessions", type_="foreignkey")
    op.drop_constraint(op.f("uq_sessions_org_id_recurrence_id_recurs_at"), "sessions", type_="unique")
    op.drop_index("ix_enrollments_schedule", table_name="enrollments")
    op.drop_index("ix_sessions_starts", table_name="sessions")
    op.drop_index("ix_sessions_next_due", table_name="sessions", postgresql_where=sa.text("next_due is not null"))
    op.drop_index("ix_sessions_meeting", table_name="sessions")
    op.drop_column("sessions", "next_due")
    op.drop_column("sessions", "state")
    op.drop_column("sessions", "changed_at")
    op.drop_column("sessions", "recurs_at")
    op.drop_column("sessions", "recurrence_id")
    op.drop_column("sessions", "sequence")
    op.drop_column("sessions", "called_off")
    op.drop_column("sessions", "status")
    op.drop_column("sessions", "join_url")
    op.drop_column("sessions", "meeting_ref")
    op.drop_column("sessions", "catch_up")
    op.drop_column("schedules", "join_url")
    op.drop_column("schedules", "meeting_ref")
    op.drop_column("schedules", "on_holidays")
    op.drop_column("schedules", "attendance")
    op.drop_column("closures", "name")
    op.drop_index(
        "ix_evidence_participant", table_name="evidence", postgresql_where=sa.text("participant_id is not null")
    )
    op.drop_index("ix_evidence_session", table_name="evidence")
    op.drop_table("evidence")
    op.drop_index("ix_session_decisions_session", table_name="session_decisions")
    op.drop_table("session_decisions")
    op.drop_index("ix_raw_events_problem", table_name="raw_events", postgresql_where=sa.text("problem is not null"))
    op.drop_table("raw_events")
    op.drop_index(
        "ix_participants_unmatched",
        table_name="participants",
        postgresql_where=sa.text("student_id is null and staff_id is null and not ignored"),
    )
    op.drop_table("participants")
    op.drop_table("attendances")
    op.drop_index("ix_recurrences_schedule", table_name="recurrences")
    op.drop_table("recurrences")
    op.drop_index("ix_planned_absences_student", table_name="planned_absences")
    op.drop_table("planned_absences")
    op.drop_index(
        "uq_calendar_feeds_one_address",
        table_name="calendar_feeds",
        postgresql_where=sa.text("revoked_at is null"),
    )
    op.drop_table("calendar_feeds")
    op.drop_table("terms")
    op.drop_table("refused_webhooks")
