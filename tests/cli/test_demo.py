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

from cli.demo.academy import FourWeeks, build, session_ref
from cli.demo.cast import CAST
from cli.demo.parts import CODES
from tests.cli.parents import CHECKOUT

WITHIN = 280
"""Seconds. The month takes about one minute on a quiet machine, and others may be busy on this one."""
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
TOLD_AHEAD = 5
"""Outcomes that acts of the cast tell; the classroom reports the others."""


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


def test_every_outcome_belongs_to_a_session_of_the_calendar() -> None:
    academy = build(FourWeeks.after(NOW))
    calendar = {session["ref"] for session in academy.people["sessions"]}
    assert {report.session for report in academy.reports} <= calendar
    told = [part.ref for part in CAST for letters in part.weeks for letter in letters if letter in CODES]
    assert len([r for r in academy.reports if r.student in set(told)]) == len(told)


def test_acts_name_sessions_of_the_calendar() -> None:
    academy = build(FourWeeks.after(NOW))
    calendar = {session["ref"] for session in academy.people["sessions"]}
    named = {
        session_ref(part.ref, slot) for part in CAST for _, act in part.acts if (slot := getattr(act, "session", ""))
    }
    assert len(named) == 6
    assert named <= calendar


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
    assert {"Maya's case reached tier 3", "Every outcome sent is in the journal once", "Emma's balance is 17"} <= says
    assert _number(shown, "academy", "students") == 40
    assert sum(row["number"] for row in shown["outcomes"]) == len(build(FourWeeks.after(NOW)).reports) + TOLD_AHEAD
    endings = {row["what"] for row in shown["cases"]}
    assert {"recovered", "paused", "unreachable", "open"} <= endings
    assert not any("overdue" in row["what"] for row in shown["tasks"])
    reasons = {row["what"] for row in shown["not_sent"]}
    assert {"suppressed: no_phone", "suppressed: weekly_cap", "merged: in one text with a sibling's"} <= reasons
    assert _number(shown, "temporal_history", "workflows") == 40
    assert "Maya Lindqvist misses one session after the other" in err
    assert not old.exists()


@pytest.mark.slow
@pytest.mark.timeout(90)
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
