"""Runs the migrations on the connection that `db.migrate` hands over."""

from __future__ import annotations

from alembic import context

from db import journal_tables, session_tables, tables  # noqa: F401  registers every table
from db.columns import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
