"""Bringing the books to the newest shape."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url, text

from db import (  # noqa: F401  registers every table
    delivery_tables,
    journal_tables,
    office_tables,
    reply_tables,
    session_tables,
    tables,
    template_tables,
    webhook_tables,
)

_MIGRATIONS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = 7_216_004


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def upgrade(url: str, to: str = "head") -> tuple[str | None, str | None]:
    """Run every migration that is missing; returns the revision before and after. Safe to run twice at once.

    `to` stops at an older revision: for tests of the way from there.
    """
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
            before = MigrationContext.configure(connection).get_current_revision()
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            return before, MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def newest() -> str | None:
    """The revision this program expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()
