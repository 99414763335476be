"""Watching whether a follow-up worked: recovered, or the task re-opens one tier up (rules, section 3)."""

from __future__ import annotations

from datetime import datetime

from domain.cases import CaseOutcome
from domain.deciding import Deciding
from domain.episodes import close_case, open_case_task
from domain.outcomes import Outcome
from domain.tasks import TaskKind


def _since(d: Deciding, at: datetime) -> list[Outcome]:
    enrollment = d.facts.enrollment(d.case.enrollment_id)
    return [o for o in d.window(enrollment, whole=True).places if o.ends_at > at] if enrollment else []


def watch(d: Deciding) -> None:
    """Close what has recovered; re-open what an unannounced miss shows has not."""
    held = _since(d, d.case.opened_at)
    row = held[-d.policy.recovered_in_row :]
    if len(row) == d.policy.recovered_in_row and all(o.flags.present for o in row):
        d.because("present_in_row", sessions=len(row))
        close_case(d, CaseOutcome.RECOVERED)
        return
    if d.case.watch_since is not None:
        _judge(d, d.case.watch_since)


def _judge(d: Deciding, began: datetime) -> None:
    """The next 3 sessions, or those of 14 days, tell whether the follow-up worked.

    An unannounced miss among them re-opens the task at once, one tier up. Where the watch ends with announced misses
    only, it is neither recovered nor worse: the task re-opens at its tier.
    """
    watched = _since(d, began)[: d.policy.watch_sessions]
    lasted = d.now - began
    if any(o.is_unannounced for o in watched):
        d.because("missed_in_watch", sessions=len(watched))
        resume(d, d.case.tier + 1)
    elif not watched and lasted >= d.policy.watch_waits_for:
        d.because("no_sessions_held", days=d.policy.watch_waits_for.days)
        resume(d, d.case.tier, TaskKind.NO_SESSIONS_HELD)
    elif len(watched) < d.policy.watch_sessions and (not watched or lasted < d.policy.watch_for):
        return
    elif any(o.is_miss for o in watched):
        d.because("watch_unclear", sessions=len(watched))
        resume(d, d.case.tier)
    else:
        d.because("no_miss_in_watch", sessions=len(watched))
        close_case(d, CaseOutcome.RECOVERED)


def resume(d: Deciding, tier: int, kind: TaskKind = TaskKind.FOLLOW_UP) -> None:
    """The watch gives the case back to people: a task opens at that tier; above 3 it goes to the lead."""
    d.put_case("resumed", tier=min(tier, 3), watch_since=None)
    anew = tuple(s for s in d.state.skipped if d.case.id not in s.step)
    d.remember(follow_up_since=d.now, skipped=anew)
    open_case_task(d, kind, to_lead=tier > 3)
