"""Real processes of ours for failure tests: a worker that can be killed, a Temporal server that can be stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class WorkerProcess:
    """`python worker.py` with these settings, in a process of its own."""

    def __init__(self, database_url: str, temporal_address: str, **more: str) -> None:
        self._settings = {
            "BELLWETHER_DATABASE_URL": database_url,
            "BELLWETHER_TEMPORAL_ADDRESS": temporal_address,
        } | more
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it polls a second later."""
        keep = {k: v for k, v in os.environ.items() if not k.startswith("BELLWETHER_")}
        self._process = subprocess.Popen(
            [sys.executable, "worker.py"], cwd=ROOT, env=keep | self._settings, stdin=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """kill -9: nothing of it runs on."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self, patience: float = 10) -> int:
        """Ask it to end (SIGTERM); returns its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(patience)
