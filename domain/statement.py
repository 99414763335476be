"""A student's statement: what was bought and used, and every lesson of a span of days, in the family's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from domain.balance import EntryKind
from domain.outcomes import FLAGS, Code
from domain.plain_words import day
from domain.statement_words import WORDS, Words
from domain.value import Id, Value
from domain.working_time import local


class Entry(Value):
    """A line of the book: signed units, the balance after it, and what it was for."""

    at: datetime
    kind: EntryKind
    units: int
    balance_after: int
    session_id: Id | None = None
    lesson_at: datetime | None = None
    code: str | None = None
    waived: bool = False
    words: str = ""


class Account(Value):
    """An enrollment: its balance before and after the span, and what moved it. `balance` is as of now."""

    enrollment_id: Id
    subject: str
    opening: int
    closing: int
    balance: int
    entries: tuple[Entry, ...] = ()
    words: str = ""


class Lesson(Value):
    """A session: when, who taught, how many minutes the student was there, and what became of it."""

    session_id: Id
    starts_at: datetime
    ends_at: datetime
    subject: str
    teacher: str | None = None
    minutes: float | None = None
    code: str
    words: str = ""


class Statement(Value):
    """All of it. `since` and `until` are local dates in `zone`, both included."""

    student_id: Id
    student: str
    operator: str
    language: str
    zone: str
    since: date
    until: date
    made_at: datetime
    accounts: tuple[Account, ...] = ()
    lessons: tuple[Lesson, ...] = ()
    summary: str = ""

    def said(self) -> Statement:
        """The statement with its words, in its language (English for one that has none)."""
        words = WORDS.get(self.language, WORDS["en"])
        return self.model_copy(
            update={
                "language": words.language,
                "accounts": tuple(_account(a, words, self.zone) for a in self.accounts),
                "lessons": tuple(x.model_copy(update={"words": words.outcome(x.code)}) for x in self.lessons),
                "summary": _summary(self.lessons, words),
            }
        )


def date_of(at: datetime, zone: str, words: Words) -> str:
    """A date as a statement writes it: "Tue 3 Mar 2026"."""
    return written(local(at, zone).date(), words)


def written(on: date, words: Words) -> str:
    """The same for a date."""
    return f"{day(on, words.locale)} {on.year}"


def minutes_there(lesson: Lesson, words: Words) -> str:
    """How long the student was there: "52 of 60 min"; empty when that was not measured."""
    if lesson.minutes is None:
        return ""
    length = (lesson.ends_at - lesson.starts_at) // timedelta(minutes=1)
    return words.minutes.format(there=round(lesson.minutes), length=length)


def _account(account: Account, words: Words, zone: str) -> Account:
    entries = tuple(e.model_copy(update={"words": _entry(e, words, zone)}) for e in account.entries)
    return account.model_copy(update={"entries": entries, "words": words.left(account.balance)})


def _entry(entry: Entry, words: Words, zone: str) -> str:
    kind = "waived" if entry.waived else entry.kind.value
    said = words.entries[kind]
    if entry.lesson_at is None:
        return said
    on = date_of(entry.lesson_at, zone, words)
    if entry.kind is EntryKind.CONSUME and entry.code is not None:
        return words.lesson_on.format(date=on, outcome=words.outcome(entry.code).lower())
    return words.about_lesson.format(said=said, date=on)


def _summary(lessons: Sequence[Lesson], words: Words) -> str:
    """How many lessons were attended, missed or called off. Those still to come are not counted."""
    known = [FLAGS[Code(x.code)] for x in lessons if x.code in set(Code) and x.code != Code.SCHEDULED.value]
    present = sum(f.present for f in known)
    missed = sum(f.miss for f in known)
    return words.summary(present, missed, len(known) - present - missed)
