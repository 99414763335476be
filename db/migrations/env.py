"""Runs the migrations on the connection that `db.migrate` hands over."""

from __future__ import annotations

from alembic import context

from db import (  # noqa: F401  registers every table
    delivery_tables,
    draft_tables,
    journal_tables,
    login_tables,
    office_tables,
    reply_tables,
    session_tables,
    tables,
    template_tables,
    webhook_tables,
)
from db.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
