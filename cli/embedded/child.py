"""Server processes that never outlive the process that started them, however it ends.

On Linux the kernel tells the server that its parent died. Elsewhere (macOS; kept in mind, untested there) a small
watchdog holds the other end of a pipe and signals the server when the pipe closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cli.embedded.errors import StartFailedError

PR_SET_PDEATHSIG = 1
LOG_LIMIT = 5_000_000
"""Bytes after which a log is put aside as `.old` at the next start."""

_libc = ctypes.CDLL(None, use_errno=True)


class Child:
    """A running program in a session of its own, so that Ctrl-C in the terminal reaches us and not it."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, log_start: int, watchdog: Watchdog | None) -> None:
        self._process = process
        self._watchdog = watchdog
        self._log = log
        self._log_start = log_start

    @classmethod
    def spawn(
        cls,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: dict[str, str],
        at_parents_death: signal.Signals,
        lock_fd: int,
        step_down: Callable[[], None] | None = None,
    ) -> Child:
        """Starts `command`, its output appended to `log`.

        `lock_fd` is inherited, `step_down` runs in the new process before the program (to give up root). Must be called
        from the main thread: the kernel takes the end of the *thread* that forked for the death of the parent.
        Raises RuntimeError in any other thread, StartFailedError when the program cannot be run.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("servers are started from the main thread: they would die with any other")
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_name(log.name + ".old"))
        parent = os.getpid()

        def in_child() -> None:
            if step_down is not None:
                step_down()  # first: a change of credentials clears the parent-death signal
            if sys.platform == "linux":
                _libc.prctl(PR_SET_PDEATHSIG, at_parents_death)
                if os.getppid() != parent:
                    os._exit(1)  # the parent died before we asked to be told

        with log.open("ab") as out:
            log_start = out.tell()
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    env=environment,
                    start_new_session=True,
                    pass_fds=(lock_fd,),
                    preexec_fn=in_child,  # noqa: PLW1509 - safe: no other thread of ours holds a lock here
                )
            except (OSError, subprocess.SubprocessError) as problem:
                raise StartFailedError(
                    f"{Path(command[0]).name} cannot be run ({problem})", log, log_start
                ) from problem
        watchdog = None if sys.platform == "linux" else Watchdog(process.pid, at_parents_death)
        return cls(process, log, log_start, watchdog)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def has_ended(self) -> bool:
        """True when it is gone."""
        return self._process.poll() is not None

    def failure(self, what: str) -> StartFailedError:
        """An error with what it wrote to its log since it was started."""
        return StartFailedError(what, self._log, self._log_start)

    def wait_until(self, is_ready: Callable[[], bool], *, what: str, patience: float, pause: float) -> None:
        """Asks `is_ready` every `pause` seconds.

        Raises StartFailedError when the program ends first or `patience` seconds pass; the program is left as it is.
        """
        deadline = time.monotonic() + patience
        while True:
            is_done = is_ready()
            # Asked last: on a port that was lost to another server, that one's answer must not count as ours.
            if self.has_ended():
                raise self.failure(f"{what} ended with exit code {self._process.returncode}")
            if is_done:
                return
            if time.monotonic() > deadline:
                raise self.failure(f"{what} was not ready after {patience:.0f} s")
            time.sleep(pause)

    def finish(self, *, patience: float) -> int:
        """Waits for a program that ends by itself and returns its exit code; kills it after `patience` seconds."""
        try:
            return self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            return self.stop(signal.SIGKILL, patience=0, last_resort=signal.SIGKILL)
        finally:
            self._dismiss_watchdog()

    def stop(self, gentle: signal.Signals, *, patience: float, last_resort: signal.Signals) -> int:
        """Ends it: `gentle`, after `patience` seconds `last_resort`, then SIGKILL. Returns the exit code."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(gentle)
        for harder, seconds in ((last_resort, patience), (signal.SIGKILL, 2.0)):
            try:
                self._process.wait(timeout=seconds)
                break
            except subprocess.TimeoutExpired:
                self._process.send_signal(harder)
        code = self._process.wait()
        self._dismiss_watchdog()
        return code

    def _dismiss_watchdog(self) -> None:
        if self._watchdog is not None:
            self._watchdog.dismiss()
            self._watchdog = None


class Watchdog:
    """A shell that waits for our end of a pipe to close, which any death of ours does, and then signals `pid`."""

    def __init__(self, pid: int, at_parents_death: signal.Signals) -> None:
        self._shell = subprocess.Popen(
            ["/bin/sh", "-c", 'read nothing; kill -"$1" "$0"', str(pid), str(int(at_parents_death))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """Ends the watch without a signal; call it before the pid can belong to somebody else."""
        self._shell.kill()
        self._shell.wait()
        if self._shell.stdin is not None:
            self._shell.stdin.close()
