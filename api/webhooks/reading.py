"""Reading kept events into evidence, when they come and again when a person says which session they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from api.access import Caller
from api.evidence import wake
from api.webhooks.classroom import Classroom
from api.webhooks.livekit import LiveKit
from api.webhooks.source import Happening, Source, Unreadable
from api.webhooks.zoom import Zoom
from db import observing, raw_events
from db.engine import Tx
from db.observing import Observed
from db.raw_events import Read
from db.roster import Directory
from db.tables import sessions
from domain.refusals import Refusal

SOURCES: Mapping[str, Source] = {s.name: s for s in (Zoom(), LiveKit(), Classroom())}
UNREADABLE, NO_SESSION, UNKNOWN_NAME = "unreadable", "no_session", "unknown_name"


async def read_into(here: Caller, tx: Tx, events: Sequence[Row[Any]], session_id: str | None, now: datetime) -> None:
    """Read kept events of one classroom into a session: the one given, else the one each names or whose room it is
    about. What became of an event is noted beside it."""
    names, read = Directory(tx, here.org_id), list[Read]()
    told: dict[str, list[Observed]] = {}
    for event in events:
        try:
            happening = await SOURCES[event.source].read(names, event.body, now)
            found = session_id or await _session(names, happening)
        except Unreadable:
            read.append(Read(event.id, None, UNREADABLE))
        except Refusal:
            read.append(Read(event.id, None, UNKNOWN_NAME))
        else:
            read.append(Read(event.id, found, None if found else NO_SESSION))
            if found:
                told.setdefault(found, []).extend(happening.observed)
    for found in sorted(told):
        await observing.record(tx, here.org_id, found, events[0].source, told[found], None, now)
    await wake(here, tx, sorted(told), now)
    await raw_events.mark(tx, here.org_id, read)


async def _session(names: Directory, happening: Happening) -> str | None:
    """The session that is meant, if there is one."""
    try:
        named = await names.maybe(sessions, happening.session_id, happening.session_ref)
    except Refusal:
        return None
    if named is not None:
        return str(named.id)
    if happening.room is None:
        return None
    return await raw_events.session_of_room(names.tx, names.org_id, happening.room, happening.observed[-1].at)
