"""Plain CSV files, checked whole, then written in the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from db.engine import Tx
from db.organizations import Organization
from importing import known
from importing.checking import check
from importing.done import Begin, Done, unseen
from importing.plan import Plan
from importing.reading import Sheets
from importing.writing import Writer


async def apply_sheets(
    tx: Tx, organization: Organization, now: datetime, sheets: Sheets, begin: Begin = unseen
) -> Done:
    """Check and write. With problems in what it returns, nothing was written."""
    if sheets.problems:
        # What these files hold is not known, so references are not checked before they can be read.
        return Done(problems=sheets.all_problems())
    plan = Plan(sheets, await known.load(tx, organization, sheets, now))
    check(plan)
    if problems := sheets.all_problems():
        return Done(problems=problems)
    with begin("writing", len(sheets.every())) as advance:
        return Done(written=await Writer(tx, plan, advance).write())
