"""The operator of a replay: what it imports before the term, and what its teachers report during it.

The class is real; the people are made up by rule, the same each time: students in pairs, four start hours, one or two
guardians each, some shared by siblings, some without a phone, some in a zone of their own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.replay.term import DAYS_A_WEEK, Learner, Term

Item = dict[str, Any]
NAME, ZONE = "Replayed class", "Europe/London"
HOURS = ((time(16), ZONE), (time(17), ZONE), (time(18, 30), "Europe/Madrid"), (time(20, 30), ZONE))
"""Start hours with their zones. The last one ends in quiet hours: its notices leave the next morning."""
LASTS = timedelta(hours=1)
REPORTED_AFTER = timedelta(minutes=10)
"""Outcomes come in when the sheet is filled: the settle window after the session's end."""
PACKAGE = 24
SESSIONS_A_WEEK = 3
STUDENTS_PER_COORDINATOR = 60
AREA_CODES = (212, 206, 303, 312, 404, 415, 503, 512, 602, 617)
"""With 555-0100 to 555-0199 they make numbers that are kept for fiction."""


@dataclass(frozen=True)
class Moment:
    """What comes in at one time: outcomes, and the references of students who have left."""

    at: datetime
    outcomes: list[Item]
    left: list[str]


@dataclass(frozen=True)
class Operator:
    """A class with its calendar. `monday` is day 0 of the term."""

    term: Term
    monday: date

    @property
    def ends_at(self) -> datetime:
        """Midnight after the last week."""
        return self._at(self.term.weeks * DAYS_A_WEEK, time(0), ZONE)

    @property
    def imported(self) -> int:
        """How many people and things are imported before the term, staff aside; and a package for each enrollment."""
        kinds = (self.students(), self.guardians(), self.schedules(), self.enrollments(), self.sessions())
        return sum(map(len, kinds)) + len(self.enrollments())

    def staff(self) -> list[Item]:
        """A lead, coordinators, and an instructor for each start hour."""
        coordinators = max(3, len(self.term.learners) // STUDENTS_PER_COORDINATOR)
        people = [("lead", "L-1", "Lead")]
        people += [("coordinator", f"C-{n}", f"Coordinator {n}") for n in range(1, coordinators + 1)]
        people += [("instructor", f"I-{n}", f"Instructor {n}") for n in range(1, len(HOURS) + 1)]
        return [
            {"ref": ref, "name": name, "email": f"{ref.lower()}@operator.example", "role": role}
            for role, ref, name in people
        ]

    def students(self) -> list[Item]:
        """Everybody who enrolled."""
        return [{"ref": x.ref, "name": f"Student {x.ref}"} for x in self.term.learners]

    def guardians(self) -> list[Item]:
        """One or two for each student. In every tenth pair the first guardian has both children."""
        made: list[Item] = []
        for at, learner in enumerate(self.term.learners):
            _, zone = HOURS[_hour(at)]
            if at % 20 == 1:
                made[-1]["students"].append({"student_ref": learner.ref, "position": 1})
            else:
                made.append(_guardian(len(made), learner, 1, zone))
            if at % 3 and at % 20:
                made.append(_guardian(len(made), learner, 2, zone if at % 7 else "America/New_York"))
        return made

    def schedules(self) -> list[Item]:
        """One to one: each student's own."""
        return [
            {
                "ref": x.ref,
                "subject": "Maths",
                "kind": "one_to_one",
                "zone": HOURS[_hour(at)][1],
                "instructor_ref": f"I-{_hour(at) + 1}",
                "sessions_per_week": SESSIONS_A_WEEK,
            }
            for at, x in enumerate(self.term.learners)
        ]

    def enrollments(self) -> list[Item]:
        """Each from day 0, or from the day he joined later."""
        return [
            {
                "ref": x.ref,
                "student_ref": x.ref,
                "schedule_ref": x.ref,
                "started_at": self._at(max(x.joined_day, 0), time(0), ZONE).isoformat(),
            }
            for x in self.term.learners
        ]

    def sessions(self) -> list[Item]:
        """The calendar of the whole term."""
        return [
            {
                "ref": _session_ref(x, held.day),
                "schedule_ref": x.ref,
                "starts_at": self._starts(at, held.day).isoformat(),
                "ends_at": (self._starts(at, held.day) + LASTS).isoformat(),
            }
            for at, x in enumerate(self.term.learners)
            for held in x.sessions
        ]

    def moments(self) -> list[Moment]:
        """What comes in, in the order of time: outcomes ten minutes after their sessions' end, and who leaves."""
        outcomes: defaultdict[datetime, list[Item]] = defaultdict(list)
        left: defaultdict[datetime, list[str]] = defaultdict(list)
        for at, x in enumerate(self.term.learners):
            for held in x.sessions:
                outcomes[self._reported(at, held.day)].append(
                    {
                        "session_ref": _session_ref(x, held.day),
                        "student_ref": x.ref,
                        "code": "attended" if held.attended else "no_show",
                    }
                )
            if x.withdrew_day is not None and x.withdrew_day + 1 < self.term.weeks * DAYS_A_WEEK:
                left[self._at(max(x.withdrew_day + 1, 0), time(0), ZONE)].append(x.ref)
        return [Moment(at, outcomes.get(at, []), left.get(at, [])) for at in sorted(outcomes.keys() | left.keys())]

    def alarmed(self) -> dict[str, datetime]:
        """Students for whom a rule of tier 2 holds, by reference: when the outcome that makes it so comes in."""
        return {
            x.ref: self._reported(at, x.alarmed_on)
            for at, x in enumerate(self.term.learners)
            if x.alarmed_on is not None
        }

    def _starts(self, at: int, day: int) -> datetime:
        clock, zone = HOURS[_hour(at)]
        return self._at(day, clock, zone)

    def _reported(self, at: int, day: int) -> datetime:
        return self._starts(at, day) + LASTS + REPORTED_AFTER

    def _at(self, day: int, clock: time, zone: str) -> datetime:
        wall = datetime.combine(self.monday + timedelta(days=day), clock, ZoneInfo(zone))
        return wall.astimezone(ZoneInfo("UTC"))


def monday_after(now: datetime) -> date:
    """The first Monday that has not begun anywhere in Europe: everything is imported before it."""
    tomorrow = now.astimezone(ZoneInfo(ZONE)).date() + timedelta(days=1)
    return tomorrow + timedelta(days=-tomorrow.weekday() % DAYS_A_WEEK)


def _hour(at: int) -> int:
    """Pairs share an hour, so that siblings' notices meet."""
    return at // 2 % len(HOURS)


def _session_ref(learner: Learner, day: int) -> str:
    return f"{learner.ref}-{day}"


def _guardian(number: int, learner: Learner, position: int, zone: str) -> Item:
    line, area = number % 100, AREA_CODES[number // 100 % len(AREA_CODES)]
    return {
        "ref": f"{learner.ref}-{position}",
        "name": f"Guardian {position} of {learner.ref}",
        "phone": None if number % 25 == 7 else f"+1{area}55501{line:02d}",
        "email": f"guardian-{learner.ref}-{position}@family.example",
        "zone": zone,
        "students": [{"student_ref": learner.ref, "position": position}],
    }
