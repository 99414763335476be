"""What other systems are told of a student's life: each thing once, by ids and numbers."""

from __future__ import annotations

from domain.announcements import Announcement, announcements, is_overdue, task_overdue
from domain.events import Event
from tests.builders import a_student_facts, a_task, an_enrollment, on
from tests.domain.books import Books


class Told(Books):
    """Books that remember what each decision announces."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.told: list[Announcement] = []

    def happens(self, event: Event) -> object:  # type: ignore[override]
        """The same, announced."""
        before, facts = self.state, self.facts
        decision = super().happens(event)
        self.told += announcements(event, decision, before, facts, self.now)
        return decision

    def types(self) -> list[str]:
        """What was told, in order."""
        return [a.type.value for a in self.told]


def _two_missed() -> Told:
    books = Told()
    books.records("no_show", on(0))
    books.records("no_show", on(7))
    return books


def test_two_missed_sessions_are_two_outcomes_and_a_case() -> None:
    books = _two_missed()
    assert books.types() == ["outcome.settled", "outcome.settled", "case.opened"]
    case = books.told[-1].data
    assert (case["case_id"], case["tier"], case["rule"], case["sessions"]) == (
        books.case.id,
        2,
        "unannounced_in_row",
        2,
    )
    assert case["closed_at"] is None


def test_a_correction_is_told_with_its_version_and_the_case_is_closed() -> None:
    books = _two_missed()
    books.corrects("attended", on(7))
    corrected, closed = books.told[-2:]
    assert (corrected.type, corrected.data["code"], corrected.data["version"]) == ("outcome.settled", "attended", 2)
    assert corrected.data["corrected"] is True
    assert (closed.type, closed.data["outcome"]) == ("case.closed", "false_alarm")


def test_a_case_that_goes_up_a_tier_and_one_that_opens_again_say_so() -> None:
    books = _two_missed()
    books.records("no_show", on(14))
    assert books.types()[-1] == "case.raised"
    assert books.told[-1].data["tier"] == 3
    books.completes("reached")
    for day in (16, 18, 20):
        books.records("attended", on(day))
    assert books.types()[-1] == "case.closed"
    books.records("no_show", on(22))
    assert (books.types()[-1], books.told[-1].data["openings"]) == ("case.opened", 2)
    assert len({a.key for a in books.told}) == len(books.told)
    assert len({a.event_id for a in books.told}) == len(books.told)


def test_a_balance_that_runs_low_and_out_is_told_once_each() -> None:
    books = Told(a_student_facts(enrollments=(an_enrollment(balance=4, last_top_up=8),)))
    for day in (0, 2, 4, 6, 8):
        books.records("attended", on(day))
    low, empty = (a for a in books.told if a.type.startswith("balance."))
    assert (low.type, low.data["enrollment_id"], low.data["balance"]) == ("balance.low", "maths", 2)
    assert (empty.type, empty.data["balance"]) == ("balance.empty", 0)


def test_imported_history_is_no_news() -> None:
    books = Told()
    books.now = on(30)
    books.records("no_show", on(0), imported=True)
    assert books.types() == []
    books.records("no_show", on(2))
    assert books.types() == ["outcome.settled"]


def test_a_repeated_or_superseded_fact_is_told_once() -> None:
    books = _two_missed()
    books.corrects("attended", on(7))
    before = len(books.told)
    books.happens(books.events[1])
    assert len(books.told) == before


def test_a_task_is_overdue_when_its_time_has_passed_and_nobody_put_it_off() -> None:
    task = a_task()
    assert not is_overdue(task, on(1, 16, 59))
    assert is_overdue(task, on(1, 17))
    snoozed = task.model_copy(update={"status": "snoozed", "snoozed_until": on(3, 9)})
    assert not is_overdue(snoozed, on(2))
    assert not is_overdue(task.model_copy(update={"status": "done"}), on(2))
    woken = snoozed.woken(on(3, 9))
    told = [task_overdue(t, "sam", on(3, 10)) for t in (task, woken)]
    assert len({a.key for a in told}) == 2
    assert told[1].data["due_at"] == "2026-03-05T09:00:00Z"
