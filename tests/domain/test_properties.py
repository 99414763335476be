"""What holds for every student, whatever happens and in whatever order it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.deciding import Deciding
from domain.effects import PostEntry
from domain.events import OutcomeRecorded, StepDue
from domain.facts import Facts
from domain.outcomes import Code, Outcome
from domain.plan import armed, plan
from domain.sending import MessageState
from domain.state import State, upgrade
from domain.student import decide
from tests.builders import LESSON, MONDAY, a_student_facts, an_enrollment, an_outcome
from tests.domain.books import Books, Delivery
from tests.domain.lives import CODES, SLOTS, Deed, deeds, deliveries, lives, student_facts

EXAMPLES = 20
"""Few, so that the rules' tests stay under five seconds; each is a life of a dozen events."""

few = settings(max_examples=EXAMPLES)


class WatchedBooks(Books):
    """Books that check every decision and, after each deed, everything that is always true."""

    def happens(self, event):  # type: ignore[no-untyped-def]
        before, facts = self.state, self.facts
        decision = super().happens(event)
        assert decision == decide(before, event, facts, self.now), "deterministic"
        if decision.refused:
            assert (decision.effects, decision.state) == ((), before), "a refused act leaves no trace"
        assert decision.because, "everything has a reason"
        if isinstance(event, StepDue):
            self._step_is_done(event.step)
        self._always()
        return decision

    def _step_is_done(self, key: str) -> None:
        assert key not in [s.key for s in armed(self.state, self.facts, self.now)], "no step repeats"

    def _always(self) -> None:
        for task in self.state.tasks:
            assert task.is_unfinished
            assert task.owner_id
            assert task.due_at
        written = {t.id for t in self.tasks.values() if t.is_unfinished}
        assert written == {t.id for t in self.state.tasks}, "the state knows every unfinished task"
        assert [c for c in self.cases.values() if c.outcome is None] == ([self.state.case] if self.state.case else [])
        case = self.state.case
        if case:
            assert case.watch_since or any(t.case_id == case.id for t in self.state.tasks), (
                "somebody looks after a case"
            )
            assert case.evidence
        assert upgrade(self.state.model_dump(mode="json")) == self.state, "the state survives the books"
        assert max(Counter(m.key for m in self.facts.messages).values(), default=1) == 1
        assert max(Counter(e.key for e in self.facts.entries).values(), default=1) == 1


def live(facts: Facts, life: Sequence[Deed], delivery: Delivery) -> Books:
    books = WatchedBooks(facts, delivery)
    for deed in life:
        deed(books)
        books.advance_to(books.now)
        step = books.next_step()
        assert step is None or step.due_at > books.now, "what fell due has been taken"
    return books


def balances(books: Books) -> dict[str, int]:
    return {e.id: e.balance for e in books.facts.enrollments}


@few
@given(student_facts(), lives(), deliveries())
def test_a_life_keeps_its_books(facts: Facts, life: list[Deed], delivery: Delivery) -> None:
    books = live(facts, life, delivery)
    for before, after in zip(facts.enrollments, books.facts.enrollments, strict=True):
        mine = [e for e in books.facts.entries if e.enrollment_id == after.id]
        assert after.balance == before.balance + sum(e.units for e in mine), "a balance is the sum of its entries"
    for outcome in books.facts.outcomes:
        enrollment = books.facts.enrollment(outcome.enrollment_id)
        assert enrollment
        lines = [e for e in books.facts.entries if e.outcome_id == outcome.id]
        waived = any(e.is_waiver and e.outcome_version == outcome.version for e in lines)
        price = 0 if waived else enrollment.schedule.units_for(outcome.code)
        assert sum(e.units for e in lines) == -price, "charged once, as it stands now, unless waived"


@few
@given(student_facts(), lives(), deliveries())
def test_every_life_comes_to_rest(facts: Facts, life: list[Deed], delivery: Delivery) -> None:
    books = live(facts, life, delivery)
    books.advance_to(books.now + timedelta(days=120))
    assert [s for s in plan(books.state, books.facts, books.now) if s.will_run] == []


@few
@given(student_facts(), lives())
def test_the_first_armed_step_is_what_happens_at_its_deadline(facts: Facts, life: list[Deed]) -> None:
    books = live(facts, life, lambda _: MessageState.SENT)
    first = books.next_step()
    if first is None:
        return
    early = decide(books.state, StepDue(step=first.key), books.facts, first.due_at - timedelta(seconds=1))
    assert [b.rule for b in early.because] == ["step_gone"]
    assert (early.effects, early.state) == ((), books.state), "not before its time"
    done = decide(books.state, StepDue(step=first.key), books.facts, first.due_at)
    assert [b.rule for b in done.because] != ["step_gone"]
    assert first.key not in [s.key for s in armed(done.state, books.facts.after(done.effects), first.due_at)]


# --- the order of arrival ---------------------------------------------------------------------------------------------


def sessions() -> st.SearchStrategy[list[Outcome]]:
    """Outcomes of different sessions, of two enrollments, all over by the end of March."""
    one = st.builds(an_outcome, CODES, st.sampled_from(SLOTS), st.sampled_from(("maths", "chess")))
    return st.lists(one, min_size=1, max_size=8, unique_by=lambda o: o.id)


def two_enrollments() -> Facts:
    twice = {"units_per_session": 2}
    return a_student_facts(enrollments=(an_enrollment("maths"), an_enrollment("chess", schedule=twice)))


AFTER = SLOTS[-1] + LESSON
Account = tuple[dict[str, int], dict[str, Code], list[list[str]]]


def account(books: Books) -> Account:
    """Balance, outcomes and windows."""
    draft = Deciding(books.state, books.facts, books.now)
    windows = [[o.id for o in draft.window(e, whole=True).places] for e in books.facts.enrollments]
    return balances(books), {o.id: o.code for o in books.facts.outcomes}, windows


def told(outcomes: Sequence[Outcome], *, at: datetime | None = None) -> Books:
    """The outcomes arrive in this order, each when its session ends or as soon after as its turn comes."""
    books = Books(two_enrollments())
    for outcome in outcomes:
        books.advance_to(at or max(books.now, outcome.ends_at))
        books.receives(outcome.model_copy(update={"received_at": books.now}))
    books.advance_to(AFTER)
    return books


@few
@given(sessions().flatmap(lambda o: st.tuples(st.just(o), st.permutations(o))), st.data())
def test_nothing_in_the_books_depends_on_the_order_of_arrival(
    orders: tuple[list[Outcome], list[Outcome]], data: st.DataObject
) -> None:
    one, other = orders
    books = told(other)
    for outcome in data.draw(st.lists(st.sampled_from(one), max_size=4)):
        again = books.happens(OutcomeRecorded(outcome_id=outcome.id))
        assert not [e for e in again.effects if isinstance(e, PostEntry)], "nothing is charged twice"
    assert account(books) == account(told(one))


@few
@given(sessions(), st.data())
def test_all_at_once_is_the_same_as_one_by_one(outcomes: list[Outcome], data: st.DataObject) -> None:
    at_once = Books(two_enrollments().model_copy(update={"outcomes": tuple(outcomes)}))
    at_once.now = AFTER
    for outcome in data.draw(st.permutations(outcomes)):
        at_once.happens(OutcomeRecorded(outcome_id=outcome.id))
    assert account(at_once) == account(told(outcomes))


@few
@given(sessions(), CODES, st.data())
def test_a_correction_leaves_the_books_as_if_the_right_outcome_had_come_first(
    outcomes: list[Outcome], right: Code, data: st.DataObject
) -> None:
    which = data.draw(st.integers(0, len(outcomes) - 1))
    after = data.draw(st.integers(which, len(outcomes) - 1))
    paused = data.draw(st.sampled_from((None, MONDAY + timedelta(days=9))))
    wrong = outcomes[which]

    def begin() -> Books:
        books = WatchedBooks(two_enrollments())
        if paused:
            books.pauses(paused)
        return books

    corrected, never_wrong = begin(), begin()
    for n, outcome in enumerate(outcomes):
        for books in (corrected, never_wrong):
            code = right if books is never_wrong and n == which else outcome.code
            books.advance_to(max(books.now, outcome.ends_at))
            books.receives(outcome.model_copy(update={"code": code, "received_at": books.now}))
        if n == after:
            corrected.corrects(right, wrong.starts_at, wrong.enrollment_id)
    corrected.advance_to(AFTER)
    never_wrong.advance_to(AFTER)
    assert account(corrected) == account(never_wrong)
    if all(c.outcome in (None, "false_alarm") for b in (corrected, never_wrong) for c in b.cases.values()):
        assert _counting(corrected) == _counting(never_wrong), "a false alarm cuts no window"


def _counting(books: Books) -> list[list[str]]:
    """The windows as rules read them."""
    draft = Deciding(books.state, books.facts, books.now)
    return [[o.id for o in draft.window(e).places] for e in books.facts.enrollments]


# --- totality ---------------------------------------------------------------------------------------------------------


@few
@given(st.lists(deeds(), max_size=6), deliveries())
def test_a_student_of_whom_nothing_is_known_breaks_nothing(life: list[Deed], delivery: Delivery) -> None:
    books = Books(Facts(student_id="sam"), delivery)
    for deed in life:
        deed(books)
    assert books.facts.entries == ()
    assert books.state.case is None


def test_a_state_of_a_newer_program_is_refused() -> None:
    newer = State().model_dump(mode="json") | {"version": 99}
    with pytest.raises(ValueError, match="deploy the newer one"):
        upgrade(newer)


def test_a_student_without_a_state_begins_empty() -> None:
    assert upgrade(None) == upgrade({}) == State()
