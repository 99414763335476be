"""The ladder of a case: timed messages to the family, and what in real life stops them (rules, section 3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.absence import running_total
from domain.cases import Case
from domain.deciding import Deciding
from domain.facts import Facts
from domain.notices import BOTH, guardian_at, notify
from domain.policy import Policy
from domain.sending import Channel, Purpose
from domain.state import State


def ladder_stop(case: Case, facts: Facts, now: datetime) -> str | None:
    """What ended the ladder since step 0: a reply, outreach, an attended session or a booked make-up; else None."""
    if case.stopped:
        return case.stopped
    if case.watch_since is not None:
        return "followed_up"
    since = case.ladder_since
    if any(o.flags.present and since < o.ends_at <= now for o in facts.outcomes):
        return "attended"
    if any(m.booked_at > since for m in facts.make_ups):
        return "make_up_booked"
    return None


def step_due(case: Case, step: int, policy: Policy, state: State) -> datetime:
    """When a ladder step is due: its wait after step 0, or the end of a claim that holds it."""
    due = case.ladder_since + policy.ladder[step - 1].after
    held = [t.claimed_until for t in state.tasks if t.case_id == case.id and t.claimed_until]
    return max([due, *held])


def take_step(d: Deciding, step: int) -> None:
    """Take a ladder step that has fallen due, unless its successor is due as well or real life ended the ladder."""
    case, policy = d.case, d.policy
    stop = ladder_stop(case, d.facts, d.now)
    if stop:
        d.because("ladder_ended", step=step, by=stop)
        d.put_case("ladder_ended", stopped=stop)
        return
    d.put_case("step", step=step)
    if step < len(policy.ladder) and step_due(case, step + 1, policy, d.state) <= d.now:
        d.because("overtaken", step=step)
        return
    d.because("ladder_step", step=step)
    tell_step(d, step)
    if policy.ladder[step - 1].same_day_task:
        due = d.facts.calendar.same_day(d.now)
        for task in d.state.tasks:
            if task.case_id == case.id and due < task.due_at:
                d.put_task(task.model_copy(update={"due_at": due}), "redated")


def total_of(d: Deciding, case: Case) -> tuple[int, int]:
    """The running total that messages of a case tell: missed, of so many."""
    enrollment = d.facts.enrollment(case.enrollment_id)
    window = d.window(enrollment, whole=True) if enrollment else None
    return running_total(window, d.policy) if window else (0, 0)


def tell_step(d: Deciding, step: int) -> None:
    """The concern message of a step: running total and coded answers, by SMS and e-mail together.

    Without a second guardian his step goes to the first by e-mail only.
    """
    case = d.case
    position = d.policy.ladder[step - 1].guardian if step else 1
    guardian = guardian_at(d, position)
    channels: tuple[Channel, ...] = BOTH
    if guardian is None and position > 1:
        guardian, channels = guardian_at(d, 1), (Channel.EMAIL,)
    missed, last = total_of(d, case)
    notify(
        d,
        Purpose.CONCERN,
        f"{case.id}:{case.openings}:{step}",
        guardian,
        d.policy.concern_useful_for,
        channels=channels,
        sms_delay=d.policy.settle_delay if step == 0 else timedelta(0),
        session_id=case.evidence[-1],
        case_id=case.id,
        enrollment_id=case.enrollment_id,
        numbers={"missed": missed, "last": last, "step": step},
        offers_replies=True,
        handling=d.policy.ladder[step - 1].handling if step else d.policy.first_concern,
    )
