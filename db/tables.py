"""Who there is and what is planned: organizations, people, schedules, sessions. And the doors: keys, clock."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    Interval,
    Table,
    Text,
    Time,
    UniqueConstraint,
    Uuid,
    text,
)

from db.columns import at, document, metadata, org, own_id, ref, to, words

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    words("name"),
    words("zone", default="UTC"),
    words("country", nullable=True),
    at("created_at", nullable=False, default_now=True),
)

closures = Table(
    "closures",
    metadata,
    org(),
    Column("day", Date, primary_key=True),
    words("name", nullable=True),
)

staff = Table(
    "staff",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    words("name"),
    words("email"),
    words("role"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    words("source", nullable=True),  # `oneroster`: a roster brought it in and may end it; here and below
    UniqueConstraint("org_id", "ref"),
    UniqueConstraint("org_id", "email"),
    CheckConstraint("role in ('instructor', 'coordinator', 'lead', 'admin')", name="role"),
)

students = Table(
    "students",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    words("name"),
    words("email", nullable=True),
    document("state", "{}"),
    at("next_due"),
    at("created_at", nullable=False, default_now=True),
    UniqueConstraint("org_id", "ref"),
    Index("ix_students_next_due", "next_due", postgresql_where=text("next_due is not null")),
)

guardians = Table(
    "guardians",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    words("name"),
    words("phone", nullable=True),
    words("email", nullable=True),
    words("zone", default="UTC"),
    words("language", default="en"),
    at("sms_opted_out_at"),
    UniqueConstraint("org_id", "ref"),
    Index("ix_guardians_phone", "org_id", "phone"),
)

student_guardians = Table(
    "student_guardians",
    metadata,
    org(),
    ref("student_id", primary_key=True, nullable=False),
    ref("guardian_id", primary_key=True, nullable=False),
    Column("position", Integer, nullable=False),
    words("source", nullable=True),
    to("students", "student_id"),
    to("guardians", "guardian_id"),
    UniqueConstraint("org_id", "student_id", "position"),
    CheckConstraint("position > 0", name="position"),
    Index("ix_student_guardians_guardian", "org_id", "guardian_id"),
)

schedules = Table(
    "schedules",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    words("subject"),
    words("kind", default="one_to_one"),
    ref("instructor_id"),
    words("zone", default="UTC"),
    Column("sessions_per_week", Integer, nullable=False, server_default="1"),
    Column("units_per_session", Integer, nullable=False, server_default="1"),
    Column("cancel_notice", Interval, nullable=False, server_default="24 hours"),
    document("charges", "{}"),
    document("attendance", "{}"),
    Column("on_holidays", Boolean, nullable=False, server_default=text("false")),
    words("meeting_ref", nullable=True),
    words("join_url", nullable=True),
    to("staff", "instructor_id"),
    UniqueConstraint("org_id", "ref"),
    CheckConstraint("kind in ('one_to_one', 'group')", name="kind"),
    CheckConstraint("units_per_session > 0", name="units"),
    CheckConstraint("sessions_per_week > 0", name="sessions_per_week"),
)

enrollments = Table(
    "enrollments",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    ref("student_id", nullable=False),
    ref("schedule_id", nullable=False),
    ref("coordinator_id", nullable=False),
    at("started_at", nullable=False),
    at("ended_at"),
    Column("imported", Boolean, nullable=False, server_default=text("false")),
    words("billing_status", default="current"),
    words("source", nullable=True),
    to("students", "student_id"),
    to("schedules", "schedule_id"),
    to("staff", "coordinator_id"),
    UniqueConstraint("org_id", "ref"),
    UniqueConstraint("org_id", "student_id", "schedule_id"),
    CheckConstraint("billing_status in ('current', 'overdue')", name="billing_status"),
    Index("ix_enrollments_schedule", "org_id", "schedule_id"),
)

recurrences = Table(
    "recurrences",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    ref("schedule_id", nullable=False),
    words("rule"),
    Column("starts_on", Date, nullable=False),
    Column("starts_at", Time, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("ended_on", Date),
    at("made_until"),
    at("created_at", nullable=False, default_now=True),
    to("schedules", "schedule_id"),
    UniqueConstraint("org_id", "ref"),
    CheckConstraint("minutes between 1 and 1440", name="minutes"),
    Index("ix_recurrences_schedule", "org_id", "schedule_id"),
)

terms = Table(
    "terms",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    words("name"),
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    UniqueConstraint("org_id", "ref"),
    CheckConstraint("ends_on >= starts_on", name="span"),
)

sessions = Table(
    "sessions",
    metadata,
    org(),
    own_id(),
    words("ref", nullable=True),
    ref("schedule_id", nullable=False),
    ref("instructor_id"),
    at("starts_at", nullable=False),
    at("ends_at", nullable=False),
    words("topic", nullable=True),
    words("catch_up", nullable=True),
    words("meeting_ref", nullable=True),
    words("join_url", nullable=True),
    words("status", default="scheduled"),
    words("called_off", nullable=True),
    Column("sequence", Integer, nullable=False, server_default="0"),
    ref("recurrence_id"),
    at("recurs_at"),
    ref("make_up_for"),
    ref("make_up_student_id"),
    at("created_at", nullable=False, default_now=True),
    at("changed_at"),
    document("state", "{}"),
    at("next_due"),
    to("schedules", "schedule_id"),
    to("staff", "instructor_id"),
    to("sessions", "make_up_for"),
    to("students", "make_up_student_id"),
    to("recurrences", "recurrence_id"),
    UniqueConstraint("org_id", "ref"),
    UniqueConstraint("org_id", "recurrence_id", "recurs_at"),
    CheckConstraint("ends_at > starts_at", name="span"),
    CheckConstraint("status in ('scheduled', 'unrecorded', 'settled', 'called_off')", name="status"),
    CheckConstraint("(status = 'called_off') = (called_off is not null)", name="called_off"),
    CheckConstraint("(recurrence_id is null) = (recurs_at is null)", name="recurs"),
    CheckConstraint("(make_up_for is null) = (make_up_student_id is null)", name="make_up"),
    Index("ix_sessions_schedule", "org_id", "schedule_id", "starts_at"),
    Index("ix_sessions_starts", "org_id", "starts_at"),
    Index("ix_sessions_meeting", "org_id", "meeting_ref", "starts_at"),
    Index("ix_sessions_next_due", "next_due", postgresql_where=text("next_due is not null")),
    Index("ix_sessions_make_up", "org_id", "make_up_student_id", postgresql_where=text("make_up_for is not null")),
)

policies = Table(
    "policies",
    metadata,
    org(),
    Column("version", Integer, primary_key=True),
    document("document"),
    at("published_at", nullable=False),
    ref("published_by"),
    to("staff", "published_by"),
)

api_keys = Table(
    "api_keys",
    metadata,
    org(),
    own_id(),
    words("name"),
    words("secret_hash"),
    at("created_at", nullable=False, default_now=True),
    ref("created_by"),
    at("last_used_at"),
    at("revoked_at"),
    ref("revoked_by"),
    to("staff", "created_by"),
    to("staff", "revoked_by"),
    UniqueConstraint("secret_hash"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    org(),
    Column("key", Text, primary_key=True),
    words("request_hash"),
    Column("status", Integer),
    Column("response", Text),
    at("created_at", nullable=False, default_now=True),
)

business_clock = Table(
    "business_clock",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    Column("ahead", Interval, nullable=False, server_default="0"),
    CheckConstraint("single", name="one_row"),
    CheckConstraint("ahead >= interval '0'", name="never_back"),
)
