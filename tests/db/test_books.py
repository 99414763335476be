"""The constraints of the books are the last line of defence: they refuse what must not be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, delete, insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from cli.embedded.postgres import EmbeddedPostgres
from db import migrate
from db.columns import metadata
from db.engine import Books
from db.journal_tables import APPEND_ONLY, cases, entries, messages, outcomes, tasks
from domain.outcomes import Code
from tests.academy import Academy, open_academy

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture
async def academy(books: Books) -> Academy:
    """One decided no-show."""
    a = await open_academy(books, NOW)
    session = await a.session(NOW.replace(hour=15))
    await a.outcome(session, Code.NO_SHOW)
    await a.settle()
    return a


async def _refused(a: Academy, statement: Any, sqlstate: str) -> None:
    with pytest.raises(DBAPIError) as refusal:
        async with a.books.transaction() as tx:
            await tx.execute(statement)
    assert getattr(refusal.value.orig, "sqlstate", None) == sqlstate


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("verb", ["update {} set org_id = org_id", "delete from {}", "truncate {} cascade"])
async def test_an_append_only_table_refuses_change(academy: Academy, table: str, verb: str) -> None:
    await _refused(academy, text(verb.format(table)), "23001")


async def test_an_amount_is_never_zero_or_missing(academy: Academy) -> None:
    line = {
        "org_id": academy.org,
        "key": "k",
        "enrollment_id": academy.enrollment,
        "kind": "adjust",
        "at": NOW,
    }
    await _refused(academy, insert(entries).values(line | {"units": 0}), "23514")
    await _refused(academy, insert(entries).values(line | {"units": None}), "23502")


async def test_an_outcome_is_one_per_session_and_student(academy: Academy) -> None:
    (known,) = await academy.rows(outcomes)
    again = {k: v for k, v in known.items() if k != "id"}
    await _refused(academy, insert(outcomes).values(again), "23505")


async def test_an_entry_is_reversed_at_most_once(academy: Academy) -> None:
    (charge,) = await academy.rows(entries)
    reversal = {
        "org_id": academy.org,
        "enrollment_id": academy.enrollment,
        "kind": "reverse",
        "units": 1,
        "at": NOW,
        "reverses": charge["id"],
    }
    async with academy.books.transaction() as tx:
        await tx.execute(insert(entries).values(reversal | {"key": "first"}))
    await _refused(academy, insert(entries).values(reversal | {"key": "second"}), "23505")


async def test_a_row_cannot_name_a_row_of_another_organization(academy: Academy) -> None:
    other = await open_academy(academy.books, NOW)
    stolen = update(tasks).where(tasks.c.org_id == academy.org).values(owner_id=other.alice)
    await _refused(academy, stolen, "23503")


async def test_a_student_has_at_most_one_open_case(academy: Academy) -> None:
    case = {
        "org_id": academy.org,
        "student_id": academy.student,
        "enrollment_id": academy.enrollment,
        "tier": 2,
        "rule": "misses_of_last",
        "opened_at": NOW,
        "policy_version": 1,
        "silent": False,
        "step": 0,
        "ladder_since": NOW,
        "openings": 1,
        "tasks": 0,
        "follow_up": "never",
    }
    async with academy.books.transaction() as tx:
        await tx.execute(insert(cases).values(case | {"id": str(uuid4())}))
    await _refused(academy, insert(cases).values(case | {"id": str(uuid4())}), "23505")


async def test_a_message_that_did_not_leave_needs_a_reason(academy: Academy) -> None:
    await _refused(academy, update(messages).values(state="suppressed", reason=None), "23514")


async def test_a_student_with_a_history_cannot_be_deleted_by_accident(academy: Academy) -> None:
    await _refused(academy, delete(metadata.tables["students"]), "23503")


async def test_doing_an_advance_twice_equals_doing_it_once(academy: Academy) -> None:
    before = [await academy.rows(t) for t in (entries, tasks)]
    await academy.settle()
    assert before == [await academy.rows(t) for t in (entries, tasks)]


def test_the_migrations_make_exactly_the_tables_the_program_knows(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == migrate.newest()
    engine.dispose()


def test_migrating_twice_changes_nothing(database_url: str) -> None:
    assert migrate.upgrade(database_url) == (migrate.newest(), migrate.newest())


def test_sessions_ahead_of_an_older_installation_get_a_clock_and_past_ones_none(postgres: EmbeddedPostgres) -> None:
    engine = create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("create database older"))
    engine.dispose()
    migrate.upgrade(postgres.url("older"), to="0001")
    engine = create_engine(postgres.url("older"))
    with engine.begin() as connection:
        connection.execute(
            text(
                """
                with o as (insert into organizations (name) values ('Northstar') returning id),
                     s as (insert into schedules (org_id, subject) select id, 'Maths' from o returning org_id, id)
                insert into sessions (org_id, schedule_id, starts_at, ends_at)
                select org_id, id, now() + d, now() + d + interval '1 hour'
                from s, unnest(array[interval '-2 days', interval '2 days']) d
                """
            )
        )
    migrate.upgrade(postgres.url("older"))
    with engine.connect() as connection:
        found = connection.execute(text("select next_due is not null from sessions order by starts_at"))
        assert list(found.scalars()) == [False, True]
    engine.dispose()


async def test_an_error_in_the_middle_of_a_transaction_leaves_nothing(academy: Academy) -> None:
    async def half() -> None:
        async with academy.books.transaction() as tx:
            await tx.execute(update(tasks).values(reason="half done"))
            await tx.execute(insert(outcomes).values(org_id=academy.org))

    with pytest.raises(IntegrityError):
        await half()
    assert all(t["reason"] is None for t in await academy.rows(tasks))
