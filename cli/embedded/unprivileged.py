"""How a process of root becomes one that PostgreSQL accepts, without touching the rights of anybody's folders.

PostgreSQL refuses uid 0, and a uid without an account, common in containers. In a user namespace of its own the same
process, with the same rights to its own files, goes by another number. Where namespaces are refused (many containers)
root becomes `nobody`, if that one can reach the folder. A cluster that belongs to an ordinary user is run as that user.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli.embedded.errors import RootRefusedError

CLONE_NEWUSER = 0x10000000
NOBODY = 65534
"""An account with this number exists nearly everywhere; initdb looks its own up."""

ADVICE = "run as an ordinary user, or set BELLWETHER_DATABASE_URL to a PostgreSQL of your own"

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class StepDown:
    """`enter` runs in the new process before the program; `owner` is the uid its files are to have."""

    enter: Callable[[], None] | None
    owner: int


def choose(folder: Path, cluster: Path, program: Path) -> StepDown:
    """How to run `program` on `cluster`, which may not exist yet, inside the existing `folder`.

    Raises RootRefusedError, which names the folder that is in the way.
    """
    us = os.geteuid()
    if us != 0:
        nameless = not _has_account(us) and _namespaces_work()
        return StepDown(_enter_namespace if nameless else None, us)
    owner = cluster.stat().st_uid if cluster.exists() else 0
    paths = (folder.parent, program.parent)
    if owner == 0 and _namespaces_work():
        _refuse_closed(paths, uid=0, who="root in a user namespace")
        return StepDown(_enter_namespace, 0)
    if cluster.exists() and owner == 0:
        raise RootRefusedError(f"user namespaces are refused here and {cluster} belongs to root: {ADVICE}")
    uid = owner or NOBODY
    _refuse_closed(paths, uid=uid, who=f"uid {uid} (user namespaces are refused here)" if not owner else f"uid {uid}")
    return StepDown(lambda: _become(uid), uid)


def _namespaces_work() -> bool:
    if sys.platform != "linux":
        return False
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _enter_namespace()
            code = 0
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1] == 0


def _enter_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    own = Path("/proc/self")
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{NOBODY} {uid} 1")
    (own / "gid_map").write_text(f"{NOBODY} {gid} 1")


def _become(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid if uid == NOBODY else _group_of(uid))
    os.setuid(uid)


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _group_of(uid: int) -> int:
    return pwd.getpwuid(uid).pw_gid if _has_account(uid) else uid


def _refuse_closed(paths: tuple[Path, ...], *, uid: int, who: str) -> None:
    """Neither a namespace nor another uid has root's power to enter every folder: say which one is in the way."""
    for path in paths:
        real = path.resolve()
        for step in (real, *real.parents):
            found = step.stat()
            bit = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
            if uid == 0 and found.st_uid != 0 and found.st_gid == 0:
                bit = stat.S_IXGRP
            if not found.st_mode & bit:
                raise RootRefusedError(f"{step} is closed to {who}, so PostgreSQL cannot work below it: {ADVICE}")
