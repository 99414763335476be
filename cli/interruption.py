"""Ctrl-C and SIGTERM, handled the same before, in and after the event loop: the first one ends, the next are noted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from types import FrameType, TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")
NUMBERS = (signal.SIGINT, signal.SIGTERM)
UNWINDING = 0.5
"""Seconds that tasks which ignore their cancellation get; the process leaves without them then."""


class Interruption:
    """While it is entered, a signal ends the coroutine that `run` drives; outside of one it raises SystemExit.

    A second signal changes nothing: what holds servers is being put away already, within a few seconds.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_leaving = False

    def __enter__(self) -> Self:
        self._before = [(number, signal.signal(number, self._on_signal)) for number in NUMBERS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def run(self, main: Coroutine[Any, Any, T]) -> T | None:
        """Drive a coroutine in a new event loop; None when a signal ended it.

        Threads of the default executor are not waited for: a call to a provider can hang in one for 20 seconds.
        """
        if self.received is not None:
            # Raised in a function that runs after a fork, our SystemExit was swallowed.
            main.close()
            raise SystemExit(128 + self.received)
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._task = self._loop.create_task(main)
        try:
            result: T = self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            if self.received is None:
                raise
            return None
        else:
            return result
        finally:
            self._is_leaving = True
            self._let_go(self._loop)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._is_leaving or self.received is not None:
            return
        self.received = number
        if self._loop is None or self._task is None:
            raise SystemExit(128 + number)
        self._loop.call_soon_threadsafe(self._task.cancel)

    @staticmethod
    def _let_go(loop: asyncio.AbstractEventLoop) -> None:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            _, left = loop.run_until_complete(asyncio.wait(left, timeout=UNWINDING))
        asyncio.set_event_loop(None)
        if not left:
            loop.close()
