"""What a family is told before it tells an absence ahead: the code it would be, and what it would take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from domain.facts import Enrollment, Facts
from domain.grace import late_in_term
from domain.outcomes import FLAGS, Code, Outcome, SessionKind, code_when_told
from domain.value import Id, Value


class Ahead(Value):
    """A session ahead that a student is expected in."""

    session_id: Id
    enrollment_id: Id
    starts_at: datetime
    ends_at: datetime


class Cost(Value):
    """What telling it now would mean. `units` are whole sessions; `spared`: late, and the term forgives it.

    `in_time_until` is the last moment at which it is in time; None for a group, where no moment matters.
    """

    session_id: Id
    code: Code
    units: int
    spared: bool = False
    in_time_until: datetime | None = None

    @property
    def late(self) -> bool:
        """True when the notice comes too late to be in time."""
        return self.code is Code.LATE_CANCELLED


def costs(facts: Facts, ahead: Iterable[Ahead], now: datetime) -> tuple[Cost, ...]:
    """What telling all of these now would take, each after those before it; of unknown enrollments nothing is said."""
    told = list(facts.outcomes)
    found = []
    for session in sorted(ahead, key=lambda a: (a.starts_at, a.session_id)):
        enrollment = facts.enrollment(session.enrollment_id)
        if enrollment is None:
            continue
        code = code_when_told(Code.CANCELLED_BY_STUDENT, enrollment.schedule, session.starts_at, now)
        with_it = [*told, _imagined(session, code, now)]
        price = enrollment.schedule.units_for(code)
        spared = code is Code.LATE_CANCELLED and not _one_more_is_charged(facts, enrollment, session, told, with_it)
        alone = enrollment.schedule.kind is SessionKind.ONE_TO_ONE
        found.append(
            Cost(
                session_id=session.session_id,
                code=code,
                units=0 if spared else price,
                spared=spared and price > 0,
                in_time_until=session.starts_at - enrollment.schedule.cancel_notice if alone else None,
            )
        )
        told = with_it
    return tuple(found)


def _one_more_is_charged(
    facts: Facts, enrollment: Enrollment, session: Ahead, before: Sequence[Outcome], after: Sequence[Outcome]
) -> bool:
    """Whether the term's late cancellations beyond its grace become one more, whichever of them is charged then."""
    free = facts.policy.grace_per_term

    def charged(outcomes: Sequence[Outcome]) -> int:
        late = late_in_term(outcomes, enrollment.id, enrollment.schedule.zone, facts.terms, session.starts_at)
        return max(0, len(late) - free)

    late = late_in_term(after, enrollment.id, enrollment.schedule.zone, facts.terms, session.starts_at)
    return not late or charged(after) > charged(before)


def _imagined(session: Ahead, code: Code, now: datetime) -> Outcome:
    return Outcome(
        id=session.session_id,
        session_id=session.session_id,
        enrollment_id=session.enrollment_id,
        code=code,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        received_at=now,
    )


def lasts_until(balance: int, units: int, starts: Sequence[datetime]) -> datetime | None:
    """The start of the last session ahead that the balance pays for; None while it pays for all that are known.

    `starts` are the sessions ahead in order, `units` what each takes.
    """
    paid = max(balance, 0) // units
    return starts[paid - 1] if 0 < paid < len(starts) else None


def in_a_row(codes: Iterable[Code]) -> int:
    """How many lessons the student was at in a row, the newest first; what took no place counts neither way."""
    number = 0
    for code in codes:
        if not FLAGS[code].takes_place:
            continue
        if not FLAGS[code].present:
            break
        number += 1
    return number
