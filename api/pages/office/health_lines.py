"""How health is drawn: obstacles with where to go, lamps, the weeks as a line, steps by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from api.health import Part, Readiness
from api.reaching import Reaching, Week
from domain.plain_words import counted
from domain.tasks import TaskKind

DAYS_SHOWN = 14
"""Columns of the grid of steps."""
FROM_MANY = 4
"""Cells from this share of the busiest on (a quarter) are drawn stronger, in as many grades."""


@dataclass(frozen=True)
class Obstacle:
    """Something in the way: how often, in words, where all of it is listed, and its worst with where that opens."""

    kind: str
    number: int
    one: str
    many: str
    all_at: str
    worst_at: str | None = None
    worst: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Lamp:
    """One part of the house: ok, late or bad, why, and where to look. Without a tone there is nothing to say."""

    name: str
    tone: str
    words: str
    at: datetime | None = None
    href: str | None = None


def obstacles(counts: Row[Any], worst: Mapping[str, Row[Any]], unrecorded: Row[Any], zone: str) -> list[Obstacle]:
    """What is in the way, the gravest first; what is not in the way comes with the number 0."""

    def of(kind: str, number: int, one: str, many: str, all_at: str) -> Obstacle:
        found = worst.get(kind)
        if found is None or not number:
            return Obstacle(kind, number, one, many, all_at)
        return Obstacle(kind, number, one, many, all_at, _opens(found), found.name, found.at)

    oldest = unrecorded.oldest
    day = oldest.astimezone(ZoneInfo(zone)).date() if oldest else None
    lessons = f"/lessons?day={day}&show=unrecorded" if day else "/lessons"
    lacking = Obstacle("unrecorded", unrecorded.number, "lesson not recorded", "lessons not recorded", lessons)
    return [
        of("stuck", counts.stuck, "stuck process", "stuck processes", "/admin/workflows?stands=stuck"),
        of("held", counts.held, "message held", "messages held", "/admin/messages?state=waiting"),
        of("overdue", counts.overdue, "follow-up overdue", "follow-ups overdue", "/inbox?view=team"),
        of(
            "undelivered",
            counts.undelivered,
            "message not arrived",
            "messages not arrived",
            "/admin/messages?state=failed",
        ),
        replace(lacking, worst_at=lessons, worst="The oldest", since=oldest) if oldest else lacking,
    ]


def _opens(row: Row[Any]) -> str | None:
    if row.kind == "overdue":
        return f"/tasks/{row.id}"
    if row.id is None:
        return None
    failures = "?show=failures" if row.kind == "undelivered" else ""
    return f"/admin/workflows/{row.of}/{row.id}{failures}"


def lamps(
    found: Readiness, ways: Mapping[str, Row[Any]], troubles: Sequence[Row[Any]], real: Mapping[str, bool]
) -> list[Lamp]:
    """The books, the workflow engine, each way out, and what the operation itself waits for."""
    shown = [
        _part("Database", found.books if not found.books.ready else found.migrations, "Answers, and is up to date"),
        _part("Temporal", found.temporal, "Answers"),
        _way("Text messages", ways.get("sms"), real["sms"]),
        _way("E-mail", ways.get("email"), real["email"]),
    ]
    words = {
        TaskKind.PROVIDER_MISCONFIGURED: ("Provider", "bad", "Refuses our account or settings; messages are held"),
        TaskKind.BLAST_GUARD: ("Blast guard", "bad", "Many misses at once; notices are held"),
        TaskKind.WEBHOOK_FAILING: ("Webhook", "late", "An endpoint does not answer"),
    }
    return shown + [Lamp(*words[TaskKind(t.kind)], t.opened_at, f"/tasks/{t.id}") for t in troubles]


def _part(name: str, part: Part, fine: str) -> Lamp:
    return Lamp(name, "ok", fine) if part.ready else Lamp(name, "bad", part.detail or "Does not answer")


def _way(name: str, row: Row[Any] | None, is_real: bool) -> Lamp:
    where = "" if is_real else ", to the outbox here: nothing leaves"
    if row is None or not (row.handed_over or row.in_trouble):
        return Lamp(name, "", f"Nothing to send in the last 24 hours{where}")
    if row.in_trouble and not row.handed_over:
        return Lamp(name, "bad", f"None left in the last 24 hours, {row.in_trouble} in trouble", row.last_at)
    if row.in_trouble:
        return Lamp(
            name, "late", f"{row.handed_over} left in the last 24 hours, {row.in_trouble} in trouble", row.last_at
        )
    return Lamp(name, "ok", f"{row.handed_over} left in the last 24 hours{where}", row.last_at)


def trend(weeks: Sequence[Week]) -> tuple[list[float | None], str]:
    """The share of misses that were followed by a contact, by week, and the same said."""
    shares = [w.contact.reached / w.contact.misses if w.contact.misses and w.contact.reached else None for w in weeks]
    known = [s for s in shares if s is not None]
    if not known:
        return shares, "Families reached, by week: too few misses to tell"
    told = f"now {known[-1]:.0%}, was {known[0]:.0%}" if len(known) > 1 else f"{known[-1]:.0%}"
    return shares, f"Families reached after a miss, over {counted(len(weeks), 'week')}: {told}"


@dataclass(frozen=True)
class StepRow:
    """One step and how often it ran on each day shown; `grades` say how much of the busiest cell that is, 0 to 4."""

    words: str
    times: Sequence[int]
    grades: Sequence[int]


def step_grid(report: Reaching) -> tuple[list[datetime], list[StepRow]]:
    """The last days and what each step did on them; steps that did nothing are left out."""
    wall = ZoneInfo(report.zone)
    today = report.until.astimezone(wall).date()
    last = [today - timedelta(days=ago) for ago in range(DAYS_SHOWN - 1, -1, -1)]
    by_step: dict[str, dict[date, int]] = {}
    for s in report.steps:
        if s.day >= last[0]:
            by_step.setdefault(s.words, {})[s.day] = s.times
    most = max((n for days in by_step.values() for n in days.values()), default=1)
    rows = [[days.get(d, 0) for d in last] for days in by_step.values()]
    noon = [datetime(d.year, d.month, d.day, 12, tzinfo=wall) for d in last]
    return noon, [
        StepRow(words, times, [-(-n * FROM_MANY // most) for n in times])
        for words, times in zip(by_step, rows, strict=True)
    ]
