"""Arbitrary student lives for the properties: what may happen, in any order, and how it is told to the books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.events import EVENT, ChargeWaived
from domain.facts import Facts
from domain.outcomes import BEFORE_START, Charge, Code
from domain.plan import plan
from domain.sending import Message, MessageState
from domain.tasks import TaskOutcome
from tests.builders import ADA, ANA, BEN, LEA, LESSON, MONDAY, a_guardian, a_student_facts, an_enrollment, an_outcome
from tests.domain.books import Books

SLOTS = [MONDAY + timedelta(days=day, hours=16) for day in range(0, 28, 2)]
CODES = st.sampled_from(Code)

Deed = Callable[[Books], None]


@st.composite
def student_facts(draw: st.DrawFn) -> Facts:
    """A student with two enrollments, up to three guardians and a team of any size."""
    maths = an_enrollment(
        "maths", balance=draw(st.integers(-1, 6)), earlier_places=draw(st.sampled_from((0, 8))), last_top_up=8
    )
    chess_takes = {"units_per_session": 2, "charges": {Code.NO_SHOW: Charge.HOLD}}
    chess = an_enrollment("chess", schedule=chess_takes, coordinator_id="ben", last_top_up=None)
    names = ("mother", "father", "aunt")
    return a_student_facts(
        enrollments=(maths, chess),
        guardians=tuple(a_guardian(g) for g in names[: draw(st.integers(0, 3))]),
        team=(ANA, BEN, LEA, ADA)[: draw(st.integers(1, 4))],
        first_session_id=draw(st.sampled_from((None, an_outcome("attended", SLOTS[0]).session_id))),
    )


def _next_lesson(books: Books, enrollment_id: str) -> datetime:
    """The next day's lesson that has no outcome yet: maths at 16:00, chess at 18:00."""
    hour = 16 if enrollment_id == "maths" else 18
    slot = books.now.replace(hour=hour, minute=0, second=0, microsecond=0)
    taken = {o.starts_at for o in books.facts.outcomes if o.enrollment_id == enrollment_id}
    while slot in taken or slot < books.now - LESSON:
        slot += timedelta(days=1)
    return slot


def _record(code: Code, enrollment_id: str) -> Deed:
    """The next lesson gets its outcome: when it ends, or hours before it begins where that is told ahead."""

    def deed(books: Books) -> None:
        slot = _next_lesson(books, enrollment_id)
        books.advance_to(max(books.now, slot - timedelta(hours=5) if code in BEFORE_START else slot + LESSON))
        books.receives(an_outcome(code, slot, enrollment_id, received_at=books.now))

    return deed


def _backfill(code: Code, days_ago: int, *, imported: bool) -> Deed:
    """An outcome of another time of that day comes in days later."""

    def deed(books: Books) -> None:
        slot = (books.now - timedelta(days=days_ago)).replace(hour=8, minute=0, second=0, microsecond=0)
        outcome = an_outcome(code, slot, received_at=books.now, imported=imported)
        if books.facts.outcome(outcome.id) is None:
            books.receives(outcome)

    return deed


def _correct(code: Code, nth_newest: int) -> Deed:
    def deed(books: Books) -> None:
        over = sorted((o for o in books.facts.outcomes if o.ends_at <= books.now), key=lambda o: o.starts_at)
        if over:
            outcome = over[-1 - nth_newest % len(over)]
            books.corrects(code, outcome.starts_at, outcome.enrollment_id)

    return deed


def _event(told: dict[str, Any], which: int) -> Deed:
    """An act of a person; on an open task where there is one, else on one nobody knows."""

    def deed(books: Books) -> None:
        open_tasks = [t.id for t in books.state.tasks] or ["no such task"]
        own = {"task_id": open_tasks[which % len(open_tasks)], "act_id": f"act-{len(books.decisions)}", "by": "ana"}
        ahead = {k: (books.now + v).isoformat() for k, v in told.items() if isinstance(v, timedelta)}
        books.happens(EVENT.validate_python(own | told | ahead))

    return deed


def _step(kind: str, which: int) -> Deed:
    """A person skips a step that is ahead, or has it taken now."""

    def deed(books: Books) -> None:
        ahead = plan(books.state, books.facts, books.now) or ()
        step = ahead[which % len(ahead)].key if ahead else "no such step"
        told = {"kind": kind, "act_id": f"act-{len(books.decisions)}", "step": step, "by": "lea"}
        books.happens(EVENT.validate_python(told))

    return deed


def _waive(nth_newest: int) -> Deed:
    """A person waives what an outcome was charged."""

    def deed(books: Books) -> None:
        over = sorted((o for o in books.facts.outcomes if o.ends_at <= books.now), key=lambda o: o.starts_at)
        outcome = over[-1 - nth_newest % len(over)].id if over else "nobody's"
        told = {"act_id": f"act-{len(books.decisions)}", "outcome_id": outcome, "by": "lea"}
        books.happens(ChargeWaived.model_validate(told))

    return deed


def _again(which: int) -> Deed:
    """An event comes a second time, read back from its JSON."""

    def deed(books: Books) -> None:
        if books.events:
            books.happens(EVENT.validate_json(EVENT.dump_json(books.events[which % len(books.events)])))

    return deed


def _wait(span: timedelta) -> Deed:
    return lambda books: books.advance_to(books.now + span)


def _outage(span: timedelta) -> Deed:
    """Time passes and nothing is taken; then everything that fell due is."""

    def deed(books: Books) -> None:
        books.now += span
        books.advance_to(books.now)

    return deed


SPANS = st.sampled_from([timedelta(minutes=5), timedelta(hours=5), timedelta(days=1), timedelta(days=4)])
LONG = st.sampled_from([timedelta(days=1), timedelta(days=4), timedelta(days=15), timedelta(days=30)])
TIMES = st.sampled_from([timedelta(hours=-1), timedelta(hours=30), timedelta(days=3), timedelta(days=8)])
CHANNELS = st.sampled_from(["phone", "sms", "email"])
SESSIONS = st.sampled_from([an_outcome(Code.ATTENDED, slot).session_id for slot in SLOTS])


def _act(kind: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"kind": st.just(kind), **fields})


def _finishing() -> st.SearchStrategy[dict[str, Any]]:
    outcomes = ["reached", "message_left", "no_answer", "no_answer", "plan_changed", "paused"]
    return _act("task_completed", outcome=st.sampled_from(outcomes), channel=CHANNELS)


def _acts() -> st.SearchStrategy[dict[str, Any]]:
    enrollment = st.sampled_from(["maths", "chess", "nobody's"])
    return st.one_of(
        _act("task_claimed"),
        _act("task_completed", outcome=st.sampled_from([o.value for o in TaskOutcome]), channel=CHANNELS),
        _act("task_completed", outcome=st.just("paused"), return_at=TIMES),
        _act("task_snoozed", until=TIMES),
        _act("task_reassigned", to=st.sampled_from(["ben", "nobody"])),
        _act("task_dismissed", reason=st.sampled_from(["duplicate", "false_alarm", "other"])),
        _act("outreach_logged", channel=CHANNELS),
        _act("reminder_due", session_id=SESSIONS, starts_at=TIMES, channel=st.sampled_from(["sms", "email"])),
        _act("not_seen_yet", session_id=SESSIONS, starts_at=TIMES, ends_at=TIMES),
        _act(
            "reply_received",
            reply_id=st.sampled_from(["r1", "r2"]),
            guardian_id=st.just("mother"),
            meaning=st.sampled_from(["ill", "clash", "call_me", "stop", "start", "unclear"]),
        ),
        _act("topped_up", enrollment_id=enrollment, units=st.integers(1, 9)),
        _act("adjusted", enrollment_id=enrollment, units=st.integers(-3, 3)),
        _act("paused", until=TIMES),
        _act("withdrawn"),
        _act("enrolled", enrollment_id=enrollment),
        _act("outcome_recorded", outcome_id=st.sampled_from(["nobody's", "outcome-of-maths@03-02T16:00"])),
        _act("message_reported", message_id=st.just("no such message")),
        _act("step_due", step=st.just("no such step")),
    )


MISSED = st.sampled_from([Code.NO_SHOW, Code.NO_SHOW, Code.LATE_CANCELLED])
PRESENT = st.sampled_from([Code.ATTENDED, Code.LATE])


def deeds() -> st.SearchStrategy[Deed]:
    """One thing that may happen: mostly lessons, one after the other, and what people do about them."""
    maths = st.just("maths")
    act = st.builds(_event, _acts(), st.integers(0, 3))
    return st.one_of(
        st.builds(_record, MISSED, maths),
        st.builds(_record, MISSED, maths),
        st.builds(_record, PRESENT, maths),
        st.builds(_record, CODES, st.sampled_from(["maths", "chess"])),
        st.builds(_backfill, CODES, st.integers(1, 20), imported=st.booleans()),
        st.builds(_correct, CODES, st.integers(0, 3)),
        act,
        act,
        st.builds(_event, _finishing(), st.integers(0, 3)),
        st.builds(_step, st.sampled_from(["step_skipped", "step_forced"]), st.integers(0, 6)),
        st.builds(_waive, st.integers(0, 3)),
        st.builds(_again, st.integers(0, 30)),
        st.builds(_wait, SPANS),
        st.builds(_outage, LONG),
    )


def lives() -> st.SearchStrategy[list[Deed]]:
    """A dozen things, one after the other."""
    return st.lists(deeds(), min_size=4, max_size=14)


def deliveries() -> st.SearchStrategy[Callable[[Message], MessageState]]:
    """Ways in which messages end: all arrive, none does, or only some channels and people are reached."""
    failed = st.sampled_from([MessageState.FAILED, MessageState.UNDELIVERED, MessageState.UNKNOWN])
    ends = st.fixed_dictionaries(
        {(who, how): st.one_of(st.just(MessageState.SENT), failed) for who in ("mother", "father") for how in "se"}
    )
    return ends.map(lambda by: lambda m: by.get((m.recipient_id, m.channel.value[0]), MessageState.SENT))
