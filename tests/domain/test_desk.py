"""What the office does by itself: a note changes nothing, a follow-up of one's own lives like any other."""

from __future__ import annotations

from datetime import timedelta

from domain.cases import FollowUp
from domain.desk_events import FollowUpStarted, NoteWritten
from domain.events import TaskCompleted, Withdrawn
from domain.outcomes import Code
from domain.tasks import TaskKind
from tests.builders import ANA, BEN, MONDAY
from tests.domain.books import Books, two_missed


def start(books: Books, by: str = BEN.id, act: str = "act") -> str | None:
    return books.happens(FollowUpStarted(act_id=act, by=by, note_id="why")).refused


def finish(books: Books, task_id: str) -> None:
    books.happens(TaskCompleted(act_id="done", task_id=task_id, by=BEN.id, outcome="reached"))


def test_a_note_stands_in_the_history_and_changes_nothing() -> None:
    books = Books()
    decision = books.happens(NoteWritten(act_id="act", note_id="note", by=ANA.id))
    assert [b.rule for b in decision.because] == ["note_written"]
    assert decision.effects == ()


def test_who_starts_a_follow_up_owns_it_and_it_climbs_like_any_other() -> None:
    books = Books()
    assert start(books) is None
    (task,) = books.state.tasks
    assert (task.kind, task.owner_id, task.note_id, task.case_id) == (TaskKind.FOLLOW_UP, BEN.id, "why", None)
    assert task.due_at > books.now
    finish(books, task.id)
    assert books.state.tasks == ()
    assert books.state.case is None


def test_one_follow_up_at_a_time() -> None:
    books = two_missed()
    assert start(books) == "follow_up_open"
    fresh = Books()
    start(fresh)
    assert start(fresh, act="another") == "follow_up_open"


def test_nothing_is_started_for_a_student_who_has_left() -> None:
    books = Books()
    books.happens(Withdrawn(by=ANA.id))
    assert start(books) == "not_enrolled_any_more"


def test_a_call_for_it_counts_for_the_case_that_opens_meanwhile() -> None:
    books = Books()
    start(books)
    (own,) = books.state.tasks
    books.records(Code.NO_SHOW, MONDAY + timedelta(hours=16))
    books.records(Code.NO_SHOW, MONDAY + timedelta(days=1, hours=16))
    assert books.state.case is not None
    finish(books, own.id)
    assert books.state.case is not None
    assert books.state.case.follow_up is FollowUp.IN_TIME
