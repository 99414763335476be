"""Automation: every student's and every session's run, searched, read, and stepped into with a reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query, Request, Response
from fastapi.responses import JSONResponse

from api.access import Caller
from api.pages.forms import Filled, read, sent
from api.pages.office.run_lines import SIGNS, choices, coming, coming_of_session, days, next_words, typical
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Lead, StaffVisit
from api.run_acts import ActDone, RetryIn, StepIn, WaiverIn, force_step, retry_message, skip_step, waive_charge
from api.runs import Engines, Kind, Stands, list_runs, student_run
from api.session_runs import session_run
from api.values import Asked, Listing, RowId
from db import pages_inbox, pages_runs, run_history
from db.listing import Cut
from db.run_history import Show
from domain.explaining import code_in_words
from domain.refusals import Refusal

router = staff_pages()
AT = "/admin/workflows"
MOST = 25
"""Runs of one page, and decisions of one part of a run: as many as fit into its weight."""
STRIP = 24
"""Lessons in the strip of a student's run."""
STEPS: Mapping[Kind, tuple[str, ...]] = {
    "student": (
        *("ladder_step", "raise_tier", "remind", "reassign", "escalate", "wake"),
        *("session_ends", "watch_ends", "pause_ends"),
    ),
    "session": ("remind_by_email", "remind_by_sms", "rescue", "rescue_again", "settle", "chase", "open_task"),
}
"""Steps one can look for, by kind of run."""
RULES: dict[str, str] = {
    "unannounced_in_row": "Missed in a row, without notice",
    "unannounced_in_days": "Missed within some days, without notice",
    "misses_of_last": "Missed some of the last lessons",
    "first_sessions": "Missed some of the first lessons",
    "misses_in_row": "Missed in a row, at tier 3",
    "many_misses": "Missed many of the last lessons",
    "missed_after_closing": "Missed again after a case",
    "missed_in_watch": "Missed while watched",
    "unfinished": "Not followed up in time",
    "balance_low": "Balance low",
    "balance_empty": "Balance used up",
    "nobody_reachable": "No contact can be reached",
    "task_overdue": "Task overdue",
}
"""Rules one can look for; a link may name any other."""
Act = Literal["force", "skip", "waive", "retry"]


@dataclass(frozen=True)
class _Way:
    """One way to step in: what it takes, the field that names its target, who does it, and what is said then."""

    model: type[Asked]
    field: str
    does: Callable[[Caller, str, Any], Awaitable[ActDone | JSONResponse]]
    said: str


WAYS: Mapping[str, _Way] = {
    "force": _Way(StepIn, "step", force_step, "step_forced"),
    "skip": _Way(StepIn, "step", skip_step, "step_skipped"),
    "waive": _Way(WaiverIn, "outcome_id", waive_charge, "charge_waived"),
    "retry": _Way(RetryIn, "message_id", retry_message, "message_again"),
}


@router.get(AT)
async def runs(
    request: Request,
    here: Lead,
    engine: Engines,
    kind: Kind = "student",
    q: Annotated[str, Query(max_length=200)] = "",
    stands: Stands | Literal[""] = "",
    step: Annotated[str, Query(max_length=50)] = "",
    rule: Annotated[str, Query(max_length=50)] = "",
    policy_version: Annotated[str, Query(pattern=r"^\d{0,6}$")] = "",
    since: date | Literal[""] = "",
    until: date | Literal[""] = "",
    cursor: str | None = None,
) -> Response:
    """Runs that fit the filters, the newest decision (or the latest session) first."""
    version = policy_version if kind == "student" else ""
    filters = {
        **{"q": q.strip(), "stands": stands, "step": step if step in STEPS[kind] else "", "rule": rule},
        **{"policy_version": version, "since": str(since), "until": str(until)},
    }
    chosen = {name: value for name, value in filters.items() if value}
    found = await list_runs(
        here,
        Listing(request, Response(), MOST, cursor),
        engine,
        kind,
        q=chosen.get("q"),
        stands=stands or None,
        policy_version=int(version) if version else None,
        step=chosen.get("step"),
        rule=rule or None,
        since=_begins(since, here.zone) if since else None,
        until=_begins(until + timedelta(days=1), here.zone) if until else None,
    )
    return render(
        request,
        "runs/page.html",
        kind=kind,
        filters=filters,
        chosen=chosen,
        found=found.items,
        more=f"{AT}?{urlencode({'kind': kind, **chosen})}&cursor=",
        next_cursor=found.next_cursor,
        signs=SIGNS,
        stands=("stuck", "open_case", "waiting", "finished")
        if kind == "student"
        else ("stuck", "unrecorded", "waiting", "finished"),
        steps=[(s, next_words(kind, s)) for s in STEPS[kind]],
        rules=RULES | ({rule: code_in_words(rule)} if rule and rule not in RULES else {}),
        next_words=next_words,
    )


def _begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


@router.get(AT + "/student/{student_id}")
async def of_student(
    request: Request,
    here: Lead,
    engine: Engines,
    student_id: RowId,
    show: Show | Literal["all"] = "all",
    cursor: str | None = None,
    act: Act | None = None,
    of: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """One student's run: what it will do, what it decided and why, and where one can step in."""
    filled = Filled.with_values({"act": act, f"{act}_of": of}) if act else Filled()
    return await _student(request, here, engine, student_id, show, cursor, filled)


async def _student(
    request: Request,
    here: StaffVisit,
    engine: Engines,
    student_id: RowId,
    show: Show | Literal["all"],
    cursor: str | None,
    filled: Filled,
    status: int = 200,
) -> Response:
    told = await student_run(
        here, student_id, engine, Cut(MOST, cursor), show=None if show == "all" else show, zone=here.zone
    )
    async with here.transaction() as tx:
        card = await pages_runs.card(tx, here.org_id, student_id)
        strips = await pages_inbox.strips(tx, here.org_id, [student_id], STRIP)
        counts = await run_history.how_many(tx, here.org_id, student_id)
        charges = await pages_runs.charges(tx, here.org_id, student_id)
        letters = await pages_runs.letters(tx, here.org_id, student_id, told.now)
        seen = await pages_runs.mark(tx, here.org_id, student_id)
    can_take, can_skip = choices(told.ahead, here.zone)
    return render(
        request,
        "runs/student.html",
        status=status,
        run=told.run,
        told=told,
        days=days(told.items, here.zone),
        coming=coming(told.ahead, here.zone),
        card=card,
        codes=strips[student_id],
        shown=[("all", "All", counts["all"])] + [(s, w, counts[s]) for s, w in _SHOWN],
        show=show,
        cursor=cursor,
        typical=typical(told.items),
        sign=SIGNS[told.run.stands],
        ways={"force": can_take, "skip": can_skip, "waive": charges, "retry": letters},
        filled=filled,
        seen=seen,
    )


_SHOWN: tuple[tuple[Show, str], ...] = (("messages", "Messages"), ("failures", "Failures"), ("people", "People"))


@router.post(AT + "/student/{student_id}")
async def step_in(request: Request, here: Lead, engine: Engines, student_id: RowId) -> Response:
    """Skip a step or have it taken, give back a charge, or let a message go again; the reason stays in the run."""
    filled = await sent(request)
    way = WAYS.get(filled.values["act"])
    if way is None:
        filled.errors["act"] = "Choose what to do."
    else:
        filled.values[way.field] = filled.values[f"{filled.values['act']}_of"]
        asked = read(way.model, filled)
        if asked is not None:
            try:
                answer = await way.does(here, student_id, asked)
            except Refusal as why:
                filled.refused(why, way.field)
            else:
                said = "stored" if isinstance(answer, JSONResponse) else way.said
                return go(f"{AT}/student/{student_id}#said", said)
    return await _student(request, here, engine, student_id, "all", None, filled, status=422)


@router.get(AT + "/student/{student_id}/changes")
async def changes(request: Request, here: Lead, student_id: RowId, seen: str) -> Response:
    """A line that says that something was decided since; nothing while nothing was."""
    async with here.transaction() as tx:
        mark = await pages_runs.mark(tx, here.org_id, student_id)
    return render(request, "runs/_changes.html", again=f"{AT}/student/{student_id}", changed=mark not in ("", seen))


@router.get(AT + "/session/{session_id}")
async def of_session(
    request: Request, here: Lead, engine: Engines, session_id: RowId, cursor: str | None = None
) -> Response:
    """One session's run: its clock, what was decided of whom, and why."""
    told = await session_run(here, session_id, engine, Cut(MOST, cursor), zone=here.zone)
    async with here.transaction() as tx:
        seen = await pages_runs.mark_of_session(tx, here.org_id, session_id)
    return render(
        request,
        "runs/session.html",
        run=told.run,
        told=told,
        days=days(told.items, here.zone),
        coming=coming_of_session(told.ahead),
        cursor=cursor,
        sign=SIGNS[told.run.stands],
        seen=seen,
    )


@router.get(AT + "/session/{session_id}/changes")
async def changes_of_session(request: Request, here: Lead, session_id: RowId, seen: str) -> Response:
    """The same for a session."""
    async with here.transaction() as tx:
        mark = await pages_runs.mark_of_session(tx, here.org_id, session_id)
    return render(request, "runs/_changes.html", again=f"{AT}/session/{session_id}", changed=mark not in ("", seen))
