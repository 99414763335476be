"""Programs that must not outlive us, and what is told when one fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from cli.embedded.child import Child, Watchdog
from cli.embedded.errors import StartFailedError
from cli.embedded.folder_lock import FolderLock
from tests.cli.parents import CHECKOUT, ends_within, is_running


def spawn(folder: Path, *command: str) -> Child:
    lock = FolderLock.take(folder)
    try:
        return Child.spawn(
            command,
            log=folder / "log",
            environment=dict(os.environ),
            at_parents_death=signal.SIGTERM,
            lock_fd=lock.fd,
        )
    finally:
        lock.release()


def test_ctrl_c_in_the_terminal_does_not_reach_the_program(tmp_path: Path) -> None:
    child = spawn(tmp_path, "sleep", "60")
    assert os.getpgid(child.pid) != os.getpgid(0)
    assert child.stop(signal.SIGTERM, patience=2, last_resort=signal.SIGKILL) == -signal.SIGTERM


def test_a_program_that_ignores_the_gentle_signal_is_ended_all_the_same(tmp_path: Path) -> None:
    child = spawn(tmp_path, "/bin/sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
    child.wait_until(lambda: "ready" in (tmp_path / "log").read_text(), what="sh", patience=5, pause=0.01)
    assert child.stop(signal.SIGTERM, patience=0.1, last_resort=signal.SIGKILL) == -signal.SIGKILL


def test_a_program_that_fails_is_reported_with_its_own_last_words(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("an old failure\n")
    child = spawn(tmp_path, "/bin/sh", "-c", "echo no room on the disk >&2; exit 3")
    with pytest.raises(StartFailedError, match=r"(?s)exit code 3.*no room on the disk") as told:
        child.wait_until(lambda: False, what="sh", patience=5, pause=0.01)
    assert "an old failure" not in str(told.value)


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="no-such-program cannot be run"):
        spawn(tmp_path, "/no-such-program")


def test_programs_are_refused_outside_the_main_thread_whose_end_would_kill_them(tmp_path: Path) -> None:
    told: list[BaseException] = []

    def elsewhere() -> None:
        try:
            spawn(tmp_path, "sleep", "60")
        except RuntimeError as problem:
            told.append(problem)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(told[0])


def test_the_watchdog_ends_the_program_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = subprocess.Popen(["sleep", "60"])
    script = (
        "import signal, sys, time; from cli.embedded.child import Watchdog\n"
        f"watchdog = Watchdog({program.pid}, signal.SIGTERM); print('watching', flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=CHECKOUT, stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.kill()
        assert program.wait(timeout=5) == -signal.SIGTERM
    finally:
        program.kill()
        program.wait()
        parent.kill()
        parent.communicate()


def test_a_dismissed_watchdog_leaves_the_program_alone() -> None:
    program = subprocess.Popen(["sleep", "60"])
    try:
        Watchdog(program.pid, signal.SIGTERM).dismiss()
        assert is_running(program.pid)
    finally:
        program.kill()
    assert program.wait() == -signal.SIGKILL
    assert ends_within(program.pid, 1)
