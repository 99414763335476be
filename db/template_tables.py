"""An operator's own words for what families are told."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Integer, Table

from db.columns import at, metadata, org, ref, to, words

message_templates = Table(
    "message_templates",
    metadata,
    org(),
    *(Column(name, words(name).type, primary_key=True) for name in ("purpose", "channel", "language")),
    Column("version", Integer, primary_key=True),
    words("subject", nullable=True),
    words("story", nullable=True),
    words("ask", nullable=True),
    ref("made_by"),
    at("made_at", nullable=False),
    to("staff", "made_by"),
    CheckConstraint("channel in ('sms', 'email')", name="channel"),
    CheckConstraint("num_nulls(subject, story, ask) in (0, 3)", name="whole"),
)
"""Every version of every template, never changed; the newest stands. One without words goes back to the
shipped ones."""
