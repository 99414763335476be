"""`bellwether demo`: a month of a generated academy on the whole system, told as it happens; then it stays up.

It runs on embedded servers of its own in a folder that each start makes anew, whatever the settings name beside them,
and sends nothing: real senders are refused, since the clock jumps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from pydantic import SecretStr

from cli import organizations
from cli.configured import changed
from cli.demo.academy import NAME, ZONE, FourWeeks, build
from cli.demo.afternoon import go_on, wait_for_visitors
from cli.demo.cast import STAFF
from cli.demo.classroom import Classroom, new_secret
from cli.demo.desk import Desk
from cli.demo.ending import show_promises, show_summary, show_where
from cli.demo.month import Month
from cli.demo.screen import Screen
from cli.demo.summary import Summary, summarize
from cli.demo.telling import Teller
from cli.jumping_clock import JumpingClock
from cli.problems import CommandError
from cli.stack import Stack, run_stack
from cli.stage import clear_stage
from cli.terminal import complain, log_to_stderr, say, show_json
from db import keys
from workflows.nudging import nudge, nudge_session

FOLDER = "demo"
INTERRUPTED = 130


@dataclass(frozen=True)
class Played:
    """A month that was played."""

    summary: Summary
    jumps: int
    seconds: float
    business_days: float
    requests: int
    rest: Callable[[], Awaitable[None]] | None = None
    """What goes on while somebody looks around."""


def demo(once: bool, as_json: bool) -> int:
    """Play the month; the exit code: 0 only if every promise holds. Without `once` the system stays up until Ctrl-C."""
    log_to_stderr()
    secret = new_secret()
    given = changed(clear_stage(FOLDER), classroom_webhook_secret=SecretStr(secret))
    screen = Screen(is_stdout_kept=as_json)
    finished: list[int] = []

    async def body(stack: Stack) -> None:
        played = await _play(stack, screen, secret, stays=not once)
        broken = played.summary.broken
        if as_json:
            show_json(_document(played))
        for promise in broken:
            complain(f"broken: {promise}")
        finished.append(1 if broken else 0)
        if played.rest:
            await played.rest()
            await asyncio.Event().wait()

    run_stack(given, body, data_dir=given.data_dir, clock_jumps=True, one_click=True, say=say)
    return finished[0] if finished else INTERRUPTED


async def _play(stack: Stack, screen: Screen, secret: str, *, stays: bool) -> Played:
    async with stack.books.transaction() as tx:
        made = await organizations.first(tx, NAME, ZONE, None)
        if made is None:
            raise CommandError("the demo's books are not empty: remove its folder and start again")
        _, key = await keys.create(tx, made.id, "demo")
    clock, desk = (
        JumpingClock(stack.books, partial(nudge, stack.client), partial(nudge_session, stack.client)),
        Desk(stack.api_url, key),
    )
    try:
        began, started = await clock.now(), time.monotonic()
        month = Month(build(FourWeeks.after(began)), desk, clock, Classroom(desk, secret), leaves_work=stays)
        say(f"entering {NAME}: 40 students, {len(STAFF) + 1} staff")
        await month.open()
        teller = Teller(stack.books, month, screen)
        await teller.skip()
        screen.say(f"\n{NAME}, four weeks. Times are Chicago's. The reminders before each lesson are not told.", "bold")
        with screen.live():
            await month.play(teller.tell)
        now = await clock.now()
        seconds = time.monotonic() - started
        summary = await summarize(stack, month, now)
        show_summary(screen, summary)
        show_promises(screen, summary)
        counts = (clock.jumps, seconds, (now - began) / timedelta(days=1), desk.requests)
        if not stays:
            return Played(summary, *counts)
        await wait_for_visitors(month.academy, month.acts, desk, month.classroom, clock)
        await clock.live_on()
        show_where(screen, stack, key, (await clock.now() - datetime.now(UTC)).days)
        return Played(summary, *counts, rest=partial(go_on, month.academy, month.classroom, clock))
    finally:
        if not stays:
            await desk.close()


def _document(played: Played) -> dict[str, Any]:
    return {
        **played.summary.counts,
        "clock": {
            "seconds": round(played.seconds, 1),
            "business_days": round(played.business_days, 1),
            "jumps": played.jumps,
            "requests": played.requests,
        },
        "promises": [{"says": p.says, "kept": p.is_kept} for p in played.summary.promises],
        "broken": played.summary.broken,
    }
