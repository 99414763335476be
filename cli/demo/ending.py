"""How the demo ends on the terminal: the promises, the figures, and where to go on looking."""

from __future__ import annotations

from typing import Any

from cli.demo.screen import Screen
from cli.demo.summary import Summary
from cli.stack import Stack
from domain.explaining import code_in_words
from domain.wording import counted

_TITLES = {
    "sessions": "Sessions",
    "evidence": "What was seen of them",
    "outcomes": "Outcomes",
    "entries": "Ledger entries",
    "sent": "Messages sent (to the outbox)",
    "not_sent": "Messages not sent, and why",
    "cases": "Cases, by how they ended",
    "tasks": "Tasks",
    "temporal_history": "Temporal",
}
_ENTRIES = {
    "consume": "sessions used",
    "reverse": "credited back",
    "top_up": "sessions bought",
    "adjust": "adjusted by hand",
}


def show_summary(screen: Screen, summary: Summary) -> None:
    """The figures, a small table for each part."""
    for part, title in _TITLES.items():
        rows = summary.counts[part]
        screen.table(title, [(_cell(row), _words(str(row["what"]))) for row in rows])


def show_promises(screen: Screen, summary: Summary) -> None:
    """Every promise, kept ones green and broken ones red; and how many."""
    screen.say("\nPromises", "bold")
    for promise in summary.promises:
        found = f" ({promise.found})" if promise.found else ""
        screen.item("kept  " if promise.is_kept else "BROKEN", f"{promise.says}{found}", is_good=promise.is_kept)
    number, broken = len(summary.promises), len(summary.broken)
    verdict = f"All {number} promises were kept." if not broken else f"{counted(broken, 'promise')} of {number} broken."
    screen.say(f"\n{verdict}", "bold green" if not broken else "bold red")


def show_where(screen: Screen, stack: Stack, key: str, days_ahead: int) -> None:
    """Where to look, who is there, and the key for programs."""
    screen.say(f"\nThe academy lives on. Its clock runs {counted(days_ahead, 'day')} ahead of yours. Open", "bold")
    screen.say(f"\n  {stack.api_url}\n", "bold green")
    screen.say("and choose who you are: a button for each, no password. Begin as Alice, a coordinator on Monday")
    screen.say("afternoon: her follow-ups, a draft that waits for her word, a parent's reply, lessons under way.")
    screen.table(
        "Also there",
        [
            ("every message as families got it", f"{stack.api_url}/outbox"),
            ("HTTP API", f"{stack.api_url}/v1"),
            ("its description", f"{stack.api_url}/openapi.json"),
            ("Temporal", stack.temporal_ui or stack.temporal_address),
        ],
    )
    screen.say("\nFor programs, with the staff member's ref to act as:")
    screen.say(f"  export KEY={key}")
    screen.say(f'  curl -H "Authorization: Bearer $KEY" -H "Bellwether-Actor: alice" "{stack.api_url}/v1/tasks"')
    screen.say("\nCtrl-C ends it.")


def _cell(row: dict[str, Any]) -> str:
    units = row.get("units")
    return f"{row['number']:>6}" if units is None else f"{row['number']:>6} ({units:+d} units)"


def _words(what: str) -> str:
    if what in _ENTRIES:
        return _ENTRIES[what]
    return ", ".join(": ".join(code_in_words(w) for w in part.split(": ") if w) for part in what.split(", "))
