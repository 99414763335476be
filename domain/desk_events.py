"""What the office writes down about a student, or begins by itself, as facts: ids only."""

from __future__ import annotations

from typing import Literal

from domain.value import Id, Value


class NoteWritten(Value):
    """Somebody keeps a note about the student. Its text stands in the note."""

    kind: Literal["note_written"] = "note_written"
    act_id: Id
    note_id: Id
    by: Id


class FollowUpStarted(Value):
    """Somebody begins a follow-up that no rule has asked for. Why, stands in the note."""

    kind: Literal["follow_up_started"] = "follow_up_started"
    act_id: Id
    by: Id
    note_id: Id | None = None
