"""Are families being reached: how soon after a miss, and what stands in the way. One report, by week and by step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from db.engine import Tx
from domain.value import Id

_CONTACT = """
with misses as (
    select o.id, o.student_id, o.session_id, o.received_at
    from outcomes o join sessions s on s.org_id = o.org_id and s.id = o.session_id
    where o.org_id = :org and o.code in ('no_show', 'late_cancelled') and not o.imported
      and o.received_at >= least(:since, :first) and o.received_at < :until
      and o.received_at - s.ends_at <= interval '72 hours'),
written as (
    select i.id, min(coalesce(m.handed_over_at, c.handed_over_at)) as at
    from misses i
    join messages m on m.org_id = :org and m.student_id = i.student_id and m.session_id = i.session_id
                   and m.guardian_id is not null and m.created_at >= i.received_at
    left join messages c on c.org_id = :org and c.id = m.merged_into
    group by i.id),
spoken as (
    select i.id, min(t.at) as at
    from misses i
    join outreach t on t.org_id = :org and t.student_id = i.student_id
                   and t.at >= i.received_at and t.at < i.received_at + interval '7 days'
    group by i.id),
reached as (
    select i.received_at, extract(epoch from least(w.at, p.at) - i.received_at) / 60 as minutes
    from misses i left join written w on w.id = i.id left join spoken p on p.id = i.id)
"""
WEEKS = text(
    _CONTACT
    + """,
weeks as (
    select w as monday, (w at time zone :zone) as begins, ((w + interval '7 days') at time zone :zone) as ends
    from generate_series(date_trunc('week', cast(:first as timestamptz) at time zone :zone),
                         date_trunc('week', cast(:until as timestamptz) at time zone :zone), interval '7 days') w
    union all
    select null, cast(:since as timestamptz), cast(:until as timestamptz))
select cast(monday as date) as week, c.*, t.*, m.*
from weeks
cross join lateral (
    select count(*) as misses, count(minutes) as reached,
           percentile_cont(0.5) within group (order by minutes) as p50,
           percentile_cont(0.9) within group (order by minutes) as p90
    from reached where received_at >= begins and received_at < ends) c
cross join lateral (
    select count(*) as overdue from tasks
    where org_id = :org and student_id is not null and due_at >= begins and due_at < least(ends, :until)
      and (finished_at is null or finished_at > due_at)) t
cross join lateral (
    select count(*) filter (where state in ('failed', 'undelivered')) as undelivered,
           count(*) filter (where state = 'held') as held
    from messages
    where org_id = :org and guardian_id is not null and created_at >= begins and created_at < ends) m
order by monday nulls first
"""
)
"""First the span from `since` to `until`, then each week from that of `first` on, in the organization's zone: misses,
how many were followed by a contact, after how many minutes half and nine in ten were, and what went wrong."""
NOW = text(
    """
select (select count(*) from tasks
        where org_id = :org and student_id is not null and finished_at is null and due_at < :until) as overdue,
       (select count(*) from messages where org_id = :org and guardian_id is not null
          and state in ('failed', 'undelivered') and created_at >= :since) as undelivered,
       (select count(*) from messages where org_id = :org and state = 'held' and created_at >= :since) as held,
       (select count(*) from messages where org_id = :org and state in ('queued', 'sending')
          and due_at < :late and coalesce(handed_out_at, due_at) < :late)
     + (select count(*) from students where org_id = :org and next_due < :late)
     + (select count(*) from sessions where org_id = :org and next_due < :late)
     + (select count(*) from inbox where org_id = :org and decided_at is null and received_at < :late) as stuck
"""
)
"""What stands in the way at this moment."""
STEPS = text(
    """
select step, cast(at at time zone :zone as date) as day, count(*) as times
from (select split_part(event ->> 'step', ':', 1) as step, at from decisions
      where org_id = :org and at >= :since and at < :until and event ->> 'kind' = 'step_due'
      union all
      select step, at from session_decisions
      where org_id = :org and at >= :since and at < :until and step <> 'evidence') taken
group by 1, 2 order by 1, 2
"""
)
"""How often each step was taken by itself, by day in the organization's zone."""


async def by_week(
    tx: Tx, org_id: Id, zone: str, since: datetime, first: datetime, until: datetime
) -> tuple[Row[Any], Sequence[Row[Any]]]:
    """How soon families were reached after the misses of the span, and the same for each week since `first`."""
    given = {"org": org_id, "zone": zone, "since": since, "first": first, "until": until}
    whole, *weeks = (await tx.execute(WEEKS, given)).all()
    return whole, weeks


async def in_the_way(tx: Tx, org_id: Id, since: datetime, until: datetime, late: datetime) -> Row[Any]:
    """Overdue tasks, messages that did not arrive or are held (made since `since`), and what waits since `late`."""
    return (await tx.execute(NOW, {"org": org_id, "since": since, "until": until, "late": late})).one()


async def steps(tx: Tx, org_id: Id, zone: str, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    """Steps that were taken, by day."""
    return (await tx.execute(STEPS, {"org": org_id, "zone": zone, "since": since, "until": until})).all()
