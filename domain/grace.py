"""Grace: in each term the first late cancellations of an enrollment are not charged (rules, section 1).

Which ones is computed from the outcomes each time and never stored, so the order in which they are told cannot matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from domain.outcomes import Code, Outcome
from domain.value import Id, Value
from domain.working_time import local


class Term(Value):
    """A part of the year, in local dates; both ends belong to it."""

    id: Id
    starts_on: date
    ends_on: date


def term_at(at: datetime, zone: str, terms: Iterable[Term]) -> Term | None:
    """The term on whose days the instant falls in that zone; of several the innermost, which began last."""
    day = local(at, zone).date()
    around = [t for t in terms if t.starts_on <= day <= t.ends_on]
    return max(around, key=lambda t: (t.starts_on, -t.ends_on.toordinal(), t.id), default=None)


def late_in_term(
    outcomes: Iterable[Outcome], enrollment_id: Id, zone: str, terms: Sequence[Term], at: datetime
) -> tuple[Outcome, ...]:
    """The enrollment's late cancellations in the term around an instant, the earliest start first; none without it."""
    term = term_at(at, zone, terms)
    if term is None:
        return ()
    late = (o for o in outcomes if o.enrollment_id == enrollment_id and o.code is Code.LATE_CANCELLED)
    within = (o for o in late if term_at(o.starts_at, zone, terms) == term)
    return tuple(sorted(within, key=lambda o: (o.starts_at, o.session_id)))
