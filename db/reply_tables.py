"""What families answered, and how their consent to texts changed."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, text

from db.columns import at, metadata, org, own_id, ref, to, words

replies = Table(
    "replies",
    metadata,
    org(),
    own_id(),
    ref("guardian_id"),
    ref("student_id"),
    words("text"),
    words("meaning"),
    at("received_at", nullable=False),
    words("channel", default="api"),
    words("sender", nullable=True),
    words("rule", nullable=True),
    ref("event_id"),
    ref("message_id"),
    Column("answered", Boolean, nullable=False, server_default=text("false")),
    ref("read_by"),
    at("read_at"),
    to("guardians", "guardian_id"),
    to("students", "student_id"),
    to("raw_events", "event_id"),
    to("messages", "message_id"),
    to("staff", "read_by"),
    CheckConstraint("channel in ('api', 'sms', 'email')", name="channel"),
    CheckConstraint("student_id is null or guardian_id is not null", name="family"),
    CheckConstraint("(read_by is null) = (read_at is null)", name="read"),
    Index("ix_replies_student", "org_id", "student_id", "received_at"),
    Index("ix_replies_sender", "org_id", "sender", "received_at"),
    Index(
        "ix_replies_unread",
        *("org_id", "received_at"),
        postgresql_where=text("read_at is null and (meaning = 'unclear' or student_id is null)"),
    ),
)
"""One row for each child a reply counts for; one without a student where nobody knows whom it is about. `rule` says why
it was understood so, `message_id` is what it answers, `answered` whether we were to answer it."""

consents = Table(
    "consents",
    metadata,
    org(),
    own_id(),
    ref("guardian_id", nullable=False),
    words("channel"),
    words("change"),
    at("at", nullable=False),
    ref("reply_id"),
    ref("by"),
    to("guardians", "guardian_id"),
    to("staff", "by"),
    CheckConstraint("change in ('opted_out', 'opted_in')", name="change"),
    Index("ix_consents_guardian", "org_id", "guardian_id", "at"),
)
"""Each change of a guardian's consent to texts, with the reply that asked for it and who read it, if a person did.
`reply_id` may name another organization's reply: a number that several share is one phone. Without a reply and without
a person it was the button of the family's own page."""
