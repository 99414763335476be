"""Composition root of the API: dependencies in, routers together, everything closed at the end."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from fastapi.routing import APIRoute
from temporalio.client import Client

from api import (
    absences,
    acts,
    api_keys,
    attendance_boards,
    audit,
    calendar_addresses,
    calendar_feeds,
    cases,
    closures,
    conversations,
    corrections,
    description,
    draft_acts,
    drafts,
    enrollments,
    evidence,
    exports,
    follow_ups,
    guardian_addresses,
    guardians,
    health,
    holds,
    imports,
    leaving,
    ledger,
    make_ups,
    marks,
    message_templates,
    messages,
    organization,
    outcomes,
    own_messages,
    participants,
    policies,
    policy_trials,
    problems,
    raw_events,
    reaching,
    recurrences,
    replies,
    run_acts,
    runs,
    schedules,
    session_boards,
    session_changes,
    session_notes,
    session_questions,
    session_runs,
    sessions,
    sign_in_links,
    staff,
    statements,
    student_notes,
    students,
    task_verbs,
    tasks,
    terms,
    timeline,
    webhook_deliveries,
    webhook_endpoints,
)
from api.pages import door
from api.pages.entering import passwords
from api.students_gateway import StudentsGateway
from api.webhooks import inbound, receiving, reports
from db.engine import Books, open_books
from settings import Settings

ROOMS = (
    *(sign_in_links, staff, students, guardians, guardian_addresses, leaving, schedules, enrollments, sessions),
    *(outcomes, corrections, ledger, timeline),
    *(
        cases,
        tasks,
        task_verbs,
        follow_ups,
        student_notes,
        message_templates,
        messages,
        conversations,
        holds,
        replies,
        policies,
        policy_trials,
        acts,
    ),
    *(organization, recurrences, closures, session_changes, session_questions, session_notes),
    *(absences, make_ups, terms),
    *(evidence, marks, participants, raw_events, reports, inbound, receiving),
    *(session_boards, attendance_boards, exports, calendar_addresses, calendar_feeds),
    *(webhook_endpoints, webhook_deliveries),
    *(drafts, draft_acts, own_messages),
    *(api_keys, audit, imports, statements),
    *(runs, session_runs, run_acts, reaching),
)


def engine_time() -> datetime:
    """The time of this machine, which the workflow engine goes by as well."""
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    database_url: str,
    connect: Callable[[], Awaitable[Client]],
    clock: Callable[[], datetime] = engine_time,
    *,
    one_click: bool = False,
) -> FastAPI:
    """The API and the pages on these books and this Temporal server, which it connects to at first use.

    `one_click` lets anybody sign in as anybody, without a password: for the demo and nothing else.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        books = Books(open_books(database_url))
        gateway = StudentsGateway(connect, books)
        app.state.books, app.state.gateway = books, gateway
        try:
            yield
        finally:
            await gateway.drain()
            await books.close()

    app = FastAPI(
        title="Bellwether",
        version=_version(),
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    app.state.settings, app.state.clock = settings, clock
    app.state.one_click = one_click
    app.state.webhook_slots = Semaphore(receiving.AT_ONCE)
    app.state.password_slots = Semaphore(passwords.AT_ONCE)
    problems.install(app)
    app.include_router(health.router)
    for room in ROOMS:
        app.include_router(room.router)
    door.install(app)
    app.openapi = lambda: description.describe(app)  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _version() -> str:
    try:
        return version("bellwether")
    except PackageNotFoundError:  # a checkout that is not installed
        return "0"
