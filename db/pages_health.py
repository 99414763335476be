"""What the page of health shows at once: the worst of each kind that keeps families from being reached, and how the
ways out are. The report with its eight weeks is `db.reaching`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from db.engine import Tx
from domain.value import Id

_WORST = text(
    """
(select 'overdue' as kind, t.id, cast(null as text) as of, s.name, t.due_at as at
 from tasks t join students s on s.org_id = t.org_id and s.id = t.student_id
 where t.org_id = :org and t.finished_at is null and t.due_at < :until order by t.due_at limit 1)
union all
(select 'undelivered', m.student_id, 'student', s.name, m.created_at
 from messages m join students s on s.org_id = m.org_id and s.id = m.student_id
 where m.org_id = :org and m.guardian_id is not null and m.state in ('failed', 'undelivered')
   and m.created_at >= :since order by m.created_at desc limit 1)
union all
(select 'held', m.student_id, 'student', s.name, m.created_at
 from messages m left join students s on s.org_id = m.org_id and s.id = m.student_id
 where m.org_id = :org and m.state = 'held' and m.created_at >= :since order by m.created_at limit 1)
union all
(select 'stuck', id, of, name, at from (
   (select id, 'student' as of, name, next_due as at from students
    where org_id = :org and next_due < :late order by next_due limit 1)
   union all
   (select s.id, 'session', c.subject, s.next_due from sessions s
    join schedules c on c.org_id = s.org_id and c.id = s.schedule_id
    where s.org_id = :org and s.next_due < :late order by s.next_due limit 1)
   union all
   (select i.student_id, 'student', s.name, i.received_at
    from inbox i join students s on s.org_id = i.org_id and s.id = i.student_id
    where i.org_id = :org and i.decided_at is null and i.received_at < :late order by i.received_at limit 1)
   union all
   (select m.student_id, 'student', s.name, m.due_at
    from messages m join students s on s.org_id = m.org_id and s.id = m.student_id
    where m.org_id = :org and m.state in ('queued', 'sending') and m.due_at < :late
      and coalesce(m.handed_out_at, m.due_at) < :late order by m.due_at limit 1)) waiting
 order by at limit 1)
"""
)
_UNRECORDED = text(
    """
select count(*) as number, min(starts_at) as oldest from sessions
where org_id = :org and starts_at >= :since and starts_at < :until and status = 'unrecorded'
"""
)
_WAYS_OUT = text(
    """
select channel, max(handed_over_at) as last_at,
       count(*) filter (where handed_over_at >= :recent) as handed_over,
       count(*) filter (where attempts -> -1 ->> 'result' in ('failed', 'ambiguous', 'retry', 'misconfigured'))
         as in_trouble
from messages
where org_id = :org and created_at >= :since
group by channel
"""
)
_TROUBLES = text(
    """
select id, kind, opened_at from tasks
where org_id = :org and finished_at is null and student_id is null
  and kind in ('provider_misconfigured', 'blast_guard', 'webhook_failing')
order by opened_at
"""
)


async def worst(tx: Tx, org_id: Id, since: datetime, until: datetime, late: datetime) -> dict[str, Row[Any]]:
    """The worst of each kind: the task longest overdue, the newest message that did not arrive, the one held longest,
    what has waited longest since `late`. Each with the id to open, what it is the id of, a name and a time."""
    rows = await tx.execute(_WORST, {"org": org_id, "since": since, "until": until, "late": late})
    return {r.kind: r for r in rows}


async def unrecorded(tx: Tx, org_id: Id, since: datetime, until: datetime) -> Row[Any]:
    """Of the sessions that began in the span: how many ended with nobody's outcome, by their own clock, and when the
    oldest began. The report counts those without a clock too, which takes a look at every seat."""
    return (await tx.execute(_UNRECORDED, {"org": org_id, "since": since, "until": until})).one()


async def ways_out(tx: Tx, org_id: Id, since: datetime) -> dict[str, Row[Any]]:
    """By channel, of the messages made since then: when one was last handed over, how many were, and how many ended
    their newest attempt in trouble."""
    rows = await tx.execute(_WAYS_OUT, {"org": org_id, "since": since, "recent": since})
    return {r.channel: r for r in rows}


async def troubles(tx: Tx, org_id: Id) -> Sequence[Row[Any]]:
    """Open tasks about the operation itself, the oldest first."""
    return (await tx.execute(_TROUBLES, {"org": org_id})).all()
