"""The demo: the academy it makes, and the whole month on the real system, whose promises all hold."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.demo.academy import FORGOTTEN, Academy, FourWeeks, build
from cli.demo.cast import CAST
from cli.demo.parts import CODES
from cli.demo.rooms import BY_HAND, Lesson, Seat
from tests.cli.parents import CHECKOUT

WITHIN = 500
"""Seconds. The month takes about a minute and a half on a quiet machine, and others may be busy on this one."""
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TOLD_AHEAD = 3
"""Outcomes that acts of the cast tell; what happens in the lessons makes the others."""


def _demo(home: Path, *more: str, **settings: str) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("BELLWETHER_")}
    environment |= {"BELLWETHER_DATA_DIR": str(home), "BELLWETHER_PORT": "0", **settings}
    return subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", *more],
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_same_seed_makes_the_same_academy() -> None:
    assert build(FourWeeks.after(NOW)) == build(FourWeeks.after(NOW))


def test_the_month_begins_on_a_monday_that_has_not_begun() -> None:
    for hours in range(24 * 8):
        now = NOW + timedelta(hours=hours)
        begins = FourWeeks.after(now).at("1 Mon 00:00")
        assert begins.weekday() == 0
        assert timedelta(0) < begins - now <= timedelta(days=7, hours=3)


def test_the_academy_has_the_people_it_promises() -> None:
    academy = build(FourWeeks.after(NOW))
    roles = [person["role"] for person in academy.people["staff"]]
    assert [roles.count(role) for role in ("instructor", "coordinator", "lead")] == [5, 3, 1]
    assert len(academy.people["students"]) == 40
    children = [len(guardian["students"]) for guardian in academy.people["guardians"]]
    assert children.count(2) == 2
    assert sum(children) > 40
    assert len({guardian["zone"] for guardian in academy.people["guardians"]}) == 2
    assert {schedule["kind"] for schedule in academy.people["schedules"]} == {"one_to_one", "group"}
    assert len(set(academy.top_ups.values())) > 4


def test_every_lesson_is_in_the_calendar_and_everybody_of_it_is_seen() -> None:
    academy = build(FourWeeks.after(NOW))
    calendar = slots(academy)
    assert set(academy.lessons) <= calendar
    told = [part.ref for part in CAST for letters in part.weeks for letter in letters if letter in CODES]
    seats = [seat.student for lesson in academy.lessons.values() for seat in lesson.seats]
    assert len([student for student in seats if student in set(told)]) == len(told)
    assert FORGOTTEN in academy.lessons


def test_nobody_teaches_in_two_rooms_at_once() -> None:
    lessons = [(lesson.instructor, lesson.starts_at) for lesson in build(FourWeeks.after(NOW)).lessons.values()]
    assert len(set(lessons)) == len(lessons)


def test_acts_name_sessions_of_the_calendar() -> None:
    academy = build(FourWeeks.after(NOW))
    named = {(part.ref, slot) for part in CAST for _, act in part.acts if (slot := getattr(act, "session", ""))}
    assert len(named) == 5
    assert named <= slots(academy)


def test_what_a_room_shows_is_sent_as_it_happens_the_instructor_first() -> None:
    seats = [Seat("ann", "attended", drops=True), Seat("ben", "late"), Seat("cleo", "no_show")]
    sent = list(Lesson("chess", "1 Tue 17:00", NOW, "ken", seats).reports())
    assert [(minutes(at), document["type"], document["participant"]["name"]) for at, document in sent] == [
        (4, "participant.joined", "Ken"),
        (61, "participant.left", "Ken"),
        (4, "participant.joined", "Ann"),
        (22, "participant.left", "Ann"),
        (25, "participant.joined", "Ann"),
        (61, "participant.left", "Ann"),
        (8, "participant.joined", "Ben"),
        (61, "participant.left", "Ben"),
    ]
    assert all(at >= datetime.fromisoformat(document["at"]) for at, document in sent)


def test_an_instructor_waits_twenty_minutes_for_a_single_student_who_does_not_come() -> None:
    sent = list(Lesson("ann", "1 Tue 17:00", NOW, "ken", [Seat("ann", "no_show")]).reports())
    assert [minutes(at) for at, _ in sent] == [4, 20]


def test_who_teaches_outside_the_classroom_marks_by_hand() -> None:
    lesson = Lesson("ann", "1 Tue 17:00", NOW, BY_HAND, [Seat("ann", "late")])
    assert list(lesson.reports()) == []
    assert lesson.sheet() == (NOW + timedelta(minutes=65), [{"student_ref": "ann", "code": "late"}])


def slots(academy: Academy) -> set[tuple[str, str]]:
    """Schedule and slot ("2 Fri 17:00") of every session that the weekly series make in the month."""
    days = {"MO": "Mon", "TU": "Tue", "WE": "Wed", "TH": "Thu", "FR": "Fri", "SA": "Sat"}
    return {
        (ref, f"{week} {days[weekly['rule'][-2:]]} {weekly['starts_at']}")
        for ref, series in academy.recurrences.items()
        for weekly in series
        for week in range(1, 5)
    }


def minutes(at: datetime) -> int:
    """Minutes after the lesson's start."""
    return (at - NOW) // timedelta(minutes=1)


@pytest.mark.timeout(60)
def test_real_senders_are_refused(tmp_path: Path) -> None:
    sender = {"BELLWETHER_SENDGRID_API_KEY": "SG.x", "BELLWETHER_SENDGRID_FROM": "academy@example.com"}
    with _demo(tmp_path, "--once", **sender) as run:
        out, err = run.communicate(timeout=50)
    assert (run.returncode, out) == (2, "")
    assert "CLOCK_JUMPS is refused while real senders are set" in err
    assert not (tmp_path / "demo").exists()


@pytest.mark.slow
@pytest.mark.timeout(WITHIN + 20)
def test_a_month_is_played_and_every_promise_holds(tmp_path: Path) -> None:
    old = tmp_path / "demo" / "from-an-earlier-run"
    old.mkdir(parents=True)
    with _demo(tmp_path, "--once", "--json") as run:
        out, err = run.communicate(timeout=WITHIN)
    assert run.returncode == 0, err[-4000:]
    shown = json.loads(out)

    assert shown["broken"] == []
    assert all(promise["kept"] for promise in shown["promises"])
    says = {promise["says"] for promise in shown["promises"]}
    assert {
        "Maya's case reached tier 3",
        "Every session of the month is settled, and none is unrecorded",
        "Ruth forgot Aisha's sheet once, was asked for it after half an hour, and marked it then",
        "Emma's balance is 18",
    } <= says
    assert _number(shown, "academy", "students") == 40
    academy = build(FourWeeks.after(NOW))
    seats = sum(len(lesson.seats) for lesson in academy.lessons.values())
    assert sum(row["number"] for row in shown["outcomes"]) == seats + len(academy.absences) + TOLD_AHEAD
    endings = {row["what"] for row in shown["cases"]}
    assert {"recovered", "paused", "unreachable", "open"} <= endings
    assert not any("overdue" in row["what"] for row in shown["tasks"])
    reasons = {row["what"] for row in shown["not_sent"]}
    assert {"suppressed: no_phone", "suppressed: weekly_cap", "merged: in one text with a sibling's"} <= reasons
    assert _number(shown, "temporal_history", "workflows") == 40
    assert "Maya Lindqvist misses one session after the other" in err
    assert not old.exists()


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_ctrl_c_in_the_middle_of_the_month_ends_it(tmp_path: Path) -> None:
    with _demo(tmp_path) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if "Aisha" in line:
                break
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=10)
    assert run.returncode == 130


def _number(shown: Any, group: str, what: str) -> int:
    return int(next(row["number"] for row in shown[group] if row["what"] == what))
