"""What the office does about a student without any rule asking for it: notes, and a follow-up of its own."""

from __future__ import annotations

from domain.deciding import Deciding
from domain.desk_events import FollowUpStarted, NoteWritten
from domain.tasks import Task, TaskKind, task_id


def act_at_desk(d: Deciding, act: NoteWritten | FollowUpStarted) -> None:
    """Keep a note, which changes nothing else, or open a follow-up for whoever begins it."""
    match act:
        case NoteWritten():
            d.because("note_written", by=act.by)
        case FollowUpStarted() if d.state.withdrawn or not d.facts.enrollments:
            d.refuse("not_enrolled_any_more")
        case FollowUpStarted() if any(t.kind is TaskKind.FOLLOW_UP for t in d.state.tasks):
            d.refuse("follow_up_open")
        case FollowUpStarted():
            _start(d, act)


def _start(d: Deciding, act: FollowUpStarted) -> None:
    """A task of no case: it climbs like any other, and finishing it needs no watch."""
    newest = max(d.facts.enrollments, key=lambda e: (e.started_at, e.id))
    case = d.state.case
    d.because("follow_up_started", by=act.by)
    d.put_task(
        Task(
            id=task_id(TaskKind.FOLLOW_UP, act.act_id),
            kind=TaskKind.FOLLOW_UP,
            owner_id=act.by,
            enrollment_id=case.enrollment_id if case else newest.id,
            opened_at=d.now,
            due_at=d.facts.calendar.one_business_day(d.now),
            note_id=act.note_id,
        ),
        "opened",
    )
