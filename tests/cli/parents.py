"""A parent process for the tests that kill one: it starts a server, reports its pid and waits for its end."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


@contextmanager
def parent_of_server(module: str, kind: str, home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A python process that runs `kind.start(home)`, and the pid of its server; killed at the end at the latest."""
    script = (
        f"import sys, time; from pathlib import Path; from {module} import {kind}\n"
        f"server = {kind}.start(Path(sys.argv[1])); print(server.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(home)], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert parent.stdout is not None
        yield parent, int(parent.stdout.readline())
    finally:
        parent.kill()
        parent.communicate()


def is_running(pid: int) -> bool:
    """True for a process that still works; False for one that is gone or only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        if Path("/proc/self").exists():
            return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.strip().startswith("Z")


def ends_within(pid: int, seconds: float) -> bool:
    """Waits for the process to end; True when it does."""
    deadline = time.monotonic() + seconds
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
