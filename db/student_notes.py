"""Notes about a student, found by the decisions that kept them; a note written at a task stays with its task."""

from __future__ import annotations

from sqlalchemy import Uuid, and_, cast, select

from db import listing
from db.engine import Tx
from db.journal_tables import decisions, notes
from db.listing import Cut, Part
from db.tables import staff
from domain.value import Id

_d, _n, _s = decisions.c, notes.c, staff.c


async def of_student(tx: Tx, org_id: Id, student_id: Id, cut: Cut) -> Part:
    """A part of the notes, the newest first: id, text, by, by_name, at."""
    kept = cast(_d.event["note_id"].astext, Uuid(as_uuid=False))
    query = (
        select(_d.seq, _n.id, _n.text, _n.by, _s.name.label("by_name"), _n.created_at.label("at"))
        .join(notes, and_(_n.org_id == _d.org_id, _n.id == kept))
        .outerjoin(staff, and_(_s.org_id == _n.org_id, _s.id == _n.by))
        .where(_d.org_id == org_id, _d.student_id == student_id, _d.event["kind"].astext == "note_written")
    )
    return await listing.part(tx, query, [_d.seq], cut, newest_first=True)
