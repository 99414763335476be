"""How the demo ends on the terminal: the promises, the figures, and where to go on looking."""

from __future__ import annotations

from typing import Any

from cli.demo.cast import STAFF
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


def show_where(screen: Screen, stack: Stack, key: str, timelines: list[str], days_ahead: int) -> None:
    """Addresses, the key, in whose name to act, and what to try; `timelines` are students worth looking at."""
    screen.table(
        f"The academy lives on. Its clock runs {counted(days_ahead, 'day')} ahead of yours.",
        [
            ("API", f"{stack.api_url}/v1"),
            ("its pages", f"{stack.api_url}/docs"),
            ("its description", f"{stack.api_url}/openapi.json"),
            ("Temporal", stack.temporal_ui or stack.temporal_address),
        ],
    )
    acts_as = [(f"{ref}@northstar.example", f"{name}, {role}") for ref, name, role in STAFF] + [("admin", "the admin")]
    screen.table("To act as somebody, send the header Bellwether-Actor with one of", acts_as)
    screen.say("\nThe API key, the open tasks, all of Maya's story, and what happens next to Adam:")
    screen.say(f"  export KEY={key}")
    for path in ("tasks?status=unfinished", *(f"students/{student}/timeline" for student in timelines)):
        screen.say(f'  curl -H "Authorization: Bearer $KEY" "{stack.api_url}/v1/{path}"')
    screen.say("\nCtrl-C ends it.")


def _cell(row: dict[str, Any]) -> str:
    units = row.get("units")
    return f"{row['number']:>6}" if units is None else f"{row['number']:>6} ({units:+d} units)"


def _words(what: str) -> str:
    if what in _ENTRIES:
        return _ENTRIES[what]
    return ", ".join(": ".join(code_in_words(w) for w in part.split(": ") if w) for part in what.split(", "))
