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
    "sessions": "select status as what, count(*) as number from sessions where ends_at <= :now group by 1 order by 1",
    "evidence": "select kind as what, count(*) as number from evidence group by 1 order by 2 desc, 1",
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
_JOURNAL = """
select (select count(*) from outcome_versions) as stand,
       (select count(*) from decisions where event ->> 'kind' = 'outcome_recorded') as decided
"""
_ROOMS = """
select (select count(*) from raw_events) as kept,
       (select count(*) from raw_events where problem is not null) as unread,
       (select count(*) from sessions where ends_at <= :now and status not in ('settled', 'called_off')) as unsettled,
       (select count(*) from messages where purpose = 'unrecorded') as chases,
       (select count(*) from participants where student_id is null and staff_id is null) as strangers,
       (select array_agg(matched_by) from participants where matched_by like 'staff:%') as matched_by
"""
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
    async with stack.books.transaction() as tx:
        counts: dict[str, Any] = {name: await _group(tx, query, now) for name, query in _GROUPS.items()}
        house = [
            Kept(_capital(p.says), p.kept, f"{p.broken} times not" if p.broken else "") for p in await check(tx, now)
        ]
        journal = (await tx.execute(text(_JOURNAL))).one()
        rooms = (await tx.execute(text(_ROOMS), {"now": now})).one()
        climbed = list((await tx.execute(text(_CLIMBED))).scalars())
        sums = {str(r.id): int(r.units) for r in await tx.execute(text(_SUMS))}
        story = scripted(month, await look(tx, month))
    told = {of: (await month.desk.get(f"/enrollments/{of}/ledger", limit=1))["balance"] for of in sums}
    wrong = [of for of, units in sums.items() if told[of] != units]
    whole = [
        Kept(
            "Everything the classroom sent was kept and read once, though some of it came twice",
            (rooms.kept, rooms.unread) == (month.classroom.sent, 0),
            f"{month.classroom.sent} sent, {rooms.kept} kept, {rooms.unread} of them not read",
        ),
        Kept(
            "Every session of the month is settled, and none is unrecorded",
            rooms.unsettled == 0,
            f"{rooms.unsettled} are not",
        ),
        Kept(
            "Everybody seen in a room is known by now, one of them because Carol said so",
            rooms.strangers == 0 and rooms.matched_by == [f"staff:{month.ids['staff']['carol']}"],
            f"{rooms.strangers} are not; matched by {rooms.matched_by}",
        ),
        Kept("Nobody but Ruth was chased for attendance, and she once", rooms.chases == 1, f"{rooms.chases} times"),
        Kept(
            "Every outcome is in the journal once",
            journal.decided == journal.stand,
            f"{journal.stand} stand, {journal.decided} decided",
        ),
        Kept("Every balance the API tells is the sum of its entries", not wrong, f"{len(wrong)} are not"),
        Kept("No task climbed but Theo's and Maya's", climbed == MAY_CLIMB, f"climbed: {', '.join(climbed)}"),
    ]
    whole = [k if not k.is_kept else Kept(k.says, True) for k in whole]
    histories = (await read_histories(stack.client)).as_document(journal.stand)
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
