"""What a session leaves behind: evidence as it came, who was seen, what was measured and decided; and told absences.

`evidence` and `session_decisions` are append-only. Names and raw texts live in `participants` and `raw_events`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from db.columns import at, document, metadata, org, own_id, ref, to, words

raw_events = Table(
    "raw_events",
    metadata,
    org(),
    own_id(),
    words("source"),
    words("key"),
    words("body"),
    at("received_at", nullable=False),
    ref("session_id"),
    words("problem", nullable=True),
    to("sessions", "session_id"),
    UniqueConstraint("org_id", "source", "key"),
    Index("ix_raw_events_problem", "org_id", "received_at", postgresql_where=text("problem is not null")),
    Index("ix_raw_events_words", "received_at", postgresql_where=text("body <> ''")),
)
"""Signed events of a classroom, word for word; each item of a batch is one. `problem` says why one could not be used:
unreadable, no_session, unknown_name. `body` is emptied after a while (`db.retention`)."""

participants = Table(
    "participants",
    metadata,
    org(),
    own_id(),
    words("source"),
    words("key"),
    ref("session_id"),
    words("name", nullable=True),
    words("email", nullable=True),
    ref("student_id"),
    ref("staff_id"),
    Column("ignored", Boolean, nullable=False, server_default=text("false")),
    words("matched_by", nullable=True),
    at("first_seen_at", nullable=False),
    to("sessions", "session_id"),
    to("students", "student_id"),
    to("staff", "staff_id"),
    UniqueConstraint("org_id", "source", "key"),
    CheckConstraint("student_id is null or staff_id is null", name="one_person"),
    Index(
        "ix_participants_unmatched",
        "org_id",
        "first_seen_at",
        postgresql_where=text("student_id is null and staff_id is null and not ignored"),
    ),
)
"""Somebody a classroom has shown us. The key is his registrant id or e-mail, or else his name in one session
(`session_id` is set then: such a match holds in that session alone)."""

evidence = Table(
    "evidence",
    metadata,
    org(),
    own_id(),
    Column("seq", BigInteger, Identity(), nullable=False),
    ref("session_id", nullable=False),
    words("source"),
    words("key"),
    words("kind"),
    at("at", nullable=False),
    ref("student_id"),
    ref("staff_id"),
    ref("participant_id"),
    words("connection", nullable=True),
    words("code", nullable=True),
    Column("late_minutes", Integer),
    Column("value", Double),
    ref("by"),
    at("received_at", nullable=False),
    to("sessions", "session_id"),
    to("students", "student_id"),
    to("staff", "staff_id"),
    to("participants", "participant_id"),
    UniqueConstraint("org_id", "source", "key"),
    CheckConstraint(
        "kind in ('joined', 'left', 'room_opened', 'room_closed', 'mark', 'engagement', 'comprehension')", name="kind"
    ),
    CheckConstraint("(kind = 'mark') = (code is not null)", name="mark"),
    CheckConstraint("(kind in ('engagement', 'comprehension')) = (value is not null)", name="value"),
    CheckConstraint("late_minutes is null or (code = 'late' and late_minutes > 0)", name="late_minutes"),
    Index("ix_evidence_session", "org_id", "session_id", "seq"),
    Index("ix_evidence_participant", "org_id", "participant_id", postgresql_where=text("participant_id is not null")),
)

attendances = Table(
    "attendances",
    metadata,
    org(),
    ref("session_id", primary_key=True, nullable=False),
    ref("student_id", primary_key=True, nullable=False),
    document("segments", "[]"),
    Column("minutes", Double, nullable=False),
    Column("ratio", Double, nullable=False),
    at("joined_at"),
    at("left_at"),
    Column("late_minutes", Double, nullable=False),
    Column("early_minutes", Double, nullable=False),
    Column("engagement", Double),
    Column("comprehension", Double),
    at("measured_at", nullable=False),
    to("sessions", "session_id"),
    to("students", "student_id"),
)
"""What the newest decision measured of a student in a session."""

session_decisions = Table(
    "session_decisions",
    metadata,
    org(),
    own_id(),
    Column("seq", BigInteger, Identity(), nullable=False),
    ref("session_id", nullable=False),
    at("at", nullable=False),
    words("step"),
    at("due_at"),
    document("because"),
    document("effects"),
    to("sessions", "session_id"),
    Index("ix_session_decisions_session", "org_id", "session_id", "seq"),
    Index("ix_session_decisions_seq", "seq"),
    Index(
        "ix_session_decisions_acts",
        "org_id",
        "at",
        "id",
        postgresql_where=text("because -> 0 -> 'numbers' ->> 'by' is not null"),
    ),
)

planned_absences = Table(
    "planned_absences",
    metadata,
    org(),
    own_id(),
    ref("student_id", nullable=False),
    at("starts_at", nullable=False),
    at("ends_at", nullable=False),
    words("reason", default="other"),
    ref("guardian_id"),
    ref("by"),
    ref("note_id"),
    at("declared_at", nullable=False),
    at("withdrawn_at"),
    to("students", "student_id"),
    to("guardians", "guardian_id"),
    CheckConstraint("ends_at > starts_at", name="span"),
    CheckConstraint("reason in ('ill', 'clash', 'holiday', 'other')", name="reason"),
    Index("ix_planned_absences_student", "org_id", "student_id", "starts_at"),
)

calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    org(),
    own_id(),
    words("token_hash"),
    ref("student_id"),
    ref("guardian_id"),
    ref("staff_id"),
    at("created_at", nullable=False),
    at("revoked_at"),
    to("students", "student_id"),
    to("guardians", "guardian_id"),
    to("staff", "staff_id"),
    UniqueConstraint("token_hash"),
    CheckConstraint("num_nonnulls(student_id, guardian_id, staff_id) = 1", name="one_person"),
    Index(
        "uq_calendar_feeds_one_address",
        "org_id",
        "student_id",
        "guardian_id",
        "staff_id",
        unique=True,
        postgresql_where=text("revoked_at is null"),
        postgresql_nulls_not_distinct=True,
    ),
)

refused_webhooks = Table(
    "refused_webhooks",
    metadata,
    Column("source", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("times", Integer, nullable=False),
)
"""All that a webhook with a bad signature or a stale time leaves: a count."""
