"""A policy tried out on the last 90 days before it is published, beside the one in force."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from api.access import Caller, Here
from api.once import router as doors
from api.policies import PolicyIn
from db import names, trying_out
from db.student_facts import newest_policy
from domain.facts import Facts
from domain.policy import Policy
from domain.tasks import Role
from domain.trying_out import Opened, Tally, Tried, compared, live
from domain.value import Id

router = doors("policies")
SPAN = timedelta(days=90)
LONGEST = 8.0
"""Seconds of trying; with what stands around it the answer is there within ten."""
SLICE = 20
"""Students per slice: about a tenth of a second, after which the clock is looked at."""


class Load(BaseModel):
    """How many follow-up tasks somebody would have got a week."""

    owner_id: str
    owner_name: str | None
    a_week: float


class Outlook(BaseModel):
    """What a policy would have done: cases by tier and rule, and per week texts, e-mails and tasks."""

    cases: int
    opened: list[Opened]
    raised: int
    texts_a_week: float
    emails_a_week: float
    tasks: list[Load]


class Trial(BaseModel):
    """A policy tried out, beside the one in force.

    `students` were looked at, of `of_students` who had sessions; those who missed nothing need no look. `covered` is
    the share in percent: below 100 the time was up, and both sides count the same students.
    """

    since: datetime
    until: datetime
    students: int
    of_students: int
    covered: int
    outcomes: int
    version: int
    proposed: Outlook
    in_force: Outlook
    in_words: list[str]
    assumes: str = (
        "Each follow-up is done when it is due and reaches the family; no family replies. Every outcome is known when "
        "its session ends, unless it was told ahead. Balances and first-session calls are left out."
    )


@router.post("/policies/try")
async def try_policy(here: Here, asked: PolicyIn) -> Trial:
    """Try a policy on the last 90 days. Nothing is written and nobody is told; it takes ten seconds at most."""
    here.person(Role.LEAD)
    async with here.transaction() as tx:
        until = await here.now(tx)
        since = until - SPAN
        in_force = await newest_policy(tx, here.org_id)
        missed = await trying_out.who_missed(tx, here.org_id, since, until)
        students, outcomes = await trying_out.how_many(tx, here.org_id, since, until)
        people = await names.of_people(tx, here.org_id)
    proposed = Policy(**dict(asked)).model_copy(update={"version": in_force.version + 1})
    tallies, looked_at = await _lived(here, missed, (proposed, in_force), since, until)
    new, now = (t.tried() for t in tallies)
    calm = students - len(missed)
    return Trial(
        since=since,
        until=until,
        students=calm + looked_at,
        of_students=students,
        covered=100 * (calm + looked_at) // students if students else 100,
        outcomes=outcomes,
        version=in_force.version,
        proposed=_outlook(new, people),
        in_force=_outlook(now, people),
        in_words=compared(new, now, SPAN.days / 7),
    )


async def _lived(
    here: Caller, ids: Sequence[Id], policies: tuple[Policy, Policy], since: datetime, until: datetime
) -> tuple[tuple[Tally, Tally], int]:
    """The lives of as many students as there is time for, under both policies; and how many they were."""
    tallies, ends, done = (Tally(), Tally()), time.monotonic() + LONGEST, 0
    while done < len(ids) and time.monotonic() < ends:
        some = ids[done : done + SLICE]
        async with here.transaction() as tx:
            facts = await trying_out.load(tx, here.org_id, some, since, until)
        await asyncio.to_thread(_add, tallies, facts, policies, since, until)
        done += len(some)
    return tallies, done


def _add(
    tallies: tuple[Tally, Tally],
    slice_: Sequence[Facts],
    policies: tuple[Policy, Policy],
    since: datetime,
    until: datetime,
) -> None:
    for facts in slice_:
        for tally, policy in zip(tallies, policies, strict=True):
            tally.add(live(facts, policy, since, until))


def _outlook(tried: Tried, people: dict[Id, str]) -> Outlook:
    weeks = SPAN.days / 7
    return Outlook(
        cases=tried.cases,
        opened=list(tried.opened),
        raised=tried.raised,
        texts_a_week=round(tried.texts / weeks, 1),
        emails_a_week=round(tried.emails / weeks, 1),
        tasks=[
            Load(owner_id=g.owner_id, owner_name=people.get(g.owner_id), a_week=round(g.tasks / weeks, 1))
            for g in tried.tasks
        ],
    )
