"""The attendance sheet before it is saved: what each student is put down as, and what every choice would lead to.

Nothing is decided here. It tells beforehand what settling and the account would make of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.attendance import Presence, code_of
from domain.evidence import MARKABLE, EvidenceKind
from domain.outcomes import FLAGS, TOLD_AHEAD, Code, Hears, Schedule
from domain.session import CAME
from domain.session_facts import Expected, SessionFacts
from domain.settling import Room, Verdict, judge
from domain.value import Id, Value

USUAL = (Code.ATTENDED, Code.LATE, Code.NO_SHOW, Code.EXCUSED_ABSENCE, Code.TECHNICAL_FAILURE)
"""What a sheet offers for everybody."""


class Account(Value):
    """An enrollment's balance, and the units of it that the session takes as it stands."""

    balance: int = 0
    taken: int = 0


class Choice(Value):
    """One thing that can be put down. `code` None leaves what stands, which cannot be marked.

    `balance` is the one after saving. `hears` is what the family would be told anew; `all_clear`: that what it was told
    before is wrong.
    """

    code: Code | None
    balance: int
    hears: Hears = Hears.NOTHING
    all_clear: bool = False


class Seat(Value):
    """A student on the sheet. `put_down` is what is chosen at first, None for what stands or while he pauses."""

    student_id: Id
    put_down: Code | None
    stands: Code | None = None
    paused: bool = False
    marked: bool = False
    seen: Presence = Presence()
    late_minutes: int | None = None
    balance: int = 0
    choices: tuple[Choice, ...] = ()


def fill_in(facts: SessionFacts, schedule: Schedule, accounts: Mapping[Id, Account], now: datetime) -> tuple[Seat, ...]:
    """The sheet as it is opened: what stands, else what was marked, else what the classroom has seen, else attended."""
    room = Room(facts.timing.starts_at, facts.timing.ends_at, facts.evidence, facts.numbers)
    verdicts = judge(room, tuple(e.student_id for e in facts.expected))
    return tuple(
        _seat(e, v, room, facts, schedule, accounts.get(e.student_id, Account()), now)
        for e, v in zip(facts.expected, verdicts, strict=True)
    )


def _seat(
    e: Expected,
    verdict: Verdict,
    room: Room,
    facts: SessionFacts,
    schedule: Schedule,
    account: Account,
    now: datetime,
) -> Seat:
    stands = e.standing.code if e.standing and e.standing.code is not Code.SCHEDULED else None
    put_down = _put_down(e, stands, verdict, room, facts, now)
    unusual = put_down is not None and put_down not in USUAL
    kept = put_down is None or put_down not in MARKABLE
    codes: tuple[Code | None, ...] = (*USUAL, *([None] if kept else [put_down] if unusual else []))
    mark = room.newest(e.student_id, EvidenceKind.MARK)
    minutes = mark.late_minutes if mark and mark.code is Code.LATE else None
    return Seat(
        student_id=e.student_id,
        put_down=None if kept else put_down,
        stands=stands,
        paused=e.paused and stands is None,
        marked=verdict.is_mark,
        seen=verdict.presence,
        late_minutes=minutes or round(verdict.presence.late_minutes) or None,
        balance=account.balance,
        choices=tuple(_choice(c, stands, schedule, account) for c in codes),
    )


def _put_down(
    e: Expected, stands: Code | None, verdict: Verdict, room: Room, facts: SessionFacts, now: datetime
) -> Code | None:
    said_since = verdict.said_at is not None and (e.standing is None or verdict.said_at > e.standing.recorded_at)
    if verdict.is_mark and said_since:
        return verdict.code
    seen = _seen(verdict.presence, room, facts, now)
    if stands is not None:
        return seen if stands in TOLD_AHEAD and room.has_seen(e.student_id) and seen in CAME else stands
    if e.paused and not room.has_seen(e.student_id):
        return None
    return seen


def _seen(presence: Presence, room: Room, facts: SessionFacts, now: datetime) -> Code:
    """What the classroom's record says of a student. It is silent about one who may be somebody unknown in the room,
    and while the session runs about everything but coming late."""
    if not room.was_seen:
        return Code.ATTENDED
    code = code_of(presence, facts.numbers)
    if now < facts.timing.ends_at:
        late = presence.joined_at is not None and presence.late_minutes * 60 > facts.numbers.late_after.total_seconds()
        return Code.LATE if late else Code.ATTENDED
    return Code.ATTENDED if code is Code.NO_SHOW and room.strangers else code


def _choice(code: Code | None, stands: Code | None, schedule: Schedule, account: Account) -> Choice:
    if code is None or code is stands:
        return Choice(code=code, balance=account.balance)
    hears = FLAGS[code].hears if FLAGS[code].takes_place else Hears.NOTHING  # what is called off is told ahead only
    told = stands is not None and FLAGS[stands].hears is Hears.ABSENCE_NOTICE
    return Choice(
        code=code,
        balance=account.balance + account.taken - schedule.units_for(code),
        hears=hears,
        all_clear=told and hears is not Hears.ABSENCE_NOTICE,
    )
