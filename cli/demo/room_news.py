"""Telling what becomes of a lesson in which something stayed open: who was asked, matched and marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from cli.demo.academy import ZONE
from cli.demo.letters import Letter
from cli.demo.parts import Part
from db.engine import Tx
from db.journal_tables import messages
from db.session_tables import participants, session_decisions
from db.tables import sessions
from domain.explaining import explain
from domain.sending import Purpose
from domain.value import Because, Id

_NEWS = frozenset({"stranger_may_be_student", "nothing_seen", "recorded_at_last"})
_OPEN = frozenset({"stranger_may_be_student", "nothing_seen"})


class Rooms:
    """The sessions of the cast, by schedule: what their journal says that was not told yet."""

    def __init__(self, who: Callable[[Id], str], parts: Mapping[Id, Part]) -> None:
        self.who, self.parts = who, parts
        self._seq = 0
        self._told: set[Id] = set()

    async def news(self, tx: Tx, now: datetime) -> list[Letter]:
        """What there is to tell now: chases, matches, and what was open or recorded at last."""
        return [*await self._matched(tx, now), *await self._decided(tx), *await self._chased(tx)]

    async def _decided(self, tx: Tx) -> list[Letter]:
        d = session_decisions.c
        newest = (await tx.execute(select(func.coalesce(func.max(d.seq), 0)))).scalar_one()
        rows = await self._of_the_cast(tx, session_decisions, d.seq > self._seq, d.seq <= newest)
        self._seq = newest
        told = [(r, [Because.model_validate(b) for b in r.because]) for r in rows]
        return [
            Letter(r.at, self.parts[r.schedule_id], ((" ".join(explain(b, self.who, ZONE) for b in why), _style(why)),))
            for r, why in told
            if {b.rule for b in why} & _NEWS
        ]

    async def _chased(self, tx: Tx) -> list[Letter]:
        m = messages.c
        rows = await self._of_the_cast(
            tx, messages, m.purpose == Purpose.UNRECORDED.value, m.handed_over_at.is_not(None), m.id.not_in(self._told)
        )
        self._told.update(r.id for r in rows)
        return [
            Letter(
                r.handed_over_at,
                self.parts[r.schedule_id],
                ((f"E-mail to {self.who(r.staff_id)}: “{r.subject}”", "yellow"),),
            )
            for r in rows
        ]

    async def _matched(self, tx: Tx, now: datetime) -> list[Letter]:
        """A match bears no time of its own: it was made in this minute, before what came of it."""
        p = participants.c
        rows = await self._of_the_cast(tx, participants, p.matched_by.like("staff:%"), p.id.not_in(self._told))
        self._told.update(r.id for r in rows)
        return [
            Letter(
                now.replace(second=0, microsecond=0),
                self.parts[r.schedule_id],
                ((f"{self.who(r.matched_by.removeprefix('staff:'))} says who “{r.name}” was.", ""),),
            )
            for r in rows
        ]

    async def _of_the_cast(self, tx: Tx, table: Any, *where: Any) -> list[Row[Any]]:
        """Rows about sessions of the cast, each with its `schedule_id`."""
        query = select(table, sessions.c.schedule_id).join(
            sessions, (sessions.c.org_id == table.c.org_id) & (sessions.c.id == table.c.session_id)
        )
        return list(await tx.execute(query.where(sessions.c.schedule_id.in_(self.parts), *where)))


def _style(why: list[Because]) -> str:
    return "yellow" if {b.rule for b in why} & _OPEN else "green"
