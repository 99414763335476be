"""Pages about the pages: what keys and words mean, how they are made to be used by everybody, what is known of whom."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request
from fastapi.responses import Response

from api.pages import visiting
from api.pages.families.speaking import asked_language, others
from api.pages.rendering import render
from api.pages.shell import staff_pages
from api.pages.visiting import Staff
from domain.outcomes import FLAGS, REPORTABLE, Charge, Code, Hears
from domain.tasks import Role

router = staff_pages()
HEARS = {
    Hears.NOTHING: "nothing",
    Hears.ABSENCE_NOTICE: "that the lesson was missed",
    Hears.CANCELLATION_CONFIRMATION: "a confirmation, with what it costs",
    Hears.CALLED_OFF: "that it is called off",
}
WHEN = {
    Code.ATTENDED: "There for at least 60 % of the lesson.",
    Code.LATE: "There for at least 60 %, and came more than 5 minutes after the start.",
    Code.LEFT_EARLY: "There for at least 60 %, and left more than 10 minutes before the end.",
    Code.PARTIAL: "There for 10 to 60 % of the lesson.",
    Code.NO_SHOW: "Never there, or for under 10 %, and nobody had told us.",
    Code.LATE_CANCELLED: "The family told us, and it was too late for the notice agreed.",
    Code.CANCELLED_BY_STUDENT: "The family told us in time.",
    Code.EXCUSED_ABSENCE: "The family told us ahead of a group lesson.",
    Code.CANCELLED_BY_INSTRUCTOR: "The instructor called it off.",
    Code.INSTRUCTOR_NO_SHOW: "The instructor was not there.",
    Code.CANCELLED_BY_OPERATOR: "The office called it off.",
    Code.TECHNICAL_FAILURE: "It could not be held for technical reasons.",
}
"""When an outcome is the one, by the numbers that hold unless an admin has changed the policy."""


def _outcomes() -> Sequence[tuple[str, str, str, str, str]]:
    """For each outcome: its code, when it is the one, its charge, what the family hears, and how it counts."""
    found = []
    for code in REPORTABLE:
        flags = FLAGS[code]
        counts = "as there" if flags.present else "as missed" if flags.miss else "not at all"
        charge = "a lesson" if flags.charge is Charge.DECREMENT else "nothing"
        found.append((code.value, WHEN[code], charge, HEARS[flags.hears], counts))
    return found


@router.get("/help")
async def help_page(request: Request, here: Staff) -> Response:
    """Keys, and what the words on the pages mean."""
    return render(request, "about/help.html", outcomes=_outcomes(), teaches=here.me.role is Role.INSTRUCTOR)


@router.get("/accessibility")
async def accessibility(request: Request) -> Response:
    """How these pages are made to be used by everybody, and what is known to be missing."""
    return await _told(request, "accessibility")


@router.get("/privacy")
async def privacy(request: Request) -> Response:
    """What is known about whom, who sees it, and for how long."""
    return await _told(request, "privacy")


async def _told(request: Request, topic: str) -> Response:
    """The same words for everybody: for staff beside their tabs, for all others in one column and their language."""
    is_staff = await visiting.staff_of(request) is not None
    lang = asked_language(request, "en" if is_staff else None)
    frame = "about/for_staff.html" if is_staff else "about/for_all.html"
    return render(request, frame, lang=lang, topic=topic, others=others(lang))
