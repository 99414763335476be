"""Playing the month: outcomes come in as the classroom reports them, the cast acts, the team works each morning.

Everything goes through the API; time passes on the jumping clock, which stops at every deadline on the way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from cli.demo.academy import Academy, Report, session_ref
from cli.demo.cast import CAST
from cli.demo.desk import Desk
from cli.demo.parts import WEEKS, Act, Claim, Correct, Enroll, Finish, Part, Pause, Reply, Told, TopUp
from cli.jumping_clock import JumpingClock

MORNING = "09:30"
WORKING_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
LAST = f"{WEEKS + 1} Mon 09:00"
"""The morning after the month: the weekend's messages have left, and what Friday brought waits for the team."""
Do = Callable[[], Awaitable[object]]


@dataclass
class Month:
    """The month under way: what was entered (id by kind and ref), and what was sent."""

    academy: Academy
    desk: Desk
    clock: JumpingClock
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], str] = field(default_factory=dict)
    """Ids of the outcomes that stand, by session and student."""
    corrections: int = 0

    async def open(self) -> None:
        """Enter people, calendar and packages."""
        made = [await self.desk.post("/staff", person) for person in self.academy.people["staff"]]
        self.ids["staff"] = {person["ref"]: person["id"] for person in made}
        for kind in ("students", "guardians", "schedules", "enrollments", "sessions"):
            rows = await self.desk.post_all(f"/{kind}", self.academy.people[kind])
            self.ids[kind] = {row["ref"]: row["id"] for row in rows}
        entered = self.academy.people["enrollments"]
        await asyncio.gather(*(self._first_package(item["ref"], item["coordinator_ref"]) for item in entered))
        await self.clock.settle()

    async def play(self, tell: Callable[[datetime], Awaitable[None]]) -> None:
        """The month, told after each thing that happens."""
        for at, todo in self._agenda():
            await self.clock.run_until(at)
            await todo()
            await tell(await self.clock.settle())

    def _agenda(self) -> list[tuple[datetime, Do]]:
        """Everything planned, in the order of time: reports of one moment together, then acts, then the team's work."""
        at = self.academy.weeks.at
        agenda: list[tuple[datetime, int, Do]] = []
        for when, reports in groupby(self.academy.reports, key=lambda r: r.at):
            agenda.append((when, 0, self._reporting(list(reports))))
        for part in CAST:
            agenda += [(at(when), 1, self._acting(part, act)) for when, act in part.acts]
        for week in range(1, WEEKS + 1):
            agenda += [(at(f"{week} {day} {MORNING}"), 2, self._work) for day in WORKING_DAYS]
        agenda.append((at(LAST), 2, self._nothing))
        return [(when, todo) for when, _, todo in sorted(agenda, key=lambda entry: entry[:2])]

    def _reporting(self, reports: list[Report]) -> Do:
        async def report() -> None:
            items = [{"session_ref": r.session, "student_ref": r.student, "code": r.code} for r in reports]
            answer = await self.desk.post_all("/outcomes", items)
            for asked, stands in zip(reports, answer, strict=True):
                self.outcomes[asked.session, asked.student] = stands["id"]

        return report

    def _acting(self, part: Part, act: Act) -> Do:
        async def take() -> None:
            await self._act(part, act)

        return take

    async def _act(self, part: Part, act: Act) -> None:
        student = self.ids["students"][part.ref]
        at = self.academy.weeks.at
        match act:
            case Told(session=slot, code=code, by=by):
                session = session_ref(part.ref, slot)
                body = {"session_ref": session, "student_ref": part.ref, "code": code}
                self.outcomes[session, part.ref] = (await self.desk.post("/outcomes", body, by))["id"]
            case Correct(session=slot, code=code, by=by, reason=reason):
                outcome = self.outcomes[session_ref(part.ref, slot), part.ref]
                await self.desk.post(f"/outcomes/{outcome}/corrections", {"code": code, "reason": reason}, by)
                self.corrections += 1
            case Reply(text=text, guardian=number):
                contacts = (await self.desk.get(f"/students/{student}/guardians"))["items"]
                body = {"guardian_id": contacts[number]["id"], "text": text}
                await self.desk.post(f"/students/{student}/replies", body)
            case Claim(kind=kind, by=by):
                task = await self.desk.task(student, kind)
                await self.desk.post(f"/tasks/{task['id']}/claim", {}, by)
            case Finish(kind=kind, by=by, outcome=outcome, channel=channel, note=note):
                task = await self.desk.task(student, kind)
                done = {"outcome": outcome, "channel": channel, "note": note}
                await self.desk.post(f"/tasks/{task['id']}/complete", done, by)
            case TopUp(units=units, by=by, reason=reason):
                await self._buy(part.ref, units, reason, by)
            case Pause(until=until, by=by):
                await self.desk.post(f"/students/{student}/pause", {"until": at(until).isoformat()}, by)
            case Enroll(by=by):
                made = await self.desk.post("/enrollments", self.academy.newcomers[part.ref], by)
                self.ids["enrollments"][part.ref] = made["id"]
                await self._first_package(part.ref, by)

    async def _first_package(self, enrollment: str, by: str) -> None:
        units = self.academy.top_ups[enrollment]
        await self._buy(enrollment, units, f"package of {units}", by)

    async def _buy(self, enrollment: str, units: int, reason: str, by: str) -> None:
        path = f"/enrollments/{self.ids['enrollments'][enrollment]}/top-ups"
        await self.desk.post(path, {"units": units, "reason": reason}, by)

    async def _work(self) -> None:
        """The team's morning: every open task but those the story leaves to somebody, or to nobody."""
        of_the_cast = {self.ids["students"][part.ref] for part in CAST}
        tasks = (await self.desk.get("/tasks", status="unfinished", limit=200))["items"]
        for task in tasks:
            if task["student_id"] not in of_the_cast:
                await self._routine(task)

    async def _routine(self, task: dict[str, Any]) -> None:
        """A background task: low balance sells the same package again, the rest is a call that reaches the family."""
        names = {of: ref for ref, of in self.ids["staff"].items()}
        by = names[task["owner_id"]]
        if task["kind"] == "low_balance":
            enrollment = next(ref for ref, of in self.ids["enrollments"].items() if of == task["enrollment_id"])
            await self._first_package(enrollment, by)
            return
        about_family = task["kind"] in ("follow_up", "welcome_call", "call_back")
        done = {"outcome": "reached", "channel": "phone"} if about_family else {"outcome": "done"}
        await self.desk.post(f"/tasks/{task['id']}/complete", done, by)

    async def _nothing(self) -> None:
        """The end of the month."""
