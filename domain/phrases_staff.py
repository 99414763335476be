"""What staff are told, in English: tasks that wait, sessions without attendance."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from domain.phrases_en import English
from domain.plain_words import counted, task_in_words, when
from domain.said import Parts
from domain.sending import Purpose
from domain.tasks import Escalation

_REMINDERS: Mapping[str, str] = {
    Escalation.REMINDED: "It waits for you. Nobody has claimed it yet.",
    Escalation.REASSIGNED: "It is past its due time. It is with you now.",
    Escalation.LEAD: "It is well past its due time. It is with you now.",
}


class ToStaff(English):
    """A message to a member of staff."""

    def words(self) -> Mapping[Purpose, Callable[[], Parts]]:
        """What says each purpose, those of staff among them."""
        mine = {Purpose.TASK_REMINDER: self.task_reminder, Purpose.UNRECORDED: self.unrecorded}
        return {**super().words(), **mine}

    def task_reminder(self) -> Parts:
        """A task waits."""
        task = f"{task_in_words(self.word('kind') or 'task')} for {self.student}"
        due, zone = self.names.due_at, self.names.zone
        due_at = f", due {when(due, zone, with_zone=True)}" if due else ""
        waits = _REMINDERS.get(self.word("step"), "It is with you.")
        ask = f"Please claim it, or finish it with its outcome{f': {self.link}' if self.link else '.'}"
        return f"Task: {task}{due_at}", f"{task}{due_at}. {waits}", ask

    def unrecorded(self) -> Parts:
        """A session has no attendance yet."""
        size = self.names.group_size or 0
        group = f" It has {counted(size, 'student')}." if size > 1 else ""
        again = " This is our second note. A coordinator looks at it next." if self.number("step") > 1 else ""
        story = f"{self.session}{self.on} has no attendance yet.{group}{again}"
        ask = f"Please mark attendance: {self.link}" if self.link else "Please mark attendance."
        return f"Please mark attendance: {self.lesson}{self.day}", story, ask
