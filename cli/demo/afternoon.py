"""The Monday after the month, for those who look around: work that waits, and lessons that go on while they look.

Rooms that are ahead when somebody comes are played in their own time.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial

from cli.demo.academy import Academy, Item
from cli.demo.acting import Acts
from cli.demo.classroom import Classroom
from cli.demo.desk import Desk
from cli.demo.parts import WEEKS
from cli.demo.rooms import Lesson, Seat
from cli.jumping_clock import JumpingClock

COMES_AT = f"{WEEKS + 1} Mon 16:12"
"""When the visitor comes: the four o'clock lessons run, and one child is missing."""
REVIEWED_FROM = f"{WEEKS} Thu 10:00"
"""From then on a case's second message waits for a person's word."""
REVIEW_SECOND = {
    "ladder": [
        {"after": "PT24H", "guardian": 1, "handling": "review"},
        {"after": "PT72H", "guardian": 2, "same_day_task": True},
    ]
}
MISSING = "xenia"
WRITES_AT, WRITES = f"{WEEKS + 1} Mon 15:40", "Could we move Thursday to six? Her brother has a match."
_LESSONS = (
    ("theo", "16:00", "ken"),
    ("xenia", "16:00", "ivan"),
    ("yara", "16:00", "julia"),
    ("finn", "17:00", "mei"),
    ("noah", "17:00", "julia"),
    ("priya", "18:00", "mei"),
    ("umar", "18:00", "ivan"),
)


def rooms(academy: Academy) -> list[tuple[datetime, list[Item]]]:
    """What the rooms of that Monday report, in the order of time."""
    reports: dict[datetime, list[Item]] = {}
    for student, clock, instructor in _LESSONS:
        slot = f"{WEEKS + 1} Mon {clock}"
        seat = Seat(student, "no_show" if student == MISSING else "attended")
        for at, document in Lesson(student, slot, academy.weeks.at(slot), instructor, [seat]).reports():
            reports.setdefault(at, []).append(document)
    return sorted(reports.items())


async def wait_for_visitors(academy: Academy, acts: Acts, desk: Desk, room: Classroom, clock: JumpingClock) -> None:
    """Play that Monday until the visitor comes."""
    at = academy.weeks.at
    agenda = [(when, partial(room.send, items)) for when, items in rooms(academy) if when <= at(COMES_AT)]
    await clock.run_until(at(WRITES_AT))
    student = acts.ids["students"]["yara"]
    contact = (await desk.get(f"/students/{student}/guardians"))["items"][0]
    await desk.post(f"/students/{student}/replies", {"guardian_id": contact["id"], "text": WRITES})
    await clock.settle()
    for when, send in agenda:
        await clock.run_until(when)
        await send()
        await clock.settle()
    await clock.run_until(at(COMES_AT))
    await clock.settle()


async def go_on(academy: Academy, room: Classroom, clock: JumpingClock) -> None:
    """Play the rest of that Monday's rooms in their own time."""
    for when, items in rooms(academy):
        if when > academy.weeks.at(COMES_AT):
            await asyncio.sleep(max((when - await clock.now()).total_seconds(), 0))
            await room.send(items)
