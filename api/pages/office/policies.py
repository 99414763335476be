"""The numbers of the follow-up: which stand, in which version; changed in a form, tried, looked at, and published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from api.pages.forms import Filled, sent
from api.pages.office import policy_lines
from api.pages.office.policy_numbers import GROUPS, HANDLINGS
from api.pages.office.runs import RULES
from api.pages.rendering import render
from api.pages.saying import go
from api.pages.shell import staff_pages
from api.pages.visiting import Lead
from api.policies import Policies, Published, list_policies, publish_policy
from api.policy_trials import Outlook, Trial, try_policy
from db import audit_log, pages_policies
from domain.explaining import code_in_words
from domain.policy import Policy
from domain.refusals import Conflict, NotFound

router = staff_pages()
HOME = "/admin/policies"
OVERTAKEN = "Somebody published version {} in the meantime. Look at what differs from it, and publish again."


@dataclass(frozen=True)
class Bar:
    """A number of a trial under the policy in force and under the new one, and the most its bars are drawn for."""

    words: str
    now: float
    new: float
    most: float


def _version(found: Policies, version: int) -> Published:
    """One version. Raises NotFound."""
    for one in found.items:
        if one.version == version:
            return one
    raise NotFound("policy_unknown", "There is no such version of the policy.")


@router.get(HOME)
async def versions(request: Request, here: Lead) -> Response:
    """Every version, what it changed, and which one stands."""
    found = (await list_policies(here)).items
    async with here.transaction() as tx:
        names = await audit_log.called(tx, here.org_id, [p.published_by for p in found], here.zone)
        kept = await pages_policies.open_cases(tx, here.org_id)
    changed = {new.version: policy_lines.changes(old.policy, new.policy) for new, old in pairwise(found)}
    return render(request, "rules/page.html", versions=found, changed=changed, names=names, kept=kept)


@router.get(f"{HOME}/new")
async def new(request: Request, here: Lead, like: int | None = None) -> Response:
    """The form, with the numbers in force or those of an older version."""
    found = await list_policies(here)
    return _form(request, found, policy_lines.as_filled((_version(found, like) if like else found.items[0]).policy))


def _form(request: Request, found: Policies, filled: Filled, status: int = 200) -> Response:
    return render(
        request,
        "rules/edit.html",
        status=status,
        filled=filled,
        groups=GROUPS,
        handlings=HANDLINGS,
        rows=policy_lines.rows(filled),
        comes_as=policy_lines.as_filled(Policy()).values,
        newest=found.items[0],
    )


@router.post(f"{HOME}/new")
async def look_or_publish(request: Request, here: Lead) -> Response:
    """Look at what the numbers of the form change, and try them; go back to them; or publish what was shown."""
    filled, found = await sent(request), await list_policies(here)
    asked, verb = policy_lines.asked(filled), filled.values["verb"]
    if asked is None:
        return _form(request, found, filled, 422)
    if verb == "edit":
        return _form(request, found, filled)
    if verb != "publish":
        return _review(request, found, filled, asked, await try_policy(here, asked) if verb == "try" else None)
    newest = found.items[0].version
    if filled.values["base"] != str(newest):
        return _review(request, found, filled, asked, problem=OVERTAKEN.format(newest))
    try:
        await publish_policy(here, asked, Response())
    except Conflict as why:
        return _review(request, await list_policies(here), filled, asked, problem=why.detail)
    return go(HOME, "policy_published")


def _review(
    request: Request,
    found: Policies,
    filled: Filled,
    asked: Policy,
    trial: Trial | None = None,
    *,
    problem: str | None = None,
) -> Response:
    """What differs from the version in force; what it would have done comes apart, or with it once it is tried."""
    newest = found.items[0]
    return render(
        request,
        "rules/review.html",
        status=409 if problem else 200,
        values={k: v for k, v in filled.values.items() if v and k not in ("verb", "base")},
        newest=newest,
        changes=policy_lines.changes(newest.policy, asked),
        trial=trial,
        bars=_bars(trial) if trial else (),
        problem=problem,
    )


@router.post(f"{HOME}/trial")
async def tried(request: Request, here: Lead) -> Response:
    """What the numbers of the form would have done, drawn alone; seconds in a large school."""
    asked = policy_lines.asked(await sent(request))
    trial = await try_policy(here, asked) if asked else None
    return render(request, "rules/_trial.html", trial=trial, bars=_bars(trial) if trial else ())


def _bars(trial: Trial) -> list[tuple[str, list[Bar]]]:
    """What a trial counted, in parts that are drawn to one measure each."""
    now, new = trial.in_force, trial.proposed
    rules: dict[tuple[int, str], Any] = {(o.tier, o.rule): None for side in (now, new) for o in side.opened}
    owners = {t.owner_id: t.owner_name or "somebody" for side in (now, new) for t in side.tasks}
    opened = [(f"{RULES.get(r, code_in_words(r))}, tier {t}", _of(now, t, r), _of(new, t, r)) for t, r in sorted(rules)]
    raised = [("Raised to tier 3 later", now.raised, new.raised)] if now.raised or new.raised else []
    cases = [("All", now.cases, new.cases), *opened, *raised]
    sent_out = [("Texts", now.texts_a_week, new.texts_a_week), ("E-mails", now.emails_a_week, new.emails_a_week)]
    given = [(name, _load(now, i), _load(new, i)) for i, name in owners.items()]
    parts = (("Cases in these 90 days", cases), ("Messages a week", sent_out), ("Follow-ups a week", given))
    return [(words, _measured(lines)) for words, lines in parts]


def _measured(lines: Sequence[tuple[str, float, float]]) -> list[Bar]:
    most = max((max(now, new) for _, now, new in lines), default=0) or 1
    return [Bar(words, now, new, most) for words, now, new in lines]


def _of(side: Outlook, tier: int, rule: str) -> int:
    return sum(o.cases for o in side.opened if (o.tier, o.rule) == (tier, rule))


def _load(side: Outlook, owner_id: str) -> float:
    return sum(t.a_week for t in side.tasks if t.owner_id == owner_id)


@router.get(f"{HOME}/{{version}}")
async def one(request: Request, here: Lead, version: int) -> Response:
    """All numbers of a version."""
    found = await list_policies(here)
    made = _version(found, version)
    before = next((p for p in found.items if p.version < version), None)
    async with here.transaction() as tx:
        names = await audit_log.called(tx, here.org_id, [made.published_by], here.zone)
    return render(
        request,
        "rules/version.html",
        made=made,
        names=names,
        newest=found.items[0].version,
        changed={c.number.key: c for c in policy_lines.changes(before.policy, made.policy)} if before else {},
        groups=GROUPS,
        shown={
            n.key: policy_lines.said(policy_lines.value_of(made.policy, n.key), n) for g in GROUPS for n in g.numbers
        },
    )
