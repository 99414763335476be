"""The end of the demo: what stands in the books, counted, and which promises hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from cli.demo.cast import CAST
from cli.demo.month import Month
from cli.demo.promises import Kept, scripted
from cli.demo.seen import look
from cli.histories import read_histories
from cli.stack import Stack
from db.engine import Tx
from db.promises import check

_GROUPS = {
    "outcomes": "select code as what, count(*) as number from outcomes group by 1 order by 2 desc, 1",
    "entries": "select kind as what, count(*) as number, sum(units) as units from entries group by 1 order by 1",
    "sent": """
        select purpose || ', ' || channel as what, count(*) as number from messages
        where handed_over_at is not null and merged_into is null group by 1 order by 1""",
    "not_sent": """
        select state || ': ' || case when merged_into is not null then 'in one text with a sibling''s'
                                     else coalesce(reason, '') end as what, count(*) as number from messages
        where handed_over_at is null or merged_into is not null group by 1 order by 1""",
    "cases": """
        select coalesce(outcome, case when watch_since is null then 'open' else 'open, being watched' end) as what,
               count(*) as number from cases group by 1 order by 1""",
    "tasks": """
        select kind || ', ' || case when finished_at is null and due_at < :now then 'overdue'
                                    when finished_at is null then 'open' else status end as what,
               count(*) as number from tasks group by 1 order by 1""",
}
_JOURNAL = "select count(*) from decisions where event ->> 'kind' = 'outcome_recorded'"
_CLIMBED = """
select s.ref from tasks t join students s on s.org_id = t.org_id and s.id = t.student_id
where t.escalation in ('reassigned', 'lead') group by 1 order by 1
"""
_SUMS = """
select e.id, coalesce(sum(l.units), 0) as units
from enrollments e left join entries l on l.org_id = e.org_id and l.enrollment_id = e.id group by 1
"""
MAY_CLIMB = ["maya", "theo"]
"""Maya's last task went to the lead at once; Theo's climbed there by itself."""


@dataclass(frozen=True)
class Summary:
    """Counts by group, and every promise."""

    counts: dict[str, Any]
    promises: list[Kept]

    @property
    def broken(self) -> list[str]:
        """The promises that do not hold, by name."""
        return [f"{p.says}{f' ({p.found})' if p.found else ''}" for p in self.promises if not p.is_kept]


async def summarize(stack: Stack, month: Month, now: datetime) -> Summary:
    """Count and check everything."""
    sent = len(month.outcomes) + month.corrections
    async with stack.books.transaction() as tx:
        counts: dict[str, Any] = {name: await _group(tx, query, now) for name, query in _GROUPS.items()}
        house = [
            Kept(_capital(p.says), p.kept, f"{p.broken} times not" if p.broken else "") for p in await check(tx, now)
        ]
        decided = int((await tx.execute(text(_JOURNAL))).scalar_one())
        climbed = list((await tx.execute(text(_CLIMBED))).scalars())
        sums = {str(r.id): int(r.units) for r in await tx.execute(text(_SUMS))}
        story = scripted(month, await look(tx, month))
    told = {of: (await month.desk.get(f"/enrollments/{of}/ledger", limit=1))["balance"] for of in sums}
    wrong = [of for of, units in sums.items() if told[of] != units]
    whole = [
        Kept("Every outcome sent is in the journal once", decided == sent, f"{sent} sent, {decided} decided"),
        Kept("Every balance the API tells is the sum of its entries", not wrong, f"{len(wrong)} are not"),
        Kept("No task climbed but Theo's and Maya's", climbed == MAY_CLIMB, f"climbed: {', '.join(climbed)}"),
    ]
    whole = [k if not k.is_kept else Kept(k.says, True) for k in whole]
    histories = (await read_histories(stack.client)).as_document(sent)
    counts["temporal_history"] = [
        {"what": what.replace("_", " "), "number": number} for what, number in histories.items()
    ]
    counts["academy"] = [{"what": kind, "number": len(items)} for kind, items in month.academy.people.items()] + [
        {"what": "students with a part", "number": len(CAST)}
    ]
    return Summary(counts, [*house, *whole, *story])


async def _group(tx: Tx, query: str, now: datetime) -> list[dict[str, Any]]:
    values = {"now": now} if ":now" in query else {}
    return [dict(row._mapping) for row in await tx.execute(text(query), values)]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
