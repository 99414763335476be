"""What doors and classrooms observe of a session, written as evidence: people recognized, repetitions left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db import evidence, participants
from db.engine import Tx
from db.evidence import Seen
from db.participants import Shown
from domain.evidence import EvidenceKind
from domain.value import Id


@dataclass(frozen=True)
class Observed:
    """One thing observed. A person is one of ours, or shown by a classroom. Without a kind it is a summary."""

    key: str
    kind: EvidenceKind | None
    at: datetime
    student_id: Id | None = None
    staff_id: Id | None = None
    shown: Shown | None = None
    connection: str | None = None
    value: float | None = None
    topic: str | None = None
    catch_up: str | None = None


async def record(
    tx: Tx, org_id: Id, session_id: Id, source: str, observed: Sequence[Observed], by: Id | None, now: datetime
) -> dict[str, Id]:
    """Write it all; returns the ids of new evidence by key. Summaries leave no evidence: the last one stands."""
    who: dict[Shown, Id] = {}
    # in one order, so that two batches about the same people never wait for each other
    for shown in sorted({o.shown for o in observed if o.shown}, key=lambda s: (s.keys, s.name or "", s.seat or "")):
        who[shown] = await participants.recognize(tx, org_id, session_id, source, shown, now)
    for o in observed:
        if o.kind is None:
            await evidence.summarize(tx, org_id, session_id, o.topic, o.catch_up)
    seen = [
        Seen(
            key=o.key,
            kind=o.kind,
            at=o.at,
            student_id=o.student_id,
            staff_id=o.staff_id,
            participant_id=who[o.shown] if o.shown else None,
            connection=o.connection,
            value=o.value,
            by=by,
        )
        for o in observed
        if o.kind is not None
    ]
    return await evidence.write(tx, org_id, session_id, source, seen, now)
