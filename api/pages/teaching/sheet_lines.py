"""A sheet as it is drawn and read: its lines, what each choice costs in words, and the marks a form brings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from api.marks import MarkIn
from api.pages.forms import Filled
from api.pages.pictures import MARKS
from db.pages_sheet import Opened
from domain.explaining import code_in_words
from domain.outcomes import Code, Hears
from domain.plain_words import capital, counted
from domain.policy import Handling
from domain.session_facts import SessionFacts
from domain.sheet import Choice, Seat, fill_in

AS_IT_STANDS = "as_is"
LABELS: Mapping[str, tuple[str, str, str, str]] = {
    # words, icon, tone, the class of what it leads to
    Code.ATTENDED: ("There", "check", "t-ok", "if-attended"),
    Code.LATE: ("Late", "clock", "t-late", "if-late"),
    Code.NO_SHOW: ("Missed", "x", "t-bad", "if-no-show"),
    Code.EXCUSED_ABSENCE: ("Excused", "ring", "", "if-excused"),
    Code.TECHNICAL_FAILURE: ("Tech fault", "slash", "", "if-technical"),
}
BACK_AFTER = 2
"""So many misses in a row are worth a word when somebody is back."""


@dataclass(frozen=True)
class Pick:
    """One choice as it is drawn. `number` is the digit that chooses it, `tells` what the family would hear."""

    value: str
    words: str
    icon: str
    tone: str
    shows: str
    number: int
    cost: str
    tells: str
    is_loud: bool


@dataclass(frozen=True)
class Line:
    """A student on the sheet."""

    seat: Seat
    name: str
    codes: Sequence[str]
    badges: Sequence[tuple[str, str, str]]
    picks: Sequence[Pick]
    chosen: str
    minutes: str


def lines(opened: Opened, filled: Filled | None, now: datetime, *, everybody: bool = False) -> list[Line]:
    """The lines of a sheet; `filled` is what was sent before, `everybody` puts down all who are awaited as there."""
    seats = fill_in(opened.facts, opened.schedule, opened.accounts, now)
    has_begun = now >= opened.lesson.starts_at
    return [_line(seat, opened, filled, everybody=everybody, has_begun=has_begun) for seat in seats]


def _line(seat: Seat, opened: Opened, filled: Filled | None, *, everybody: bool, has_begun: bool) -> Line:
    person = opened.people[seat.student_id]
    codes = opened.strips.get(seat.student_id, ())
    awaited = seat.put_down not in (None, Code.EXCUSED_ABSENCE)
    put_down = Code.ATTENDED if everybody and awaited else seat.put_down
    chosen, minutes = put_down.value if put_down else AS_IT_STANDS, str(seat.late_minutes or "")
    if filled is not None and filled.values[f"o-{seat.student_id}"]:
        chosen = filled.values[f"o-{seat.student_id}"]
        minutes = filled.values[f"m-{seat.student_id}"]
    handling = opened.facts.policy.notice
    return Line(
        seat,
        person.name,
        codes,
        _badges(seat, codes, tier=person.tier, is_low=person.is_low, has_begun=has_begun),
        [_pick(c, i, seat, handling) for i, c in enumerate(seat.choices, start=1)],
        chosen,
        minutes,
    )


def _badges(
    seat: Seat, codes: Sequence[str], *, tier: int | None, is_low: bool, has_begun: bool
) -> list[tuple[str, str, str]]:
    before = [c for c in codes if c in MARKS][: -1 if has_begun and seat.stands in MARKS else None]
    missed = next(
        (i for i, c in enumerate(reversed(before)) if c not in (Code.NO_SHOW, Code.LATE_CANCELLED)), len(before)
    )
    here = has_begun and seat.put_down in (Code.ATTENDED, Code.LATE, Code.LEFT_EARLY)
    found = []
    if seat.paused:
        found.append(("Paused", "moon", ""))
    if missed >= BACK_AFTER:
        found.append((f"Back after missing {missed}" if here else f"Missed the last {missed}", "alert", "now"))
    elif tier:
        found.append(("The office follows up", "alert", "now"))
    if is_low:
        found.append(("Low balance", "alert", "late"))
    return found


def _pick(choice: Choice, number: int, seat: Seat, handling: Handling) -> Pick:
    words, icon, tone, shows = (
        LABELS.get(choice.code, (capital(code_in_words(choice.code)), "clock", "t-late", "if-other"))
        if choice.code
        else (_as_it_stands(seat), "check", "", "if-other")
    )
    cost = f"{capital(left_in_words(seat.balance))}, {_after(choice.balance, seat.balance)}"
    tells, is_loud = "", False
    if choice.hears is Hears.ABSENCE_NOTICE:
        is_loud = True
        tells = "The family is told" if handling == "send" else "The office checks the notice to the family first"
    elif choice.all_clear:
        tells = "A notice the family got is taken back"
    elif choice.hears is Hears.CANCELLATION_CONFIRMATION:
        tells = "The family gets a confirmation by e-mail"
    return Pick(
        choice.code.value if choice.code else AS_IT_STANDS, words, icon, tone, shows, number, cost, tells, is_loud
    )


def left_in_words(balance: int) -> str:
    """ "9 lessons left", "no lessons left", "2 lessons not paid for"."""
    return f"{counted(abs(balance) or 'no', 'lesson')} {'not paid for' if balance < 0 else 'left'}"


def _after(after: int, before: int) -> str:
    if after == before:
        return f"stays {after}" if after > 0 else "stays so"
    return f"{after} after saving" if after >= 0 else f"{-after} not paid for after saving"


def _as_it_stands(seat: Seat) -> str:
    return "Paused" if seat.paused else capital(code_in_words(seat.stands)) if seat.stands else "As it is"


def digest(facts: SessionFacts) -> str:
    """What stands for the sheet as it was shown: everybody in it, what stands and what was marked."""
    marks = sorted(e.id for e in facts.evidence if e.code)
    told = [
        (e.student_id, e.paused, e.standing and (e.standing.code.value, e.standing.recorded_at.isoformat()))
        for e in facts.expected
    ]
    return hashlib.sha256(repr((sorted(told, key=lambda t: t[0]), marks)).encode()).hexdigest()[:12]


def marks_in(filled: Filled, seats: Sequence[Line]) -> list[MarkIn]:
    """The marks of a form; what is wrong with one is noted beside its student."""
    found = []
    for line in seats:
        student_id = line.seat.student_id
        code, minutes = filled.values[f"o-{student_id}"], filled.values[f"m-{student_id}"]
        if code in ("", AS_IT_STANDS):
            continue
        late = minutes or None if code == Code.LATE else None
        try:
            found.append(MarkIn.model_validate({"student_id": student_id, "code": code, "late_minutes": late}))
        except ValidationError as wrong:
            at_minutes = any(e["loc"] == ("late_minutes",) for e in wrong.errors())
            filled.errors[f"{'m' if at_minutes else 'o'}-{student_id}"] = (
                "Write a whole number of minutes." if at_minutes else "Choose one of these."
            )
    return found


def says_the_same(marks: Sequence[MarkIn], seats: Sequence[Line]) -> bool:
    """Whether every mark is what stands already: the same form sent twice."""
    stands = {x.seat.student_id: x.seat.put_down for x in seats}
    return all(stands[m.student_id or ""] is m.code for m in marks)
