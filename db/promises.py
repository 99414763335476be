"""The promises of the house, measured from the books: each check counts what breaks it; 0 is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from db.engine import Tx


@dataclass(frozen=True)
class Promise:
    """One check: how many rows break it, in words."""

    name: str
    says: str
    broken: int

    @property
    def kept(self) -> bool:
        """True when nothing breaks it."""
        return self.broken == 0


_CHECKS = {
    "applied_once": (
        "every accepted outcome is decided, its newest version once",
        """
        select count(*) from outcomes o left join (
            select org_id, event ->> 'outcome_id' as outcome_id, event ->> 'version' as version, count(*) as times
            from decisions where event ->> 'kind' = 'outcome_recorded' group by 1, 2, 3) d
          on d.org_id = o.org_id and d.outcome_id = o.id::text and d.version = o.version::text
        where d.times is distinct from 1
        """,
    ),
    "charged_once": (
        "no outcome holds more than one charge that is not reversed",
        """
        select count(*) from (
            select e.outcome_id from entries e
            where e.kind = 'consume'
              and not exists (select 1 from entries r where r.org_id = e.org_id and r.reverses = e.id)
            group by e.org_id, e.outcome_id having count(*) > 1) twice
        """,
    ),
    "steps_in_time": (
        "every due step was taken within 5 minutes of its deadline",
        """
        select (select count(*) from decisions d
                where d.event ->> 'kind' = 'step_due' and d.event ->> 'due_at' is not null
                  and d.at - (d.event ->> 'due_at')::timestamptz > interval '5 minutes')
             + (select count(*) from session_decisions where at - due_at > interval '5 minutes')
        """,
    ),
    "messages_in_time": (
        "every message was handed over within 5 minutes of its time, or of the end of quiet hours",
        "select count(*) from messages where handed_over_at - due_at > interval '5 minutes'",
    ),
    "no_sms_twice": (
        "no SMS was handed to the provider twice",
        """
        select count(*) from messages m where m.channel = 'sms' and (
            select count(*) from jsonb_array_elements(m.attempts) a
            where a ->> 'result' in ('accepted', 'ambiguous')) > 1
        """,
    ),
    "non_sends_explained": (
        "every message that did not leave says why",
        """
        select count(*) from messages
        where state in ('suppressed', 'cancelled', 'expired', 'held', 'failed', 'unknown') and reason is null
           or state = 'merged' and merged_into is null
        """,
    ),
    "nothing_stuck": (
        "nothing waits for more than 15 minutes without a reason",
        """
        select (select count(*) from messages
                where state in ('queued', 'sending') and due_at < :now - interval '15 minutes'
                  and coalesce(handed_out_at, due_at) < :now - interval '15 minutes')
             + (select count(*) from students where next_due < :now - interval '15 minutes')
             + (select count(*) from sessions where next_due < :now - interval '15 minutes')
             + (select count(*) from inbox where decided_at is null and received_at < :now - interval '15 minutes')
        """,
    ),
    "cases_have_tasks": (
        "every case had a task, and every open case an open one or a watch",
        """
        select count(*) from cases c
        where not exists (select 1 from tasks t where t.org_id = c.org_id and t.case_id = c.id)
           or c.closed_at is null and c.watch_since is null and not exists (
                select 1 from tasks t where t.org_id = c.org_id and t.case_id = c.id and t.finished_at is null)
        """,
    ),
    "tasks_owned": (
        "every open task has an owner on the team",
        """
        select count(*) from tasks t where t.finished_at is null and not exists (
            select 1 from staff s where s.org_id = t.org_id and s.id = t.owner_id and s.active)
        """,
    ),
}


async def check(tx: Tx, now: datetime) -> list[Promise]:
    """All promises at this business time. Reads whole tables: it may take longer than a decision is allowed to."""
    await tx.execute(text("set local statement_timeout = '60s'"))
    return [
        Promise(
            name,
            says,
            (await tx.execute(text(query).bindparams(**({"now": now} if ":now" in query else {})))).scalar_one(),
        )
        for name, (says, query) in _CHECKS.items()
    ]


async def unrest(tx: Tx, now: datetime) -> int:
    """How many undecided facts, passed deadlines, messages and webhooks on their way there are; it may jump at 0."""
    found = await tx.execute(
        text(
            """
            select (select count(*) from inbox where decided_at is null)
                 + (select count(*) from students where next_due <= :now)
                 + (select count(*) from sessions where next_due <= :now)
                 + (select count(*) from messages
                    where state in ('queued', 'sending')
                      and (state = 'sending' or due_at <= :now or handed_out_at is not null))
                 + (select count(*) from webhook_deliveries where state = 'queued' and due_at <= :now)
            """
        ),
        {"now": now},
    )
    left: int = found.scalar_one()
    return left


async def next_due(tx: Tx) -> datetime | None:
    """The nearest deadline of any student, session, message or webhook."""
    found = await tx.execute(
        text(
            """
            select least((select min(next_due) from students), (select min(next_due) from sessions),
                         (select min(due_at) from messages
                          where state in ('queued', 'sending') and state = 'queued' and handed_out_at is null),
                         (select min(due_at) from webhook_deliveries where state = 'queued'))
            """
        )
    )
    at: datetime | None = found.scalar_one()
    return at
