"""A stage for what is generated: embedded servers and an outbox of its own, in a folder each play makes anew."""

from __future__ import annotations

import shutil
from typing import Any

from cli import running
from cli.configured import changed, settings
from cli.embedded.errors import AlreadyRunningError
from cli.problems import CommandError
from settings import Settings


def clear_stage(name: str) -> Settings:
    """Settings for a play in the folder of that name; what the environment names beside it is left alone.

    Raises CommandError when one plays there already, UnusableInputError when real senders are set: the clock jumps.
    """
    given = settings()
    embedded: dict[str, Any] = {"database_url": None, "temporal_address": None, "temporal_namespace": "default"}
    given = changed(given, **embedded, temporal_api_key=None, temporal_tls=False, clock_jumps=True)
    home = given.data_dir / name
    if other := running.find(home):
        raise AlreadyRunningError(home, other.pid)
    if home.is_symlink():
        raise CommandError(f"{home} is a link, and its folder is made anew each time: remove the link first")
    shutil.rmtree(home, ignore_errors=True)
    return changed(given, data_dir=home)
