"""Make-up credits: a session we called off may be made up, for a while (rules, section 1: the column make-up).

Credits are computed from outcomes and booked make-ups each time and never stored, so a correction undoes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from domain.outcomes import FLAGS, Code
from domain.policy import Policy
from domain.value import Id, Value


class CreditState(StrEnum):
    """Where a credit stands. `not_granted`: it was earned while as many were open as there may be."""

    AVAILABLE = "available"
    PENDING = "pending"
    USED = "used"
    EXPIRED = "expired"
    NOT_GRANTED = "not_granted"


class CalledOff(Value):
    """A session of the student's whose outcome earns a make-up."""

    session_id: Id
    enrollment_id: Id
    code: Code
    starts_at: datetime


class BookedMakeUp(Value):
    """A make-up session booked for another; `code` is its own outcome, None while it has none."""

    session_id: Id
    made_up_for: Id
    starts_at: datetime
    code: Code | None = None

    @property
    def is_pending(self) -> bool:
        """It has still to take place."""
        return self.code in (None, Code.SCHEDULED)

    @property
    def uses_credit(self) -> bool:
        """It was delivered or missed, or called off by us, which earns a credit of its own.

        Cancelled in time, or lost to a technical failure, it gives the credit back.
        """
        if self.code is None:
            return False
        flags = FLAGS[self.code]
        return flags.delivered or flags.unannounced or flags.earns_make_up


class Credit(Value):
    """The right to one make-up for a called-off session, until `expires_at`. `make_up_id` pends or has used it."""

    called_off: CalledOff
    expires_at: datetime
    state: CreditState
    make_up_id: Id | None = None


def credits_of(
    called_off: Iterable[CalledOff], booked: Iterable[BookedMakeUp], policy: Policy, now: datetime
) -> tuple[Credit, ...]:
    """Every credit of one student, the earliest called-off session first.

    A credit is earned at the start of the called-off session. At most `policy.make_ups_open` are open (available or
    pending) at a time; one earned beyond that is not granted. What is booked keeps its credit.
    """
    by_session: dict[Id, list[BookedMakeUp]] = {}
    for make_up in booked:
        by_session.setdefault(make_up.made_up_for, []).append(make_up)
    first = sorted(called_off, key=lambda c: (c.starts_at, c.session_id))
    found = {c.session_id: _alone(c, by_session.get(c.session_id, ()), policy, now) for c in first}
    granted = [c for c in found.values() if c.make_up_id is not None]
    starts = {m.session_id: m.starts_at for makes in by_session.values() for m in makes}
    for credit in found.values():
        if credit.make_up_id is not None:
            continue
        earned_at = credit.called_off.starts_at
        if sum(_open_at(c, earned_at, starts) for c in granted) < policy.make_ups_open:
            granted.append(credit)
        else:
            not_granted = {"state": CreditState.NOT_GRANTED}
            found[credit.called_off.session_id] = credit.model_copy(update=not_granted)
    return tuple(found.values())


def _alone(called_off: CalledOff, mine: Sequence[BookedMakeUp], policy: Policy, now: datetime) -> Credit:
    """The credit as if there were no other."""
    ordered = sorted(mine, key=lambda m: (m.starts_at, m.session_id))
    used = next((m for m in ordered if m.uses_credit), None)
    pending = next((m for m in ordered if m.is_pending), None)
    expires_at = called_off.starts_at + policy.make_up_valid_for
    if used:
        state = CreditState.USED
    elif pending:
        state = CreditState.PENDING
    else:
        state = CreditState.EXPIRED if expires_at <= now else CreditState.AVAILABLE
    make_up = used or pending
    return Credit(
        called_off=called_off, expires_at=expires_at, state=state, make_up_id=make_up.session_id if make_up else None
    )


def _open_at(credit: Credit, at: datetime, starts: dict[Id, datetime]) -> bool:
    """True if the credit was earned by then, and neither used nor expired."""
    if credit.make_up_id is None:
        return credit.called_off.starts_at <= at < credit.expires_at
    if credit.state is CreditState.USED:
        return credit.called_off.starts_at <= at < starts[credit.make_up_id]
    return True


def why_not(credit: Credit | None, starts_at: datetime, policy: Policy) -> str | None:
    """Why a make-up starting then cannot be booked on the credit, and what to do; None when it can."""
    if credit is None:
        return "the session was called off, and no outcome of this student earns a make-up for it; check the student"
    until = f"{credit.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    if credit.state is CreditState.AVAILABLE:
        late = starts_at >= credit.expires_at
        return f"the credit for this session expires at {until}; choose an earlier time" if late else None
    return {
        CreditState.PENDING: "a make-up for this session is booked already; call that one off first",
        CreditState.USED: "the make-up for this session was held or missed already; book an ordinary session",
        CreditState.EXPIRED: f"the credit for this session expired at {until}; book an ordinary session",
        CreditState.NOT_GRANTED: not_granted(policy),
    }[credit.state]


def not_granted(policy: Policy) -> str:
    """Why a credit was not granted, and what to do."""
    return f"a student has at most {policy.make_ups_open} make-ups open at a time; book an ordinary session"
