"""Drafts: the words of messages that a person reads first or writes himself, and the facts they were made from.

Where a draft stands is told by its messages and by whether a newer one exists; nothing of it is kept here twice.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint

from db.columns import at, document, metadata, org, own_id, ref, to, words

drafts = Table(
    "drafts",
    metadata,
    org(),
    own_id(),
    words("group_key"),
    Column("number", Integer, nullable=False),
    ref("student_id", nullable=False),
    ref("guardian_id", nullable=False),
    ref("session_id"),
    ref("case_id"),
    words("drafter"),
    words("fell_back", nullable=True),
    document("facts", "{}"),
    words("fingerprint"),
    Column("tokens", Integer, nullable=False, server_default="0"),
    at("made_at", nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    ref("edited_by"),
    at("edited_at"),
    at("expired_at"),
    document("expired_because", "[]"),
    to("students", "student_id"),
    to("guardians", "guardian_id"),
    to("sessions", "session_id"),
    to("cases", "case_id"),
    to("staff", "edited_by"),
    UniqueConstraint("org_id", "group_key", "number"),
    Index("ix_drafts_made", "made_at"),
)
"""One for each notice and number: `group_key` is the key of its messages without their channel; the newest counts."""

draft_texts = Table(
    "draft_texts",
    metadata,
    org(),
    ref("draft_id", primary_key=True, nullable=False),
    ref("message_id", primary_key=True, nullable=False),
    words("channel"),
    words("subject"),
    words("story"),
    words("ask"),
    words("original_subject"),
    words("original_story"),
    words("original_ask"),
    to("drafts", "draft_id"),
    Index("ix_draft_texts_message", "org_id", "message_id"),
)
"""The words as they stand, names filled in, and as they were drafted. A person's own come before their message."""
