"""Webhooks out: who wants to hear of what, and every delivery with its attempts."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from db.columns import at, document, metadata, org, own_id, ref, to, words

webhook_endpoints = Table(
    "webhook_endpoints",
    metadata,
    org(),
    own_id(),
    words("url"),
    words("description", nullable=True),
    document("events", "[]"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    at("active_since", nullable=False),
    words("disabled_because", nullable=True),
    words("secret"),
    words("old_secret", nullable=True),
    at("old_secret_until"),
    at("created_at", nullable=False),
    at("deleted_at"),
    CheckConstraint("not (active and deleted_at is not null)", name="deleted"),
    CheckConstraint("(old_secret is null) = (old_secret_until is null)", name="old_secret"),
)
"""`events` empty: all. Secrets are kept as `messaging.sealing` seals them; a deleted endpoint has none."""

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    org(),
    own_id(),
    ref("endpoint_id", nullable=False),
    ref("event_id", nullable=False),
    words("key"),
    words("type"),
    document("payload"),
    words("state"),
    words("reason", nullable=True),
    at("due_at", nullable=False),
    at("claimed_until"),
    Column("tried", Integer, nullable=False, server_default="0"),
    document("attempts", "[]"),
    at("created_at", nullable=False),
    to("webhook_endpoints", "endpoint_id"),
    UniqueConstraint("org_id", "endpoint_id", "key"),
    CheckConstraint("state in ('queued', 'delivered', 'failed', 'cancelled')", name="state"),
    CheckConstraint("state not in ('failed', 'cancelled') or reason is not null", name="reason"),
    Index(
        "ix_webhook_deliveries_due",
        "org_id",
        "endpoint_id",
        "due_at",
        postgresql_where=text("state = 'queued'"),
    ),
    Index("ix_webhook_deliveries_created", "org_id", "created_at"),
)
"""One row per endpoint and event. `tried` counts the attempts since it was made or last replayed."""
