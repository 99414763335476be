"""Telling the month as it happens: the journal of the named cast, read on and on, in a coordinator's words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter
from sqlalchemy import Row, func, select, text

from cli.demo.academy import ZONE
from cli.demo.cast import CAST
from cli.demo.letters import Letters
from cli.demo.month import Month
from cli.demo.parts import Part
from cli.demo.room_news import Rooms
from cli.demo.screen import Screen
from db import notes
from db.engine import Books, Tx
from db.journal_tables import decisions
from db.tables import schedules, sessions
from domain.effects import Effect, PutCase, PutTask
from domain.explaining import describe_effect, explain
from domain.outcomes import FLAGS, Code
from domain.value import Because, Id
from domain.wording import counted

_EFFECTS: TypeAdapter[list[Effect]] = TypeAdapter(list[Effect])
_CASE_NEWS = frozenset({"opened", "reopened", "raised", "resumed", "closed", "ladder_ended"})
_TASK_NEWS = frozenset({"opened", "redated", "closed", "corrected", "joined_case"})
_ROUTINE = frozenset({"outcome", "charged"})
_NO_NEWS = frozenset(
    {"session_ended", "nothing_to_fall_back_from", "message_ended", "step_gone", "further_miss", "too_late_to_tell"}
    | {"reminder", "reminded_already", "asked_to_join", "asked_before", "outcome_known"}
)
_STYLES = {"recovered": "green", "no_miss_in_watch": "green", "present_in_row": "green", "all_clear": "green"}
_ALARMS = frozenset({"misses_in_row", "unannounced_in_row", "missed_in_watch", "task_overdue_to_lead", "unreachable"})
Tell = Callable[[datetime], None]


@dataclass(frozen=True)
class News:
    """Something to tell about a student: `at` and `order` place it, `tell` writes it."""

    at: datetime
    order: int
    part: Part
    tell: Tell


class Teller:
    """Reads what is new in the books and tells it."""

    def __init__(self, books: Books, month: Month, screen: Screen) -> None:
        self.books, self.month, self.screen = books, month, screen
        self.parts = {month.ids["students"][part.ref]: part for part in CAST}
        self.names = _names(month)
        self.lessons: dict[Id, str] = {}
        self.letters = Letters(self.who, self.parts)
        self.rooms = Rooms(self.who, {month.ids["schedules"][part.ref]: part for part in CAST})
        self._seq = 0
        self._introduced: set[str] = set()
        self._followed: set[str] = set()

    def who(self, of: Id) -> str:
        """What an id is called."""
        if of not in self.names and of not in self.lessons:  # somebody new, enrolled during the month
            self.names = _names(self.month)
        return self.names.get(of) or self.lessons.get(of, "somebody")

    async def skip(self) -> None:
        """What is in the books by now is not told."""
        async with self.books.transaction() as tx:
            self._seq = (await tx.execute(select(func.coalesce(func.max(decisions.c.seq), 0)))).scalar_one()

    async def tell(self, now: datetime) -> None:
        """All that is new, by the minute and within it by student; and where the month stands."""
        async with self.books.transaction() as tx:
            rows = await self._new_decisions(tx)
            said = await notes.texts(tx, rows[0].org_id, (r.event.get("note_id") for r in rows)) if rows else {}
            letters = await self.letters.news(tx, now)
            rooms = await self.rooms.news(tx, now)
            stands = (await tx.execute(text(_STANDS))).one()
            if stands.sessions != len(self.lessons):  # the calendar goes on day by day
                self.lessons = await _lessons(tx)
        news = [News(r.at, 0, self.parts[r.student_id], self._decided(r, said)) for r in rows if self._is_news(r)]
        news += [News(m.at, 1, m.part, m.tell(self.screen)) for m in (*rooms, *letters)]
        for item in sorted(
            news, key=lambda n: (n.at.replace(second=0, microsecond=0), CAST.index(n.part), n.order, n.at)
        ):
            at = item.at.astimezone(ZoneInfo(ZONE))
            await asyncio.sleep(self.screen.pace)
            self.screen.day(at, self._week(at))
            if item.part.ref not in self._introduced:
                self._introduced.add(item.part.ref)
                self.screen.introduce(item.part.name, item.part.story)
            item.tell(at)
        self.screen.stands(self._standing(now.astimezone(ZoneInfo(ZONE)), stands))

    async def _new_decisions(self, tx: Tx) -> list[Row[Any]]:
        found = await tx.execute(
            select(decisions)
            .where(decisions.c.seq > self._seq, decisions.c.student_id.in_(self.parts))
            .order_by(decisions.c.seq)
        )
        rows = list(found)
        self._seq = max([self._seq, *(r.seq for r in rows)])
        return rows

    def _is_news(self, row: Row[Any]) -> bool:
        """An ordinary session is told once of each student's quiet time, and always while a case is open."""
        student, rules = str(row.student_id), [b["rule"] for b in row.because]
        was_followed = student in self._followed
        for effect in _EFFECTS.validate_python(row.effects):
            if isinstance(effect, PutCase):
                (self._followed.discard if effect.change == "closed" else self._followed.add)(student)
        if all(rule in _NO_NEWS for rule in rules):
            return False
        code = next((b["numbers"]["code"] for b in row.because if b["rule"] == "outcome"), None)
        if code == Code.ATTENDED and set(rules) <= _ROUTINE:
            return was_followed or (self.parts[student].ref == QUIET and QUIET not in self._introduced)
        return True

    def _decided(self, row: Row[Any], said: Mapping[Id, str]) -> Tell:
        reasons = _worth_telling([Because.model_validate(b) for b in row.because])
        effects = sorted(_EFFECTS.validate_python(row.effects), key=lambda e: not isinstance(e, PutCase))
        why = " ".join(dict.fromkeys(explain(b, self.who, ZONE) for b in reasons))
        note = said.get(row.event.get("note_id") or "")
        style = _style(reasons)

        def tell(at: datetime) -> None:
            self.screen.line(at, self.parts[row.student_id].first_name, f"{why} “{note}”" if note else why, style)
            for effect in effects:
                if isinstance(effect, PutCase) and effect.change in _CASE_NEWS:
                    self.screen.below(describe_effect(effect, self.who, ZONE), "magenta")
                elif isinstance(effect, PutTask) and effect.change in _TASK_NEWS:
                    self.screen.below(describe_effect(effect, self.who, ZONE), "yellow")

        return tell

    def _week(self, at: datetime) -> int:
        return (at.date() - self.month.academy.weeks.first_monday).days // 7 + 1

    def _standing(self, at: datetime, s: Row[Any]) -> str:
        return (
            f" week {self._week(at)} · {at:%a} {at.day} {at:%b %H:%M} · {counted(s.outcomes, 'outcome')}, "
            f"{counted(s.absences, 'absence')} · {counted(s.sent, 'message')} · open: {counted(s.cases, 'case')}, "
            f"{counted(s.tasks, 'task')} "
        )


QUIET = "aisha"
"""Whose ordinary session is told, once."""
_STANDS = """
select (select count(*) from sessions) as sessions,
       (select count(*) from outcomes) as outcomes,
       (select count(*) from outcomes where code = 'no_show') as absences,
       (select count(*) from messages where handed_over_at is not null and merged_into is null) as sent,
       (select count(*) from cases where closed_at is null) as cases,
       (select count(*) from tasks where finished_at is null) as tasks
"""


def _names(month: Month) -> dict[Id, str]:
    """What everybody and everything is called."""
    ids, people = month.ids, month.academy.people
    called = {
        ids[kind][item["ref"]]: item["name"] for kind in ("staff", "students", "guardians") for item in people[kind]
    }
    subjects = {item["ref"]: item["subject"] for item in people["schedules"]}
    for item in (*people["enrollments"], *month.academy.newcomers.values()):
        if enrollment := ids["enrollments"].get(item["ref"]):
            called[enrollment] = subjects[item["schedule_ref"]]
    return called


async def _lessons(tx: Tx) -> dict[Id, str]:
    """What each session of the calendar is called."""
    found = await tx.execute(
        select(sessions.c.id, schedules.c.subject, sessions.c.starts_at).join(
            schedules, (schedules.c.org_id == sessions.c.org_id) & (schedules.c.id == sessions.c.schedule_id)
        )
    )
    return {r.id: f"{r.subject}, {r.starts_at.astimezone(ZoneInfo(ZONE)):%a %H:%M}" for r in found}


def _worth_telling(reasons: list[Because]) -> list[Because]:
    """Of the rules that fired on one session the highest says enough."""
    fired = [b for b in reasons if b.numbers.get("tier") and b.rule != "outcome"]
    return [b for b in reasons if b.rule not in _NO_NEWS and b not in fired[1:]]


def _style(reasons: list[Because]) -> str:
    rules = {b.rule for b in reasons}
    if found := next((_STYLES[rule] for rule in rules if rule in _STYLES), None):
        return found
    if rules & _ALARMS:
        return "red"
    codes = {str(b.numbers.get("code")) for b in reasons if b.rule == "outcome"}
    return "" if all(FLAGS[Code(code)].present or not FLAGS[Code(code)].unannounced for code in codes) else "red"
