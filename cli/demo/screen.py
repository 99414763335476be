"""How the story looks on a terminal: a heading for each day, a time and a first name before each line, one live line.

Story lines go to stdout, or to stderr where stdout is kept for JSON; the live line is stderr's, and only a terminal's.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.live import Live
from rich.text import Text

NAME_WIDTH = 8
INDENT = 7 + NAME_WIDTH
WIDEST = 110
"""Columns. A line of prose longer than this is hard to follow."""
PACE = 0.2
"""Seconds before each thing told on a terminal: somebody reads along."""


class Screen:
    """One story on one terminal."""

    def __init__(self, *, is_stdout_kept: bool) -> None:
        self._progress = Console(stderr=True, highlight=False)
        share_a_terminal = sys.stdout.isatty() and sys.stderr.isatty()
        self._story = self._progress if is_stdout_kept or share_a_terminal else Console(highlight=False)
        self._live: Live | None = None
        self._day = ""
        self.pace = PACE if self._story.is_terminal else 0.0

    @contextmanager
    def live(self) -> Iterator[None]:
        """Keep a line of where the month stands at the bottom while the story goes on above it."""
        if not self._progress.is_terminal:
            yield
            return
        with Live(console=self._progress, transient=True, refresh_per_second=8, redirect_stdout=False) as self._live:
            yield
        self._live = None

    def stands(self, text: str) -> None:
        """Replace the live line."""
        if self._live:
            self._live.update(Text(text, style="reverse", no_wrap=True, overflow="ellipsis"))

    def day(self, at: datetime, week: int) -> None:
        """Begin a day, once."""
        heading = f"{at:%A} {at.day} {at:%B}"
        if heading != self._day:
            self._day = heading
            rule = "─" * max(self._width - len(heading) - 13, 3)
            self._story.print(Text.assemble("\n── ", (heading, "bold"), f" · week {week} ", (rule, "dim")))

    def introduce(self, name: str, story: str) -> None:
        """Say what to expect of a student."""
        self._wrapped(Text("     ▸ ", style="dim"), Text.assemble((name, "bold italic"), (f" {story}", "italic")))

    def line(self, at: datetime, name: str, text: str, style: str = "") -> None:
        """Something happened to somebody."""
        self._wrapped(
            Text.assemble((f"{at:%H:%M}  ", "dim"), (f"{name:<{NAME_WIDTH}.{NAME_WIDTH}}", "bold")), text, style
        )

    def below(self, text: str, style: str = "") -> None:
        """What it led to, below its line."""
        self._wrapped(Text(" " * (INDENT - 2) + "→ ", style="dim"), text, style)

    def say(self, text: str = "", style: str = "") -> None:
        """A line of its own."""
        self._story.print(Text(text, style=style), soft_wrap=True)

    def table(self, title: str, rows: list[tuple[str, str]], style: str = "") -> None:
        """A titled table of two columns, the first as wide as it needs to be."""
        self.say(f"\n{title}", "bold")
        width = max((len(first) for first, _ in rows), default=0)
        for first, second in rows:
            self._wrapped(Text(f"  {first:<{width}}  "), second, style)

    def item(self, word: str, text: str, *, is_good: bool) -> None:
        """An item of a list with a word of verdict before it."""
        self._wrapped(Text(f"  {word}  ", style="green" if is_good else "bold red"), text)

    @property
    def _width(self) -> int:
        return min(self._story.width, WIDEST)

    def _wrapped(self, before: Text, text: str | Text, style: str = "") -> None:
        """Text after a prefix; what does not fit goes on below the text, not below the prefix."""
        body = Text(text, style=style) if isinstance(text, str) else text
        room = max(self._width - len(before), 20)
        for number, part in enumerate(body.wrap(self._story, room)):
            part.rstrip()
            self._story.print(
                Text.assemble(before if number == 0 else " " * len(before), part), no_wrap=True, crop=False
            )
