"""The account of an enrollment: what outcomes charge, what grace spares, top-ups, adjustments, low balance alerts."""

from __future__ import annotations

from domain.balance import WAIVER, EntryKind, alert_due, entry, low_level, settle
from domain.deciding import Deciding
from domain.effects import PostEntry
from domain.events import Adjusted, ChargeWaived, ToppedUp
from domain.facts import Enrollment
from domain.follow_up import finish
from domain.grace import late_in_term
from domain.outcomes import Code, Outcome
from domain.tasks import Task, TaskKind, TaskStatus, task_id


def charge(d: Deciding, outcome: Outcome, enrollment: Enrollment, *, anew: bool) -> int:
    """Make the book agree with the outcome, and with those whose grace it changes; returns the units it takes in all.

    `anew`: nothing stood for the session, whatever its version is. Corrections fire no alert.
    """
    late = _late_with(d, outcome, enrollment)
    spared = {o.id for o in late[: d.facts.policy.grace_per_term]}
    price = enrollment.schedule.units_for(outcome.code)
    units = 0 if outcome.id in spared else price
    if units < price:
        d.because("graced", session=outcome.session_id)
    posted = _post(d, outcome, units)
    if posted:
        d.because("charged" if units else "credited_back", units=units or posted)
    moved = 0
    for other in late:
        if other.id != outcome.id:
            moved -= _move_grace(d, other, 0 if other.id in spared else enrollment.schedule.units_for(other.code))
    after = d.facts.enrollment(enrollment.id)
    quiet = (outcome.version > 1 and not anew) or (outcome.is_backfill and outcome.imported)
    if after and after.balance < enrollment.balance and not quiet and not d.state.withdrawn:
        _alert(d, after, before=enrollment.balance)
    return max(units + moved, 0)


def _late_with(d: Deciding, outcome: Outcome, enrollment: Enrollment) -> tuple[Outcome, ...]:
    """The late cancellations of the outcome's term, if it is, or may have been, one of them."""
    if outcome.code is not Code.LATE_CANCELLED and outcome.version == 1:
        return ()
    return late_in_term(d.facts.outcomes, enrollment.id, enrollment.schedule.zone, d.facts.terms, outcome.starts_at)


def _post(d: Deciding, outcome: Outcome, units: int) -> int:
    """Post what is missing in the book; returns the sum of the lines."""
    lines = settle(outcome, units, d.facts.entries, d.now)
    for line in lines:
        d.do(PostEntry(entry=line))
    return sum(line.units for line in lines)


def _move_grace(d: Deciding, other: Outcome, units: int) -> int:
    """Another late cancellation of the term gains or loses its grace; returns the sum of the lines."""
    posted = _post(d, other, units)
    if posted > 0:
        d.because("graced", session=other.session_id)
    elif posted < 0:
        d.because("grace_moved", session=other.session_id, units=units)
    return posted


def _alert(d: Deciding, enrollment: Enrollment, before: int) -> None:
    """Low balance: once per package, and once more at 0, a task for the enrollment's coordinator."""
    if enrollment.last_top_up is None:
        return
    level = low_level(d.facts.policy, enrollment.schedule, enrollment.last_top_up, enrollment.upcoming)
    flags = d.state.alerts_of(enrollment.id)
    due = alert_due(flags, level, before, enrollment.balance)
    if due is None:
        return
    d.because("balance_" + due, balance=enrollment.balance, level=level)
    _flag(d, enrollment, low=True, empty=flags.empty or due == "empty")
    waiting = next(
        (t for t in d.state.tasks if t.kind is TaskKind.LOW_BALANCE and t.enrollment_id == enrollment.id), None
    )
    due_at = d.facts.calendar.same_day(d.now) if due == "empty" else d.facts.calendar.one_business_day(d.now)
    if waiting:
        d.put_task(waiting.model_copy(update={"due_at": min(waiting.due_at, due_at)}), "redated")
        return
    d.put_task(
        Task(
            id=task_id(TaskKind.LOW_BALANCE, enrollment.id, d.now.isoformat(), due),
            kind=TaskKind.LOW_BALANCE,
            owner_id=enrollment.coordinator_id,
            enrollment_id=enrollment.id,
            opened_at=d.now,
            due_at=due_at,
        ),
        "opened",
    )


def _flag(d: Deciding, enrollment: Enrollment, *, low: bool, empty: bool) -> None:
    flags = d.state.alerts_of(enrollment.id).model_copy(update={"low": low, "empty": empty})
    d.remember(alerts=(*(a for a in d.state.alerts if a.enrollment_id != enrollment.id), flags))


def act_on_balance(d: Deciding, act: ToppedUp | Adjusted | ChargeWaived) -> None:
    """Units were bought, corrected by hand, or given back."""
    match act:
        case ToppedUp():
            _topped_up(d, act)
        case Adjusted():
            _adjusted(d, act)
        case ChargeWaived():
            _waived(d, act)


def _topped_up(d: Deciding, act: ToppedUp) -> None:
    """Units were bought: an entry; above the level it arms the alerts anew and settles the task."""
    if d.facts.enrollment(act.enrollment_id) is None:
        d.refuse("enrollment_unknown")
        return
    key = f"top_up:{act.act_id}"
    line = entry(EntryKind.TOP_UP, key, act.enrollment_id, act.units, d.now, by=act.by, reason_id=act.reason_id)
    if _booked(d, key):
        return
    d.do(PostEntry(entry=line))
    enrollment = d.facts.enrollment(act.enrollment_id)
    if enrollment is None:
        return
    d.because("topped_up", units=act.units, balance=enrollment.balance)
    if enrollment.balance > low_level(d.facts.policy, enrollment.schedule, act.units, enrollment.upcoming):
        _flag(d, enrollment, low=False, empty=False)
        for task in d.state.tasks:
            if task.kind is TaskKind.LOW_BALANCE and task.enrollment_id == enrollment.id:
                finish(d, task, TaskStatus.CLOSED, None, reason="topped_up")


def _adjusted(d: Deciding, act: Adjusted) -> None:
    """Units were corrected by hand: an entry, and nothing else."""
    if d.facts.enrollment(act.enrollment_id) is None or act.units == 0:
        d.refuse("enrollment_unknown" if act.units else "nothing_to_adjust")
        return
    key = f"adjust:{act.act_id}"
    if _booked(d, key):
        return
    d.do(
        PostEntry(
            entry=entry(EntryKind.ADJUST, key, act.enrollment_id, act.units, d.now, by=act.by, reason_id=act.reason_id)
        )
    )
    d.because("adjusted", units=act.units)


def _waived(d: Deciding, act: ChargeWaived) -> None:
    """What an outcome was charged is taken back by a reversing entry, once. It fires no alert and re-arms none."""
    outcome = d.facts.outcome(act.outcome_id)
    mine = [e for e in d.facts.entries if outcome and e.outcome_id == outcome.id]
    undone = {e.reverses for e in mine}
    live = next((e for e in mine if e.kind is EntryKind.CONSUME and e.id not in undone), None)
    if outcome is None or live is None:
        d.refuse("waived_already" if any(e.is_waiver for e in mine) else "nothing_to_waive")
        return
    of_outcome = {"outcome_id": outcome.id, "outcome_version": live.outcome_version, "reverses": live.id}
    named = of_outcome | {"by": act.by, "reason_id": act.reason_id}
    line = entry(EntryKind.REVERSE, f"{WAIVER}{live.id}", live.enrollment_id, -live.units, d.now, **named)
    d.do(PostEntry(entry=line))
    d.because("charge_waived", by=act.by, session=outcome.session_id, units=-live.units)


def _booked(d: Deciding, key: str) -> bool:
    booked = any(e.key == key for e in d.facts.entries)
    if booked:
        d.because("booked_already")
    return booked
