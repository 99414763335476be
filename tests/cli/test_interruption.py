"""Signals to a process that drives an event loop: it ends soon, whatever its threads and tasks are at."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def process(body: str) -> subprocess.Popen[str]:
    """A process that runs the coroutine function `main` of `body`, once it has said that it is there."""
    script = "import asyncio, time\nfrom cli.interruption import Interruption\nfrom cli.leaving import leave\n"
    script += textwrap.dedent(body)
    script += "\ndef run():\n with Interruption() as i: print('returned', i.run(main()))\nleave(run)\n"
    running = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "there\n"
    return running


def ended(running: subprocess.Popen[str], *numbers: signal.Signals) -> tuple[int, str, float]:
    started = time.monotonic()
    for number in numbers:
        running.send_signal(number)
        time.sleep(0.1)
    said, _ = running.communicate(timeout=20)
    return running.returncode, said, time.monotonic() - started


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_coroutine_and_its_clean_up_runs_also_when_the_signal_comes_twice(
    number: signal.Signals,
) -> None:
    running = process("""
        async def main():
            try:
                print("there", flush=True)
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.3)
                print("tidied up")
    """)
    code, said, _ = ended(running, number, number)
    assert (code, said) == (0, "tidied up\nreturned None\n")


def test_a_thread_that_hangs_is_not_waited_for() -> None:
    running = process("""
        async def main():
            print("there", flush=True)
            await asyncio.to_thread(time.sleep, 60)
    """)
    code, said, seconds = ended(running, signal.SIGTERM)
    assert (code, said, seconds < 3) == (0, "returned None\n", True)


def test_a_task_that_ignores_its_cancellation_is_left_behind() -> None:
    running = process("""
        async def stubborn():
            while True:
                try: await asyncio.sleep(60)
                except asyncio.CancelledError: pass
        async def main():
            task = asyncio.create_task(stubborn())
            await asyncio.sleep(0)
            print("there", flush=True)
            await asyncio.sleep(60)
    """)
    code, said, seconds = ended(running, signal.SIGINT)
    assert (code, said, seconds < 3) == (0, "returned None\n", True)


def test_a_signal_outside_of_the_loop_ends_the_process_with_its_number() -> None:
    running = process("""
        class Interruption(Interruption):
            def run(self, main):
                main.close()
                print("there", flush=True)
                time.sleep(60)
        async def main(): pass
    """)
    assert ended(running, signal.SIGTERM)[0] == 128 + signal.SIGTERM
