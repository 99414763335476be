"""Alarms: reading the windows after each change, and what a fired rule starts (rules, section 3)."""

from __future__ import annotations

from datetime import datetime

from domain.absence import Fired, evaluate, is_tier_1
from domain.cases import NO_GROUND, Case, CaseOutcome
from domain.deciding import Deciding
from domain.episodes import close_case, open_case, raise_tier
from domain.facts import Enrollment
from domain.outcomes import Outcome
from domain.state import FiredRule
from domain.tasks import Task, TaskKind, TaskStatus, task_id
from domain.value import Id
from domain.watch import resume, watch


def look(d: Deciding, cause: Outcome | None = None) -> None:
    """Read the windows after a change: an outcome, a correction, or a session's end.

    Every rule is read at the newest session of each window and fires once there. `cause` is the outcome that changed;
    its own enrollment is read first, then the one with the latest session. An imported backfill opens nothing, nor
    does anything while the student pauses or has left.
    """
    if cause is not None and cause.is_backfill and cause.imported:
        return
    since = d.state.seen_until
    d.remember(seen_until=max(d.now, since or d.now))
    if d.pause_at(d.now) or d.state.withdrawn:
        return
    ended = [o for o in d.facts.outcomes if o.flags.takes_place and o.ends_at <= d.now]
    new = {o.session_id for o in ended if since is None or o.ends_at > since}
    fresh = new | ({cause.session_id} if cause else set())
    for outcome in ended:
        if outcome.session_id in fresh:
            _welcome_call(d, outcome)
    for enrollment, newest in _by_newest(d, cause):
        backfill = cause is not None and cause.is_backfill
        silent = backfill and (newest.is_backfill or newest.session_id not in new)
        _read(d, enrollment, newest, is_fresh=newest.session_id in fresh, silent=silent)
    if d.state.case:
        watch(d)


def _by_newest(d: Deciding, cause: Outcome | None) -> list[tuple[Enrollment, Outcome]]:
    """The enrollments with the newest session of each window, in the order in which they are read."""
    found = [(e, newest) for e in d.facts.enrollments if (newest := d.window(e).newest)]
    latest_first = sorted(found, key=lambda f: (f[1].ends_at, f[0].id), reverse=True)
    return sorted(latest_first, key=lambda f: cause is None or f[0].id != cause.enrollment_id)


def _read(d: Deciding, enrollment: Enrollment, newest: Outcome, *, is_fresh: bool, silent: bool) -> None:
    reach = d.policy.backfill_fires_within if silent else d.policy.fires_within
    if not newest.is_miss or d.now - newest.ends_at > reach:
        return
    if is_fresh and not (d.state.case and newest.session_id in d.case.evidence):
        _further_miss(d, newest)
    known = {(f.rule, f.session_id) for f in d.state.fired}
    others = [(o, e.schedule.zone) for e in d.facts.enrollments if e.id != enrollment.id for o in d.window(e).places]
    found = evaluate(d.window(enrollment), d.policy, others)
    fired = [f for f in found if (f.rule, f.session_id) not in known]
    for f in fired:
        counted = " ".join(f.sessions)
        d.because(f.rule, tier=f.tier, session=f.session_id, sessions=counted, limit=f.limit, **f.numbers)
    d.remember(
        fired=tuple(f for f in d.state.fired if d.now - f.at <= d.policy.backfill_fires_within * 2)
        + tuple(FiredRule(rule=f.rule, session_id=f.session_id, at=d.now) for f in fired)
    )
    _act_on(d, enrollment, newest, fired, silent=silent)


def _further_miss(d: Deciding, newest: Outcome) -> None:
    """A new miss wakes what was put off; with a case open it is evidence."""
    for task in d.state.tasks:
        if task.status is TaskStatus.SNOOZED:
            d.put_task(task.woken(d.now), "woken")
    if d.state.case:
        d.because("further_miss", case=d.case.id)
        d.put_case("evidence", evidence=(*d.case.evidence, newest.session_id))


def _act_on(d: Deciding, enrollment: Enrollment, newest: Outcome, fired: list[Fired], *, silent: bool) -> None:
    """A case opens, opens again, or rises; one that is being watched resumes if another enrollment alarms.

    (In the watched enrollment itself the watch judges.)
    """
    top = max(fired, key=lambda f: f.tier, default=None)
    last = d.state.last_case
    if d.state.case:
        if top and d.case.watch_since and enrollment.id != d.case.enrollment_id:
            resume(d, max(top.tier, d.case.tier))
        elif top and top.tier > d.case.tier and d.case.watch_since is None:
            raise_tier(d, top.tier)
    elif last and last.closed_at and _may_reopen(d, last, last.closed_at, newest):
        d.because("missed_after_closing", days=(newest.ends_at - last.closed_at).days)
        tier = max(last.tier, top.tier if top else 0)
        open_case(d, last, enrollment, (newest.session_id,), silent=silent, rule="missed_after_closing", tier=tier)
    elif top:
        open_case(d, None, enrollment, _evidence(d, enrollment, fired), silent=silent, rule=top.rule, tier=top.tier)


def _may_reopen(d: Deciding, last: Case, closed_at: datetime, newest: Outcome) -> bool:
    soon = closed_at < newest.ends_at <= closed_at + d.policy.reopens_within
    return soon and newest.is_unannounced and last.outcome not in NO_GROUND


def _evidence(d: Deciding, enrollment: Enrollment, fired: list[Fired]) -> tuple[Id, ...]:
    """The misses that count for a new case: those of its window, and what another enrollment added; newest last."""
    elsewhere = dict.fromkeys(f.elsewhere for f in fired if f.elsewhere)
    last = d.window(enrollment).places[-d.policy.urgent_of_last :]
    return (*elsewhere, *(o.session_id for o in last if o.is_miss))


def _welcome_call(d: Deciding, outcome: Outcome) -> None:
    """A missed first session is a call the same day, before it is anything else."""
    enrollment = d.facts.enrollment(outcome.enrollment_id)
    first = outcome.session_id == d.facts.first_session_id and is_tier_1(outcome)
    late = d.now - outcome.ends_at > d.policy.fires_within
    if not first or late or outcome.is_backfill or enrollment is None or enrollment.imported:
        return
    if d.state.case or any(f.rule == "first_session" for f in d.state.fired):
        return
    d.because("first_session_missed", session=outcome.session_id)
    d.remember(fired=(*d.state.fired, FiredRule(rule="first_session", session_id=outcome.session_id, at=d.now)))
    d.put_task(
        Task(
            id=task_id(TaskKind.WELCOME_CALL, outcome.id, outcome.version),
            kind=TaskKind.WELCOME_CALL,
            owner_id=enrollment.coordinator_id,
            session_id=outcome.session_id,
            enrollment_id=enrollment.id,
            opened_at=d.now,
            due_at=d.facts.calendar.same_day(d.now),
        ),
        "opened",
    )


def recheck_ground(d: Deciding, corrected: Outcome) -> None:
    """After a correction: tasks and a case that no longer have a ground are closed as false alarms.

    The rules that had fired on them may fire again, should the outcome be corrected back. A case that had closed as
    recovered opens again when the attendance it closed on turns out to be an unannounced miss.
    """
    for task in d.state.tasks:
        joined = task.case_id is not None
        mine = task.kind is TaskKind.WELCOME_CALL and task.session_id == corrected.session_id
        if mine and not joined and not is_tier_1(corrected):
            done = {"status": TaskStatus.CORRECTED, "finished_at": d.now, "reason": "corrected"}
            d.put_task(task.model_copy(update=done), "corrected")
    if not is_tier_1(corrected):
        _forget_fired(d, (corrected.session_id,))
    if d.state.case is None:
        _recovered_by_mistake(d, corrected)
        return
    if corrected.session_id not in d.case.evidence:
        return
    kept = tuple(s for s in d.case.evidence if s != corrected.session_id or corrected.is_miss)
    if _has_ground(d, kept):
        d.put_case("evidence", evidence=kept)
    else:
        d.because("no_ground_left", session=corrected.session_id)
        _forget_fired(d, d.case.evidence)
        close_case(d, CaseOutcome.FALSE_ALARM, status=TaskStatus.CORRECTED)


def _forget_fired(d: Deciding, session_ids: tuple[Id, ...]) -> None:
    d.remember(fired=tuple(f for f in d.state.fired if f.session_id not in session_ids))


def _recovered_by_mistake(d: Deciding, corrected: Outcome) -> None:
    last, enrollment = d.state.last_case, d.facts.enrollment(corrected.enrollment_id)
    if enrollment is None or last is None or last.closed_at is None or last.outcome is not CaseOutcome.RECOVERED:
        return
    counted = last.opened_at < corrected.ends_at <= last.closed_at
    if counted and corrected.is_unannounced and d.now - last.closed_at <= d.policy.reopens_within:
        d.because("not_recovered", session=corrected.session_id)
        d.remember(counts_since=last.windows_since)
        evidence = (*last.evidence, corrected.session_id)
        open_case(d, last, enrollment, evidence, silent=corrected.is_backfill, rule=last.rule, tier=last.tier)


def _has_ground(d: Deciding, evidence: tuple[Id, ...]) -> bool:
    windows = [(e, d.window(e)) for e in d.facts.enrollments]
    for enrollment, window in windows:
        others = [(o, e.schedule.zone) for e, w in windows if e.id != enrollment.id for o in w.places]
        for session_id in evidence:
            upto = window.up_to(session_id)
            if not upto.places:
                continue
            if evaluate(upto, d.policy, others):
                return True
            if d.case.openings > 1 and upto.newest and upto.newest.is_unannounced:
                return True
    return False
