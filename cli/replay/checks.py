"""What a replay must leave in the books, counted from the books and from the input, which share no line of code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from cli.replay.operator import PACKAGE, Operator
from db.engine import Books, Tx
from db.promises import check
from domain.value import Id

OPENED_WITHIN = timedelta(minutes=5)
"""A case opens when the outcome that calls for it comes in; as late as a due step may be."""
_COUNTS = """
    select (select count(*) from outcomes where org_id = :org) as outcomes,
           (select count(*) from outcomes where org_id = :org and code = 'no_show') as absences,
           (select count(distinct event ->> 'outcome_id') from decisions
            where org_id = :org and event ->> 'kind' = 'outcome_recorded') as outcomes_decided,
           (select count(*) from decisions where org_id = :org) as decisions,
           (select count(*) from entries where org_id = :org) as entries,
           (select count(*) from entries where org_id = :org and kind = 'consume') as charges,
           (select coalesce(sum(units), 0) from entries where org_id = :org) as balance,
           (select count(*) from cases where org_id = :org) as cases,
           (select count(*) from tasks where org_id = :org) as tasks,
           (select count(*) from messages where org_id = :org) as messages
"""
_GROUPS = {
    "messages": "select purpose, channel, state, coalesce(reason, '') as reason, count(*) as messages "
    "from messages where org_id = :org group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    "cases": "select tier, rule, coalesce(outcome, 'open') as outcome, count(*) as cases "
    "from cases where org_id = :org group by 1, 2, 3 order by 1, 2, 3",
    "tasks": "select kind, status, escalation, count(*) as tasks "
    "from tasks where org_id = :org group by 1, 2, 3 order by 1, 2, 3",
}
_FIRST_CASES = """
    select s.ref, bool_and(exists (select 1 from tasks t where t.org_id = c.org_id and t.case_id = c.id)) as has_tasks,
           (select min(d.at) from decisions d, jsonb_array_elements(d.effects) e
            where d.org_id = s.org_id and d.student_id = s.id
              and e ->> 'kind' = 'put_case' and e ->> 'change' = 'opened') as opened_at
    from cases c join students s on s.org_id = c.org_id and s.id = c.student_id
    where c.org_id = :org group by s.org_id, s.id, s.ref
"""
_UNTOLD = """
    select count(*) from outcomes o where o.org_id = :org and o.code = 'no_show' and not exists (
        select 1 from messages m where m.org_id = o.org_id and m.session_id = o.session_id
          and m.student_id = o.student_id and m.purpose in ('absence_notice', 'concern'))
"""
_UNEXPLAINED = """
    select count(*) from messages where org_id = :org
      and not (state in ('sent', 'delivered', 'read') and handed_over_at is not null
               or state = 'merged' and merged_into is not null
               or state = 'queued' and due_at > :now
               or state in ('suppressed', 'cancelled', 'expired', 'held', 'failed', 'unknown', 'undelivered')
                  and reason is not null)
"""
_MISCHARGED = """
    select count(*) from outcomes o where o.org_id = :org and 1 <> (
        select count(*) from entries e where e.org_id = o.org_id and e.outcome_id = o.id and e.kind = 'consume')
"""


@dataclass
class Findings:
    """Counts and groups of the books, and what does not hold, in words."""

    counts: dict[str, int]
    groups: dict[str, list[dict[str, Any]]]
    promises: dict[str, int]
    broken: list[str] = field(default_factory=list)

    def expect(self, what: str, *, found: int, expected: int) -> None:
        """Note a count that is not what it must be."""
        if found != expected:
            self.broken.append(f"{what}: {found} instead of {expected}")


async def examine(books: Books, org_id: Id, operator: Operator, sent: int, now: datetime) -> Findings:
    """Read the books at this business time. `sent` is how many outcomes the API has accepted."""
    async with books.transaction() as tx:
        promises = await check(tx, now)
        counts = dict((await tx.execute(text(_COUNTS), {"org": org_id})).one()._mapping)
        groups = {
            name: [dict(r._mapping) for r in await tx.execute(text(query), {"org": org_id})]
            for name, query in _GROUPS.items()
        }
        found = Findings({k: int(v) for k, v in counts.items()}, groups, {p.name: p.broken for p in promises})
        found.broken += [f"{p.says}: {p.broken} times not" for p in promises if not p.kept]
        _compare(found, operator, sent)
        for query, says in (
            (_MISCHARGED, "outcomes that are not charged exactly once"),
            (_UNTOLD, "absences of which no guardian was to be told"),
            (_UNEXPLAINED, "messages that neither left nor say why"),
        ):
            values = {"org": org_id} | ({"now": now} if ":now" in query else {})
            found.expect(says, found=(await tx.execute(text(query), values)).scalar_one(), expected=0)
        await _compare_cases(tx, org_id, operator, found)
    return found


def _compare(found: Findings, operator: Operator, sent: int) -> None:
    given, counts = operator.term.counts, found.counts
    found.expect("outcomes sent", found=sent, expected=given["outcomes"])
    found.expect("outcomes in the books", found=counts["outcomes"], expected=sent)
    found.expect("outcomes in the journal", found=counts["outcomes_decided"], expected=sent)
    found.expect("absences in the books", found=counts["absences"], expected=given["absences"])
    found.expect("charges", found=counts["charges"], expected=sent)
    found.expect("sum of all balances", found=counts["balance"], expected=PACKAGE * given["enrolled"] - sent)


async def _compare_cases(tx: Tx, org_id: Id, operator: Operator, found: Findings) -> None:
    """Every tier-2 student, worked out from the input alone, has a case with a task since then; and nobody else."""
    first = {r.ref: r for r in await tx.execute(text(_FIRST_CASES), {"org": org_id})}
    alarmed = operator.alarmed()
    found.counts["students_with_a_case"] = len(first)
    found.expect("tier-2 students without a case", found=len(alarmed.keys() - first.keys()), expected=0)
    found.expect("students with a case and no ground", found=len(first.keys() - alarmed.keys()), expected=0)
    found.expect("students whose case has no task", found=sum(not r.has_tasks for r in first.values()), expected=0)
    late = [ref for ref, at in alarmed.items() if ref in first and not at <= first[ref].opened_at <= at + OPENED_WITHIN]
    found.expect("first cases that opened at another time than the rules say", found=len(late), expected=0)
