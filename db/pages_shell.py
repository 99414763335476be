"""What waits for a person, counted: the numbers beside the tabs."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, DateTime, and_, bindparam, distinct, func, or_, select, text

from db.answers import READ_WITH_ITS_TASK
from db.drafts import GROUP
from db.engine import Tx
from db.journal_tables import messages, tasks
from db.reply_tables import replies
from domain.sending import REVIEW, MessageState
from domain.tasks import TaskStatus
from domain.value import Id

_ORG: Any = bindparam("org")
_t, _r, _m = tasks.c, replies.c, messages.c


def day_end(now: datetime, zone: str) -> datetime:
    """When the local day ends that `now` lies in."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)


def day_start(now: datetime, zone: str) -> datetime:
    """When the local day began that `now` lies in."""
    local = now.astimezone(ZoneInfo(zone))
    return datetime.combine(local.date(), time(), local.tzinfo)


def is_for_today(until: Any) -> ColumnElement[bool]:
    """Whether an unfinished task is overdue, due by then, or wakes by then."""
    awake = and_(_t.status == TaskStatus.OPEN.value, _t.due_at < until)
    return or_(awake, and_(_t.status == TaskStatus.SNOOZED.value, _t.snoozed_until < until))


_COUNTS = select(
    select(func.count())
    .where(_t.org_id == _ORG, _t.owner_id == bindparam("me"), _t.finished_at.is_(None))
    .where(is_for_today(bindparam("until", type_=DateTime(timezone=True))))
    .scalar_subquery()
    .label("today"),
    select(func.count(distinct(GROUP)))
    .where(_m.org_id == _ORG, _m.state == MessageState.HELD.value, _m.reason == REVIEW)
    .where(text("messages.state in ('queued', 'held')"))  # word for word, so that the partial index is taken
    .scalar_subquery()
    .label("drafts"),
    select(func.count())
    .where(_r.org_id == _ORG, _r.read_at.is_(None))
    .where(or_(and_(_r.meaning == "unclear", ~READ_WITH_ITS_TASK), _r.student_id.is_(None)))
    .scalar_subquery()
    .label("replies"),
)


async def counts(tx: Tx, org_id: Id, staff_id: Id, zone: str, now: datetime) -> dict[str, int]:
    """`today`: this person's follow-ups of today; `drafts` and `replies`: those of the organization that wait."""
    row = (await tx.execute(_COUNTS, {"org": org_id, "me": staff_id, "until": day_end(now, zone)})).one()
    return dict(row._mapping)
