"""Addresses nothing is sent to any more, and the links by which families close and open theirs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Table, UniqueConstraint, text

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
    ref("closed_by_guardian"),
    ref("lifted_by_guardian"),
    to("staff", "lifted_by"),
    to("guardians", "closed_by_guardian"),
    to("guardians", "lifted_by_guardian"),
    CheckConstraint("channel in ('sms', 'email')", name="channel"),
    CheckConstraint("num_nonnulls(lifted_by, lifted_by_guardian) = num_nonnulls(lifted_at)", name="lifted"),
    Index(
        "uq_suppressed_addresses_in_force",
        *("org_id", "channel", "address"),
        unique=True,
        postgresql_where=text("lifted_at is null"),
    ),
)
"""Numbers and e-mail addresses nothing is sent to any more, and who has lifted that. `message_id` brought it to light,
or `closed_by_guardian` asked for it; e-mail addresses are in lower case."""

stop_links = Table(
    "stop_links",
    metadata,
    org(),
    own_id(),
    ref("guardian_id", nullable=False),
    words("address"),
    words("token"),
    at("created_at", nullable=False),
    to("guardians", "guardian_id"),
    UniqueConstraint("org_id", "guardian_id", "address"),
    UniqueConstraint("token"),
)
"""One for each guardian and e-mail address. `token` is the link's secret part: it stands in every e-mail to this
address and opens nothing but the end of them."""
