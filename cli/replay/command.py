"""`bellwether replay`: a real term on the whole system, through its own API, on the jumping clock.

The data are read where they lie. The system runs on embedded servers and an outbox of its own, in a folder that each
replay makes anew; whatever the settings name beside it is left alone. Deadlines up to five seconds apart are met by
one jump; no wait is shortened. Nobody completes a task: what people leave undone climbs, as it would.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cli.histories import Histories, read_histories
from cli.replay.checks import Findings, examine
from cli.replay.drive import driving
from cli.replay.operator import Operator, monday_after
from cli.replay.term import Term, read_term
from cli.stack import Stack, run_stack
from cli.stage import clear_stage
from cli.terminal import complain, log_to_stderr, progress, say, show, show_json, show_table

FOLDER = "replay"
INTERRUPTED = 130
_COUNTED_IN = {"seconds": "seconds", "promises": "times broken"}
"""Parts of the result whose numbers are no plain counts."""


@dataclass(frozen=True)
class Replayed:
    """What a replay has shown."""

    findings: Findings
    histories: Histories
    jumps: int
    business_time: timedelta


def replay(folder: Path, class_ref: str, weeks: int, as_json: bool) -> int:
    """Play it and print what came of it; the exit code: 0 only if every check holds."""
    log_to_stderr()
    seconds: dict[str, float] = {}
    with _timed(seconds, "all"):
        with _timed(seconds, "read"):
            term = read_term(folder, class_ref, weeks)
        say("read " + ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in term.counts.items()))
        found = _on_a_stack(term, seconds)
    if found is None:
        return INTERRUPTED
    (show_json if as_json else _show)(_as_document(term, found, seconds))
    for broken in found.findings.broken:
        complain(f"broken: {broken}")
    return 1 if found.findings.broken else 0


def _on_a_stack(term: Term, seconds: dict[str, float]) -> Replayed | None:
    """None when a signal ended it."""
    given = clear_stage(FOLDER)
    started = time.monotonic()

    async def body(stack: Stack) -> Replayed:
        seconds["start"] = time.monotonic() - started
        return await _play(stack, term, seconds)

    return run_stack(given, body, data_dir=given.data_dir, clock_jumps=True, port=0, say=say)


async def _play(stack: Stack, term: Term, seconds: dict[str, float]) -> Replayed:
    async with driving(stack) as drive:
        began = await drive.clock.now()
        operator = Operator(term, monday_after(began))
        with _timed(seconds, "bring_in"), progress("importing", operator.imported) as moved:
            await drive.bring_in(operator, moved)
        with _timed(seconds, "play"), progress("playing", term.counts["outcomes"]) as moved:
            accepted = await drive.play(operator, moved)
        with _timed(seconds, "check"):
            now = await drive.clock.now()
            findings = await examine(stack.books, drive.org_id, operator, accepted, now)
            histories = await read_histories(stack.client)
        return Replayed(findings, histories, drive.clock.jumps, now - began)


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        seconds[phase] = time.monotonic() - began


def _as_document(term: Term, found: Replayed, seconds: dict[str, float]) -> dict[str, Any]:
    findings = found.findings
    return {
        "class": term.class_ref,
        "weeks": term.weeks,
        "read": term.counts,
        "books": findings.counts,
        **findings.groups,
        "workflows": found.histories.as_document(term.counts["outcomes"]),
        "clock": {"jumps": found.jumps, "business_days": round(found.business_time / timedelta(days=1), 1)},
        "seconds": {phase: round(took, 1) for phase, took in seconds.items()},
        "promises": findings.promises,
        "broken": findings.broken,
    }


def _show(document: dict[str, Any]) -> None:
    """The same for people: one table for each part."""
    for part in ("read", "books", "messages", "cases", "tasks", "workflows", "clock", "seconds", "promises"):
        found = document[part]
        show(f"\n{part}")
        if isinstance(found, dict):
            counted = _COUNTED_IN.get(part, "count")
            show_table(["what", counted], [[what.replace("_", " "), str(count)] for what, count in found.items()])
        elif found:
            show_table(list(found[0]), [[str(value) for value in row.values()] for row in found])
    if not document["broken"]:
        show("\nall checks hold")
