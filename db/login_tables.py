"""Who may come in: passwords, one-time links, logins, and the failures that are counted against guessing."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Table, Text, UniqueConstraint, Uuid, text

from db.columns import at, metadata, org, own_id, ref, to, words

_ONE_PERSON = "num_nonnulls(staff_id, guardian_id, student_id) = 1"

passwords = Table(
    "passwords",
    metadata,
    org(),
    ref("staff_id", primary_key=True, nullable=False),
    words("hash"),
    at("changed_at", nullable=False),
    to("staff", "staff_id"),
)
"""Of staff alone: families and students come in by links."""

sign_in_links = Table(
    "sign_in_links",
    metadata,
    org(),
    own_id(),
    words("purpose"),
    ref("staff_id"),
    ref("guardian_id"),
    ref("student_id"),
    words("token_hash", nullable=True),
    ref("made_by"),
    at("created_at", nullable=False),
    at("expires_at", nullable=False),
    at("used_at"),
    at("revoked_at"),
    to("staff", "staff_id"),
    to("guardians", "guardian_id"),
    to("students", "student_id"),
    to("staff", "made_by"),
    UniqueConstraint("token_hash"),
    CheckConstraint(_ONE_PERSON, name="one_person"),
    CheckConstraint("purpose in ('welcome', 'choice', 'family')", name="purpose"),
    CheckConstraint("(purpose = 'family') = (staff_id is null)", name="whose"),
    Index("ix_sign_in_links_staff", "org_id", "staff_id", postgresql_where=text("staff_id is not null")),
    Index("ix_sign_in_links_guardian", "org_id", "guardian_id", postgresql_where=text("guardian_id is not null")),
    Index("ix_sign_in_links_student", "org_id", "student_id", postgresql_where=text("student_id is not null")),
)
"""Links that open once. One that travels in a message has no token until that message leaves."""

logins = Table(
    "logins",
    metadata,
    org(),
    own_id(),
    ref("staff_id"),
    ref("guardian_id"),
    ref("student_id"),
    words("token_hash"),
    words("browser", nullable=True),
    at("created_at", nullable=False),
    at("seen_at", nullable=False),
    at("ended_at"),
    to("staff", "staff_id"),
    to("guardians", "guardian_id"),
    to("students", "student_id"),
    UniqueConstraint("token_hash"),
    CheckConstraint(_ONE_PERSON, name="one_person"),
    Index("ix_logins_staff", "org_id", "staff_id", postgresql_where=text("staff_id is not null")),
    Index("ix_logins_guardian", "org_id", "guardian_id", postgresql_where=text("guardian_id is not null")),
    Index("ix_logins_student", "org_id", "student_id", postgresql_where=text("student_id is not null")),
)
"""Browsers that somebody is signed in on. Times are the engine's: a jumping business clock signs nobody out."""

knocks = Table(
    "knocks",
    metadata,
    Column("id", Uuid(as_uuid=False), primary_key=True, server_default=text("gen_random_uuid()")),
    Column("door", Text, nullable=False),
    Column("whose", Text, nullable=False),
    at("at", nullable=False),
    CheckConstraint("door in ('password', 'link')", name="door"),
    Index("ix_knocks_whose", "door", "whose", "at"),
    Index("ix_knocks_at", "at"),
)
"""Failed passwords and requests for links, of the last quarter of an hour. `whose` is the hash of an e-mail address or
of a network address; nobody is signed in yet, so they belong to no organization."""

preferences = Table(
    "preferences",
    metadata,
    org(),
    ref("staff_id", primary_key=True, nullable=False),
    words("zone", nullable=True),
    Column("shortcuts", Boolean, nullable=False, server_default=text("true")),
    to("staff", "staff_id"),
)
"""How a staff member sees the pages; no row: the organization's zone, and shortcuts on."""
