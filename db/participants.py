"""Somebody a classroom has shown us: known again by a key of his own, and matched to a student or a staff member.

Matching never guesses by name. What is sure is matched at sight; the rest is kept and listed for a person to match.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, and_, cast, func, or_, select, union_all, update
from sqlalchemy.dialects.postgresql import insert

from db.engine import Tx
from db.expected import enrolled_then
from db.session_tables import evidence, participants
from db.tables import enrollments, guardians, sessions, staff, student_guardians, students
from domain.refusals import Conflict
from domain.value import Id

REGISTERED = "registered"
"""The source of keys that were told us before anybody was seen: they hold for every classroom."""
SOURCES = (REGISTERED, "zoom", "livekit", "classroom", "api")
LONGEST_NAME = 200
_p, _st, _sf, _s, _e = participants.c, students.c, staff.c, sessions.c, enrollments.c


@dataclass(frozen=True)
class Shown:
    """What a classroom says of a person. `seat` tells him apart in one session when it says nothing lasting."""

    registrant_id: str | None = None
    customer_key: str | None = None
    identity: str | None = None
    email: str | None = None
    name: str | None = None
    seat: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """What may be our own id or ref of him."""
        return tuple(n for n in (self.registrant_id, self.customer_key, self.identity) if n)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that hold everywhere, the surest first; none for somebody who is known in one session only."""
        numbers = (("registrant", self.registrant_id), ("identity", self.identity), ("customer", self.customer_key))
        return tuple(f"{kind}:{n}" for kind, n in (*numbers, ("email", self.address)) if n)

    @property
    def address(self) -> str | None:
        """The e-mail address as it is compared."""
        return self.email.strip().lower() or None if self.email else None


def clean(written: object, longest: int = LONGEST_NAME) -> str | None:
    """Text of a classroom as it can be stored: no NUL, no half characters, not too long; None when nothing is left."""
    if not isinstance(written, str | int) or isinstance(written, bool):
        return None
    kept = str(written).replace("\0", "").encode("utf-8", "replace").decode().strip()
    return kept[:longest] or None


async def recognize(tx: Tx, org_id: Id, session_id: Id, source: str, shown: Shown, now: datetime) -> Id:
    """The row of this person, made at first sight. While he is unmatched every sight tries to match him."""
    key = next(iter(shown.keys), f"user:{(shown.name or shown.seat or 'unknown').lower()}")
    here = f"session:{session_id}:{key}"
    known = (_p.org_id == org_id, _p.source == source)
    found = (await tx.execute(select(participants).where(*known, _p.key.in_((key, here))))).all()
    for row in sorted(found, key=lambda r: r.key != here):
        if row.student_id or row.staff_id or row.ignored:
            return str(row.id)
    is_shared = await _is_shared(tx, org_id, shown)
    everywhere = bool(shown.keys) and not (is_shared and key.startswith("email:"))
    values = {
        "org_id": org_id,
        "source": source,
        "key": key if everywhere else here,
        "session_id": None if everywhere else session_id,
        "name": shown.name,
        "email": shown.address,
        "first_seen_at": now,
    }
    if not everywhere and [r.key for r in found] == [key]:
        await _bind(tx, org_id, found[0].id, session_id, here)
    await tx.execute(insert(participants).values(values).on_conflict_do_nothing())
    row = (await tx.execute(select(participants).where(*known, _p.key == values["key"]))).one()
    if row.student_id or row.staff_id or row.ignored:
        return str(row.id)
    sources = (REGISTERED,) if is_shared else SOURCES
    match = await _known(tx, org_id, sources, shown.keys) or await _match(tx, org_id, session_id, shown)
    if match:
        await _keep(tx, org_id, row.id, match)
    return str(row.id)


async def register(
    tx: Tx, org_id: Id, row_id: Id, shown: Shown, student_id: Id | None, staff_id: Id | None, now: datetime
) -> Row[Any]:
    """Tell ahead whose a key is. The same again changes nothing; raises Conflict when it is somebody else's."""
    row = {
        "org_id": org_id,
        "id": row_id,
        "source": REGISTERED,
        "key": shown.keys[0],
        "name": shown.name,
        "email": shown.address,
        "student_id": student_id,
        "staff_id": staff_id,
        "matched_by": REGISTERED,
        "first_seen_at": now,
    }
    await tx.execute(insert(participants).values(row).on_conflict_do_nothing())
    mine = (_p.org_id == org_id, _p.source == REGISTERED, _p.key == shown.keys[0])
    found = (await tx.execute(select(participants).where(*mine))).one()
    if (found.student_id, found.staff_id) != (student_id, staff_id):
        raise Conflict(
            "key_taken",
            f"this key is somebody else's already; to change that, POST to /v1/participants/{found.id}/match",
        )
    return found


async def match_to(
    tx: Tx, org_id: Id, participant_id: Id, student_id: Id | None, staff_id: Id | None, by: Id | None
) -> None:
    """A person says who it is; nobody: he is to be ignored."""
    await tx.execute(
        update(participants)
        .where(_p.org_id == org_id, _p.id == participant_id)
        .values(
            student_id=student_id,
            staff_id=staff_id,
            ignored=student_id is None and staff_id is None,
            matched_by=f"staff:{by}" if by else "api",
        )
    )


@dataclass(frozen=True)
class _Match:
    student_id: Id | None
    staff_id: Id | None
    by: str


async def _bind(tx: Tx, org_id: Id, participant_id: Id, session_id: Id, key: str) -> None:
    """A key turned out to be several people's: who was seen with it here alone is known here alone."""
    _v = evidence.c
    elsewhere = select(_v.id).where(_v.org_id == org_id, _v.participant_id == participant_id)
    await tx.execute(
        update(participants)
        .where(_p.org_id == org_id, _p.id == participant_id, _p.session_id.is_(None))
        .where(~elsewhere.where(_v.session_id != session_id).exists())
        .values(key=key, session_id=session_id)
    )


async def _keep(tx: Tx, org_id: Id, participant_id: Id, match: _Match) -> None:
    values = {"student_id": match.student_id, "staff_id": match.staff_id, "matched_by": match.by}
    untouched = (_p.student_id.is_(None), _p.staff_id.is_(None), ~_p.ignored)
    await tx.execute(
        update(participants).where(_p.org_id == org_id, _p.id == participant_id, *untouched).values(values)
    )


async def _is_shared(tx: Tx, org_id: Id, shown: Shown) -> bool:
    """Whether the key is an e-mail address that several people use, so that it says who it is in one session only.

    A parent's address is his children's: which of them sits there may differ from session to session.
    """
    if shown.address is None:
        return False
    g = guardians.c
    who = union_all(
        select(_st.id).where(_st.org_id == org_id, func.lower(_st.email) == shown.address),
        select(g.id).where(g.org_id == org_id, func.lower(g.email) == shown.address),
    ).subquery()
    students_of_it = (
        select(func.count()).select_from(students).where(_st.org_id == org_id, func.lower(_st.email) == shown.address)
    )
    everybody, own = (
        await tx.execute(
            select(select(func.count()).select_from(who).scalar_subquery(), students_of_it.scalar_subquery())
        )
    ).one()
    return bool(everybody > min(own, 1))


async def _known(tx: Tx, org_id: Id, sources: Sequence[str], keys: Sequence[str]) -> _Match | None:
    """Who has one of these keys in another classroom, or was registered with it."""
    if not keys:
        return None
    matched = or_(_p.student_id.is_not(None), _p.staff_id.is_not(None))
    found = await tx.execute(
        select(_p.student_id, _p.staff_id)
        .where(_p.org_id == org_id, _p.source.in_(sources), _p.key.in_(keys), _p.session_id.is_(None), matched)
        .distinct()
    )
    rows = found.all()
    return _Match(rows[0].student_id, rows[0].staff_id, "key") if len(rows) == 1 else None


async def _match(tx: Tx, org_id: Id, session_id: Id, shown: Shown) -> _Match | None:
    """Who this is, as far as it is sure. The order is that of trust: our own numbers before addresses."""
    if shown.numbers:
        pupils = await _named(tx, org_id, students, shown.numbers)
        team = await _named(tx, org_id, staff, shown.numbers)
        if len(pupils) + len(team) == 1:
            return _Match(next(iter(pupils), None), next(iter(team), None), "number")
    if shown.address is None:
        return None
    expected = (
        select(_e.student_id)
        .select_from(sessions.join(enrollments, enrolled_then()))
        .where(_s.org_id == org_id, _s.id == session_id)
    )
    own = select(_st.id).where(_st.org_id == org_id, func.lower(_st.email) == shown.address, _st.id.in_(expected))
    if len(found := await _ids(tx, own)) == 1:
        return _Match(found[0], None, "student_email")
    if found:
        return None
    team_of = select(_sf.id).where(_sf.org_id == org_id, func.lower(_sf.email) == shown.address, _sf.active)
    if len(found := await _ids(tx, team_of)) == 1:
        return _Match(None, found[0], "staff_email")
    g, link = guardians.c, student_guardians.c
    children = (
        select(link.student_id)
        .join(guardians, and_(g.org_id == link.org_id, g.id == link.guardian_id))
        .where(link.org_id == org_id, func.lower(g.email) == shown.address, link.student_id.in_(expected))
    )
    found = await _ids(tx, children)
    return _Match(found[0], None, "guardian_email") if len(found) == 1 else None


async def _named(tx: Tx, org_id: Id, table: Any, numbers: Sequence[str]) -> list[Id]:
    """Whose id or ref one of these is."""
    c = table.c
    ids = [n.lower() for n in numbers]
    query = select(c.id).where(c.org_id == org_id, or_(c.ref.in_(numbers), cast(c.id, Text).in_(ids)))
    return await _ids(tx, query.where(c.active) if table is staff else query)


async def _ids(tx: Tx, query: Any) -> list[Id]:
    return [str(i) for i in (await tx.execute(query.distinct())).scalars()]
