"""One OneRoster package, checked whole, then applied in the caller's transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from db.engine import Tx
from db.organizations import Organization
from importing import known as import_known
from importing.checking import check
from importing.done import Begin, Done, unseen
from importing.oneroster import standing as roster_standing
from importing.oneroster.applying import Applier
from importing.oneroster.ending import share_ended
from importing.oneroster.people import who_is_who
from importing.oneroster.plans import plan_classes
from importing.oneroster.reading import Rows
from importing.plan import Plan
from importing.reading import Problem, Sheets
from importing.writing import Count, Writer, Written

_COLUMNS = {"ref": "sourcedId", "name": "familyName"}
"""Where the plain import would name its own column, the one of OneRoster."""


async def apply_roster(tx: Tx, organization: Organization, now: datetime, rows: Rows, begin: Begin = unseen) -> Done:
    """Check and write. With problems in what it returns, the caller must roll back."""
    standing = await roster_standing.load(tx, organization, now)
    sheets = Sheets(remarks=rows.sheets.remarks)
    people = who_is_who(rows, standing, sheets)
    plans = plan_classes(rows, standing, people, sheets)
    known = await import_known.load(tx, organization, sheets, now)
    known.rows["staff"] |= people.same
    plan = Plan(sheets, known)
    if not rows.sheets.all_problems():
        check(plan)
    if problems := rows.sheets.all_problems() + [_in_their_words(problem) for problem in sheets.all_problems()]:
        return Done(problems=list(dict.fromkeys(problems)))
    with begin("writing", len(sheets.every()) + len(plans.places)) as advance:
        written = await Writer(tx, plan, advance).write()
        applier = Applier(tx, rows, standing, people, plans, plan, written)
        await applier.apply(advance)
    _count(written, sheets, applier)
    return Done(written=written, ends_too_much=share_ended(standing, written, rows))


def _in_their_words(problem: Problem) -> Problem:
    return replace(problem, column=_COLUMNS.get(problem.column or "", problem.column))


def _count(written: Written, sheets: Sheets, applier: Applier) -> None:
    """Count anew: a row may be touched both by the plain import and by what only a roster says."""
    listed = {kind: {str(line.cells["ref"]) for line in sheets.lines[kind]} for kind in sheets.lines}
    listed |= applier.listed()
    for kind in dict.fromkeys([*listed, *(change.kind for change in written.changes)]):
        touched: dict[str, set[str]] = {"add": set(), "change": set(), "end": set()}
        for change in written.changes:
            if change.kind == kind:
                touched[change.what].add(f"{change.ref} {change.name}" if kind == "links" else str(change.ref))
        written.counts[kind] = Count(
            added=len(touched["add"]),
            changed=len(touched["change"]),
            unchanged=len(listed.get(kind, set()) - set().union(*touched.values())),
            ended=len(touched["end"]),
        )
