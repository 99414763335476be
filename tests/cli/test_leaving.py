"""What the caller of a command sees when it leaves: exit code, output, exit functions."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def left_by(body: str) -> subprocess.CompletedProcess[str]:
    script = "import os, sys, atexit, threading, time\nfrom cli.leaving import leave\ndef run():\n"
    script += textwrap.indent(textwrap.dedent(body), "    ") + "\nleave(run)\n"
    command = [sys.executable, "-c", script]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(command, cwd=CHECKOUT, env=buffered, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("pass", 0),
        ("return 7", 0),
        ("sys.exit()", 0),
        ("sys.exit(0)", 0),
        ("sys.exit(2)", 2),
        ("sys.exit(True)", 1),
        ("raise KeyboardInterrupt", 130),
        ("raise ValueError('the reason')", 1),
    ],
)
def test_leaving_gives_the_exit_code_that_python_would_have_given(body: str, code: int) -> None:
    assert left_by(body).returncode == code


def test_a_text_given_to_exit_goes_to_stderr_with_code_1() -> None:
    left = left_by("sys.exit('set BELLWETHER_PORT to a number')")
    assert (left.returncode, left.stdout, left.stderr) == (1, "", "set BELLWETHER_PORT to a number\n")


def test_an_unexpected_error_shows_its_traceback() -> None:
    assert "ValueError: the reason" in left_by("raise ValueError('the reason')").stderr


def test_exit_functions_run_and_buffered_output_arrives() -> None:
    left = left_by("atexit.register(lambda: print('tidied up')); sys.stdout.write('no newline, ')")
    assert (left.returncode, left.stdout) == (0, "no newline, tidied up\n")


def test_a_thread_that_never_ends_does_not_hold_the_process() -> None:
    left = left_by("threading.Thread(target=time.sleep, args=(60,)).start(); sys.exit(3)")
    assert left.returncode == 3


def test_a_reader_that_went_away_does_not_change_the_exit_code() -> None:
    left = left_by("r, w = os.pipe(); os.close(r); os.dup2(w, 1); sys.stdout.write('to nobody'); sys.exit(4)")
    assert left.returncode == 4
