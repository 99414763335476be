"""The books: everything from people to messages, with the organization in every key."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


APPEND_ONLY = ("entries", "decisions", "outcome_versions", "policies")
REFUSE = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: a mistake gets a new row', tg_table_name using errcode = '23001';
end $$
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '5s'")
    op.execute(REFUSE)
    op.create_table(
        "business_clock",
        sa.Column("single", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("ahead", sa.Interval(), server_default="0", nullable=False),
        sa.CheckConstraint("ahead >= interval '0'", name=op.f("ck_business_clock_never_back")),
        sa.CheckConstraint("single", name=op.f("ck_business_clock_one_row")),
        sa.PrimaryKeyConstraint("single", name=op.f("pk_business_clock")),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "api_keys",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_api_keys_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_table(
        "closures",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_closures_org_id")),
        sa.PrimaryKeyConstraint("org_id", "day", name=op.f("pk_closures")),
    )
    op.create_table(
        "guardians",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("sms_opted_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_bounced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_guardians_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_guardians")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_guardians_org_id_ref")),
    )
    op.create_index("ix_guardians_phone", "guardians", ["org_id", "phone"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_idempotency_keys_org_id")),
        sa.PrimaryKeyConstraint("org_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "notes",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_notes_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_notes")),
    )
    op.create_table(
        "staff",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("role in ('instructor', 'coordinator', 'lead', 'admin')", name=op.f("ck_staff_role")),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_staff_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_staff")),
        sa.UniqueConstraint("org_id", "email", name=op.f("uq_staff_org_id_email")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_staff_org_id_ref")),
    )
    op.create_table(
        "students",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_students_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_students")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_students_org_id_ref")),
    )
    op.create_index(
        "ix_students_next_due", "students", ["next_due"], unique=False, postgresql_where=sa.text("next_due is not null")
    )
    op.create_table(
        "decisions",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("inbox_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("because", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("effects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("refused", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_decisions_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_decisions_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("org_id", "inbox_id", name=op.f("uq_decisions_org_id_inbox_id")),
    )
    op.create_index("ix_decisions_student", "decisions", ["org_id", "student_id", "seq"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_inbox_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_inbox_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["org_id", "student_id", "seq"],
        unique=False,
        postgresql_where=sa.text("decided_at is null"),
    )
    op.create_index(
        "ix_inbox_waiting", "inbox", ["received_at"], unique=False, postgresql_where=sa.text("decided_at is null")
    )
    op.create_table(
        "policies",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "published_by"], ["staff.org_id", "staff.id"], name=op.f("fk_policies_org_id_published_by")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_policies_org_id")),
        sa.PrimaryKeyConstraint("org_id", "version", name=op.f("pk_policies")),
    )
    op.create_table(
        "replies",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"], ["guardians.org_id", "guardians.id"], name=op.f("fk_replies_org_id_guardian_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_replies_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_replies_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_replies")),
    )
    op.create_table(
        "schedules",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="one_to_one", nullable=False),
        sa.Column("instructor_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column("sessions_per_week", sa.Integer(), server_default="1", nullable=False),
        sa.Column("units_per_session", sa.Integer(), server_default="1", nullable=False),
        sa.Column("cancel_notice", sa.Interval(), server_default="24 hours", nullable=False),
        sa.Column("charges", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint("kind in ('one_to_one', 'group')", name=op.f("ck_schedules_kind")),
        sa.CheckConstraint("sessions_per_week > 0", name=op.f("ck_schedules_sessions_per_week")),
        sa.CheckConstraint("units_per_session > 0", name=op.f("ck_schedules_units")),
        sa.ForeignKeyConstraint(
            ["org_id", "instructor_id"], ["staff.org_id", "staff.id"], name=op.f("fk_schedules_org_id_instructor_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_schedules_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_schedules_org_id_ref")),
    )
    op.create_table(
        "student_guardians",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("position > 0", name=op.f("ck_student_guardians_position")),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"],
            ["guardians.org_id", "guardians.id"],
            name=op.f("fk_student_guardians_org_id_guardian_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"],
            ["students.org_id", "students.id"],
            name=op.f("fk_student_guardians_org_id_student_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_student_guardians_org_id")),
        sa.PrimaryKeyConstraint("org_id", "student_id", "guardian_id", name=op.f("pk_student_guardians")),
        sa.UniqueConstraint(
            "org_id", "student_id", "position", name=op.f("uq_student_guardians_org_id_student_id_position")
        ),
    )
    op.create_index("ix_student_guardians_guardian", "student_guardians", ["org_id", "guardian_id"], unique=False)
    op.create_table(
        "enrollments",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("schedule_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("imported", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("billing_status", sa.Text(), server_default="current", nullable=False),
        sa.CheckConstraint("billing_status in ('current', 'overdue')", name=op.f("ck_enrollments_billing_status")),
        sa.ForeignKeyConstraint(
            ["org_id", "coordinator_id"],
            ["staff.org_id", "staff.id"],
            name=op.f("fk_enrollments_org_id_coordinator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "schedule_id"],
            ["schedules.org_id", "schedules.id"],
            name=op.f("fk_enrollments_org_id_schedule_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_enrollments_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_enrollments_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_enrollments_org_id_ref")),
        sa.UniqueConstraint(
            "org_id", "student_id", "schedule_id", name=op.f("uq_enrollments_org_id_student_id_schedule_id")
        ),
    )
    op.create_table(
        "sessions",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("ref", sa.Text(), nullable=True),
        sa.Column("schedule_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("instructor_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("make_up_for", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("make_up_student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(make_up_for is null) = (make_up_student_id is null)", name=op.f("ck_sessions_make_up")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_sessions_span")),
        sa.ForeignKeyConstraint(
            ["org_id", "instructor_id"], ["staff.org_id", "staff.id"], name=op.f("fk_sessions_org_id_instructor_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "make_up_for"], ["sessions.org_id", "sessions.id"], name=op.f("fk_sessions_org_id_make_up_for")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "make_up_student_id"],
            ["students.org_id", "students.id"],
            name=op.f("fk_sessions_org_id_make_up_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "schedule_id"], ["schedules.org_id", "schedules.id"], name=op.f("fk_sessions_org_id_schedule_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_sessions_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("org_id", "ref", name=op.f("uq_sessions_org_id_ref")),
    )
    op.create_index(
        "ix_sessions_make_up",
        "sessions",
        ["org_id", "make_up_student_id"],
        unique=False,
        postgresql_where=sa.text("make_up_for is not null"),
    )
    op.create_index("ix_sessions_schedule", "sessions", ["org_id", "schedule_id", "starts_at"], unique=False)
    op.create_table(
        "cases",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("ladder_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("windows_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("stopped", sa.Text(), nullable=True),
        sa.Column("outreach_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("follow_up", sa.Text(), nullable=False),
        sa.Column("watch_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(closed_at is null) = (outcome is null)", name=op.f("ck_cases_closed_with_outcome")),
        sa.CheckConstraint("tier in (2, 3)", name=op.f("ck_cases_tier")),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"],
            ["enrollments.org_id", "enrollments.id"],
            name=op.f("fk_cases_org_id_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_cases_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_cases_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_cases")),
    )
    op.create_index(
        "uq_cases_one_open",
        "cases",
        ["org_id", "student_id"],
        unique=True,
        postgresql_where=sa.text("closed_at is null"),
    )
    op.create_table(
        "outcomes",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"],
            ["enrollments.org_id", "enrollments.id"],
            name=op.f("fk_outcomes_org_id_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_outcomes_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_outcomes_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_outcomes_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint(
            "org_id", "session_id", "student_id", name=op.f("uq_outcomes_org_id_session_id_student_id")
        ),
    )
    op.create_index("ix_outcomes_received", "outcomes", ["org_id", "received_at"], unique=False)
    op.create_index("ix_outcomes_student", "outcomes", ["org_id", "student_id"], unique=False)
    op.create_table(
        "entries",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("outcome_version", sa.Integer(), nullable=True),
        sa.Column("reverses", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reason_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("(kind = 'reverse') = (reverses is not null)", name=op.f("ck_entries_reverses")),
        sa.CheckConstraint(
            "kind <> 'consume' or (units < 0 and outcome_id is not null)", name=op.f("ck_entries_consume")
        ),
        sa.CheckConstraint("kind <> 'top_up' or units > 0", name=op.f("ck_entries_top_up")),
        sa.CheckConstraint("kind in ('top_up', 'consume', 'reverse', 'adjust')", name=op.f("ck_entries_kind")),
        sa.CheckConstraint("units <> 0", name=op.f("ck_entries_units")),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"],
            ["enrollments.org_id", "enrollments.id"],
            name=op.f("fk_entries_org_id_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "outcome_id"], ["outcomes.org_id", "outcomes.id"], name=op.f("fk_entries_org_id_outcome_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "reverses"], ["entries.org_id", "entries.id"], name=op.f("fk_entries_org_id_reverses")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_entries_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_entries")),
        sa.UniqueConstraint("org_id", "enrollment_id", "seq", name=op.f("uq_entries_org_id_enrollment_id_seq")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_entries_org_id_key")),
        sa.UniqueConstraint("org_id", "reverses", name=op.f("uq_entries_org_id_reverses")),
    )
    op.create_index("ix_entries_outcome", "entries", ["org_id", "outcome_id"], unique=False)
    op.create_table(
        "outcome_versions",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("outcome_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("reason_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "outcome_id"],
            ["outcomes.org_id", "outcomes.id"],
            name=op.f("fk_outcome_versions_org_id_outcome_id"),
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_outcome_versions_org_id")),
        sa.PrimaryKeyConstraint("org_id", "outcome_id", "version", name=op.f("pk_outcome_versions")),
    )
    op.create_table(
        "tasks",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("enrollment_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("claimed_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalation", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("channels", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.CheckConstraint("(status in ('open', 'snoozed')) = (finished_at is null)", name=op.f("ck_tasks_finished")),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"], ["cases.org_id", "cases.id"], name=op.f("fk_tasks_org_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "enrollment_id"],
            ["enrollments.org_id", "enrollments.id"],
            name=op.f("fk_tasks_org_id_enrollment_id"),
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"], ["guardians.org_id", "guardians.id"], name=op.f("fk_tasks_org_id_guardian_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "owner_id"], ["staff.org_id", "staff.id"], name=op.f("fk_tasks_org_id_owner_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_tasks_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_tasks_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_tasks_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_tasks")),
    )
    op.create_index(
        "ix_tasks_owner", "tasks", ["org_id", "owner_id"], unique=False, postgresql_where=sa.text("finished_at is null")
    )
    op.create_index("ix_tasks_student", "tasks", ["org_id", "student_id"], unique=False)
    op.create_table(
        "messages",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient_kind", sa.Text(), nullable=False),
        sa.Column("guardian_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("staff_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("session_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("task_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("offers_replies", sa.Boolean(), nullable=False),
        sa.Column("handed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("merged_into", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("resent_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("attempts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("history", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.CheckConstraint("channel in ('sms', 'email')", name=op.f("ck_messages_channel")),
        sa.CheckConstraint(
            "state not in ('suppressed', 'cancelled', 'expired', 'held') or reason is not null",
            name=op.f("ck_messages_reason"),
        ),
        sa.CheckConstraint("(guardian_id is null) <> (staff_id is null)", name=op.f("ck_messages_one_recipient")),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"], ["cases.org_id", "cases.id"], name=op.f("fk_messages_org_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "guardian_id"], ["guardians.org_id", "guardians.id"], name=op.f("fk_messages_org_id_guardian_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "merged_into"], ["messages.org_id", "messages.id"], name=op.f("fk_messages_org_id_merged_into")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "session_id"], ["sessions.org_id", "sessions.id"], name=op.f("fk_messages_org_id_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "staff_id"], ["staff.org_id", "staff.id"], name=op.f("fk_messages_org_id_staff_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_messages_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_messages_org_id_task_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_messages_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_messages")),
        sa.UniqueConstraint("org_id", "key", name=op.f("uq_messages_org_id_key")),
    )
    op.create_index("ix_messages_created", "messages", ["org_id", "created_at"], unique=False)
    op.create_index("ix_messages_handed", "messages", ["org_id", "guardian_id", "handed_over_at"], unique=False)
    op.create_index(
        "ix_messages_on_their_way",
        "messages",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('queued', 'sending')"),
    )
    op.create_index("ix_messages_student", "messages", ["org_id", "student_id", "created_at"], unique=False)
    op.create_index(
        "ix_messages_waiting",
        "messages",
        ["org_id", "guardian_id"],
        unique=False,
        postgresql_where=sa.text("state in ('queued', 'held')"),
    )
    op.create_table(
        "outreach",
        sa.Column("org_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("student_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("task_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("case_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("by", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["org_id", "case_id"], ["cases.org_id", "cases.id"], name=op.f("fk_outreach_org_id_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "student_id"], ["students.org_id", "students.id"], name=op.f("fk_outreach_org_id_student_id")
        ),
        sa.ForeignKeyConstraint(
            ["org_id", "task_id"], ["tasks.org_id", "tasks.id"], name=op.f("fk_outreach_org_id_task_id")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["organizations.id"], name=op.f("fk_outreach_org_id")),
        sa.PrimaryKeyConstraint("org_id", "id", name=op.f("pk_outreach")),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete or truncate on {table} "
            "for each statement execute function refuse_change()"
        )
    op.execute("insert into business_clock default values")


def downgrade() -> None:
    op.drop_table("outreach")
    op.drop_index("ix_messages_waiting", table_name="messages", postgresql_where=sa.text("state in ('queued', 'held')"))
    op.drop_index("ix_messages_student", table_name="messages")
    op.drop_index(
        "ix_messages_on_their_way", table_name="messages", postgresql_where=sa.text("state in ('queued', 'sending')")
    )
    op.drop_index("ix_messages_handed", table_name="messages")
    op.drop_index("ix_messages_created", table_name="messages")
    op.drop_table("messages")
    op.drop_index("ix_tasks_student", table_name="tasks")
    op.drop_index("ix_tasks_owner", table_name="tasks", postgresql_where=sa.text("finished_at is null"))
    op.drop_table("tasks")
    op.drop_table("outcome_versions")
    op.drop_index("ix_entries_outcome", table_name="entries")
    op.drop_table("entries")
    op.drop_index("ix_outcomes_student", table_name="outcomes")
    op.drop_index("ix_outcomes_received", table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_index("uq_cases_one_open", table_name="cases", postgresql_where=sa.text("closed_at is null"))
    op.drop_table("cases")
    op.drop_index("ix_sessions_schedule", table_name="sessions")
    op.drop_index("ix_sessions_make_up", table_name="sessions", postgresql_where=sa.text("make_up_for is not null"))
    op.drop_table("sessions")
    op.drop_table("enrollments")
    op.drop_index("ix_student_guardians_guardian", table_name="student_guardians")
    op.drop_table("student_guardians")
    op.drop_table("schedules")
    op.drop_table("replies")
    op.drop_table("policies")
    op.drop_index("ix_inbox_waiting", table_name="inbox", postgresql_where=sa.text("decided_at is null"))
    op.drop_index("ix_inbox_open", table_name="inbox", postgresql_where=sa.text("decided_at is null"))
    op.drop_table("inbox")
    op.drop_index("ix_decisions_student", table_name="decisions")
    op.drop_table("decisions")
    op.drop_index("ix_students_next_due", table_name="students", postgresql_where=sa.text("next_due is not null"))
    op.drop_table("students")
    op.drop_table("staff")
    op.drop_table("notes")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_guardians_phone", table_name="guardians")
    op.drop_table("guardians")
    op.drop_table("closures")
    op.drop_table("api_keys")
    op.drop_table("organizations")
    op.drop_table("business_clock")
    op.execute("drop function refuse_change()")
