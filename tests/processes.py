"""Real processes of ours for failure tests: a worker that can be killed, a Temporal server that can be stopped."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import worker
from db.engine import Books, open_books
from messaging.choose import senders
from settings import Settings

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


class Courier:
    """A process that runs the workers of deliveries alone, forked from one that has imported everything: it polls
    sooner, since the whole program spends seconds of a busy machine on starting."""

    def __init__(self, database_url: str, temporal_address: str, **more: str) -> None:
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(["__main__", "tests.ready_to_fork"])
        settings = {"BELLWETHER_DATABASE_URL": database_url, "BELLWETHER_TEMPORAL_ADDRESS": temporal_address} | more
        self._process = forks.Process(target=_deliver, args=(settings,), daemon=True)
        self._process.start()

    def kill(self) -> None:
        """kill -9: nothing of it runs on."""
        self._process.kill()
        self._process.join()


def _deliver(environment: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("BELLWETHER_")]:
        del os.environ[name]
    os.environ.update(environment)
    asyncio.run(_until_killed(Settings()))


async def _until_killed(settings: Settings) -> None:
    assert settings.database_url
    assert settings.temporal_address
    client = await worker.connect(settings, settings.temporal_address)
    books = Books(open_books(settings.database_url))
    for each in worker.delivery_workers(client, books, senders(settings), worker.per_second(settings)):
        await each.__aenter__()
    await asyncio.Event().wait()
