"""Playing the month: the classroom reports what happens in its rooms, the cast acts, the team works each morning.

Everything goes through the API; time passes on the jumping clock, which stops at every deadline on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from cli.demo.academy import Absence, Academy, Item
from cli.demo.acting import Acts
from cli.demo.afternoon import REVIEW_SECOND, REVIEWED_FROM
from cli.demo.cast import CAST
from cli.demo.classroom import Classroom
from cli.demo.desk import Desk
from cli.demo.parts import WEEKS
from cli.demo.rooms import Lesson
from cli.jumping_clock import JumpingClock

MORNING = "09:30"
WORKING_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
LAST = f"{WEEKS + 1} Mon 09:00"
"""The morning after the month: the weekend's messages have left, and what Friday brought waits for the team."""
Do = Callable[[], Awaitable[object]]


@dataclass
class Month:
    """The month under way. `ids`: what was entered, by kind and ref. `leaves_work`: for those who look around after."""

    academy: Academy
    desk: Desk
    clock: JumpingClock
    classroom: Classroom
    leaves_work: bool = False

    def __post_init__(self) -> None:
        self.acts = Acts(self.academy, self.desk)
        self.ids = self.acts.ids

    async def open(self) -> None:
        """Enter people, the term, the weekly series (the calendar makes the sessions) and packages."""
        made = [await self.desk.post("/staff", person) for person in self.academy.people["staff"]]
        self.ids["staff"] = {person["ref"]: person["id"] for person in made}
        await self.desk.post("/terms", self.academy.term, "admin")
        for kind in ("students", "guardians", "schedules", "enrollments"):
            rows = await self.desk.post_all(f"/{kind}", self.academy.people[kind])
            self.ids[kind] = {row["ref"]: row["id"] for row in rows}
        for ref, series in self.academy.recurrences.items():
            for weekly in series:
                await self.desk.post(f"/schedules/{self.ids['schedules'][ref]}/recurrences", weekly, "admin")
        entered = self.academy.people["enrollments"]
        await asyncio.gather(*(self.acts.first_package(item["ref"], item["coordinator_ref"]) for item in entered))
        await self.clock.settle()

    async def play(self, tell: Callable[[datetime], Awaitable[None]]) -> None:
        """The month, told after each thing that happens."""
        for at, todo in self._agenda():
            await self.clock.run_until(at)
            await todo()
            await tell(await self.clock.settle())

    def _agenda(self) -> list[tuple[datetime, Do]]:
        """Everything planned in the order of time: what the rooms of a moment show together, acts, the team's work."""
        at, lessons = self.academy.weeks.at, self.academy.lessons.values()
        reports: dict[datetime, list[Item]] = {}
        for lesson in lessons:
            for when, document in lesson.reports():
                reports.setdefault(when, []).append(document)
        agenda: list[tuple[datetime, int, Do]] = [
            (when, 0, partial(self.classroom.send, documents)) for when, documents in reports.items()
        ]
        agenda += [(s[0], 1, partial(self._mark, lesson, s[1])) for lesson in lessons if (s := lesson.sheet())]
        agenda += [(absence.at, 1, partial(self._plan, absence)) for absence in self.academy.absences]
        for part in CAST:
            agenda += [(at(when), 1, partial(self.acts.take, part, act)) for when, act in part.acts]
        mornings = [at(f"{week} {day} {MORNING}") for week in range(1, WEEKS + 1) for day in WORKING_DAYS]
        if self.leaves_work:
            mornings.pop()
            agenda.append((at(REVIEWED_FROM), 1, partial(self.desk.post, "/policies", REVIEW_SECOND, "admin")))
        agenda += [(morning, 2, partial(self._work, morning)) for morning in mornings]
        agenda.append((at(LAST), 2, self._nothing))
        return [(when, todo) for when, _, todo in sorted(agenda, key=lambda entry: entry[:2])]

    async def _mark(self, lesson: Lesson, marks: list[dict[str, str]]) -> None:
        """The instructor fills in the sheet."""
        session = await self.acts.session(lesson.schedule, lesson.slot)
        await self.desk.post(f"/sessions/{session}/marks", {"marks": marks}, lesson.instructor)

    async def _plan(self, absence: Absence) -> None:
        """A family of the background cancels ahead."""
        await self.acts.plan_absence(absence.student, absence.starts_at, absence.by, "other")

    async def _work(self, morning: datetime) -> None:
        """The team's morning: every open task but those the story leaves to somebody, or to nobody.

        When work is to be left, the last mornings take only what is due that day.
        """
        of_the_cast = {self.ids["students"][part.ref] for part in CAST}
        tasks = (await self.desk.get("/tasks", status="unfinished", limit=200))["items"]
        in_a_hurry = self.leaves_work and morning > self.academy.weeks.at(LAST) - timedelta(days=5)
        for task in tasks:
            is_for_later = datetime.fromisoformat(task["due_at"]) > morning + timedelta(hours=12)
            if task["student_id"] not in of_the_cast and not (in_a_hurry and is_for_later):
                await self._routine(task)

    async def _routine(self, task: dict[str, Any]) -> None:
        """A background task: low balance sells the same package again, the rest is a call that reaches the family."""
        names = {of: ref for ref, of in self.ids["staff"].items()}
        by = names[task["owner_id"]]
        if task["kind"] == "low_balance":
            enrollment = next(ref for ref, of in self.ids["enrollments"].items() if of == task["enrollment_id"])
            await self.acts.first_package(enrollment, by)
            return
        about_family = task["kind"] in ("follow_up", "welcome_call", "call_back")
        done = {"outcome": "reached", "channel": "phone"} if about_family else {"outcome": "done"}
        await self.desk.post(f"/tasks/{task['id']}/complete", done, by)

    async def _nothing(self) -> None:
        """The end of the month."""
