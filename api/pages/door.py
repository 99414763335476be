"""Composition of the pages: which there are, and what stands before all of them."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from api.pages import about, guarding, live, problem_pages, reference, shell, static_files
from api.pages.desk import (
    balance,
    contact,
    drafts,
    follow_up,
    follow_up_acts,
    inbox,
    replies,
    student,
    student_acts,
    students,
    writing,
)
from api.pages.entering import account, family_door, signing_in, stopping, welcoming
from api.pages.families import family, family_choices, family_files, family_telling, me
from api.pages.lessons import day, groups, lesson
from api.pages.office import (
    audit,
    health,
    imports,
    integrations,
    messages,
    outbox,
    people,
    policies,
    reports,
    runs,
    templates,
    webhooks,
)
from api.pages.teaching import own_students, sheet, today

PAGES = (
    shell,
    signing_in,
    welcoming,
    family_door,
    family_choices,
    family_files,
    family_telling,
    family,
    me,
    stopping,
    account,
    inbox,
    follow_up,
    follow_up_acts,
    day,
    lesson,
    groups,
    students,
    student,
    student_acts,
    contact,
    writing,
    balance,
    today,
    sheet,
    own_students,
    health,
    runs,
    imports,
    integrations,
    webhooks,
    policies,
    templates,
    people,
    audit,
    about,
    reference,
    drafts,
    replies,
    messages,
    outbox,
    reports,
)
"""Every page. A new topic adds its router here."""
SMALLEST_PACKED = 500


def install(app: FastAPI) -> None:
    """Open the pages on this app: problems as pages, the guard before everything, answers packed."""
    problem_pages.install(app)
    live.install(app)
    app.include_router(static_files.router)
    for pages in PAGES:
        app.include_router(pages.router)
    app.add_middleware(GZipMiddleware, minimum_size=SMALLEST_PACKED)
    app.add_middleware(guarding.Guard, public_url=app.state.settings.public_url)
