"""What people do about the cast: each act of the script through the API, in the name of whoever does it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from cli.demo.academy import Academy
from cli.demo.desk import Desk, RefusedError
from cli.demo.parts import (
    Act,
    Away,
    CallOff,
    Claim,
    Correct,
    Enroll,
    Finish,
    Match,
    Part,
    Pause,
    Reply,
    Told,
    TopUp,
)
from cli.demo.rooms import LESSON


@dataclass
class Acts:
    """Takes the acts of a month. `ids`: what was entered, by kind and ref."""

    academy: Academy
    desk: Desk
    ids: dict[str, dict[str, str]] = field(default_factory=dict)

    async def session(self, schedule: str, slot: str) -> str:
        """The session that the calendar has made for a schedule's slot. Raises RefusedError when there is none."""
        starts = self.academy.weeks.at(slot)
        span = {"from": starts.isoformat(), "to": (starts + LESSON).isoformat()}
        found = (await self.desk.get("/sessions", schedule_id=self.ids["schedules"][schedule], **span))["items"]
        if len(found) != 1:
            raise RefusedError(f"the script expects one session of {schedule} at {slot}, and there are {len(found)}")
        return str(found[0]["id"])

    async def first_package(self, enrollment: str, by: str) -> None:
        """The family buys what it always buys."""
        units = self.academy.top_ups[enrollment]
        await self._buy(enrollment, units, f"package of {units}", by)

    async def plan_absence(self, student: str, starts_at: datetime, by: str, reason: str) -> None:
        """The family says ahead that the student will not come to a lesson."""
        span = {"from": starts_at.isoformat(), "to": (starts_at + LESSON).isoformat()}
        await self.desk.post(f"/students/{self.ids['students'][student]}/absences", span | {"reason": reason}, by)

    async def take(self, part: Part, act: Act) -> None:
        """One act. Raises RefusedError when the API does not accept it."""
        student, at = self.ids["students"][part.ref], self.academy.weeks.at
        match act:
            case Told(session=slot, code=code, by=by):
                body = {"session_id": await self.session(part.ref, slot), "student_id": student, "code": code}
                await self.desk.post("/outcomes", body, by)
            case Away(session=slot, by=by, reason=reason):
                await self.plan_absence(part.ref, at(slot), by, reason)
            case CallOff(session=slot, code=code, by=by, reason=reason):
                session = await self.session(part.ref, slot)
                await self.desk.post(f"/sessions/{session}/call-off", {"code": code, "reason": reason}, by)
            case Match(session=slot, by=by):
                await self._match(await self.session(part.ref, slot), student, by)
            case Correct(session=slot, code=code, by=by, reason=reason):
                session = await self.session(part.ref, slot)
                found = await self.desk.get("/outcomes", session_id=session, student_id=student)
                body = {"code": code, "reason": reason}
                await self.desk.post(f"/outcomes/{found['items'][0]['id']}/corrections", body, by)
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
                await self.first_package(part.ref, by)

    async def _buy(self, enrollment: str, units: int, reason: str, by: str) -> None:
        path = f"/enrollments/{self.ids['enrollments'][enrollment]}/top-ups"
        await self.desk.post(path, {"units": units, "reason": reason}, by)

    async def _match(self, session: str, student: str, by: str) -> None:
        """Say of the only unknown guest of a session who it is."""
        guests = (await self.desk.get("/participants", unmatched=True, session_id=session))["items"]
        if len(guests) != 1:
            raise RefusedError(f"the script expects one unknown guest, and the classroom shows {len(guests)}")
        await self.desk.post(f"/participants/{guests[0]['id']}/match", {"student_id": student}, by)
