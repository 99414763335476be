"""What delivery has taught about addresses."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, text

from db.columns import at, metadata, org, own_id, ref, to, words

suppressed_addresses = Table(
    "suppressed_addresses",
    metadata,
    org(),
    own_id(),
    words("channel"),
    words("address"),
    words("reason"),
    at("since", nullable=False),
    ref("message_id"),
    at("lifted_at"),
    ref("lifted_by"),
    to("staff", "lifted_by"),
    CheckConstraint("channel in ('sms', 'email')", name="channel"),
    CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="lifted"),
    Index(
        "uq_suppressed_addresses_in_force",
        *("org_id", "channel", "address"),
        unique=True,
        postgresql_where=text("lifted_at is null"),
    ),
)
"""Numbers and e-mail addresses nothing is sent to any more, and who has lifted that. `message_id` brought it to light;
e-mail addresses are in lower case."""
