"""Why a follow-up is here, in a few words for its row and its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from sqlalchemy import Row

from domain.outcomes import FLAGS, Code
from domain.plain_words import capital, counted, task_in_words
from domain.tasks import TaskKind

CASE: Mapping[str, str] = {
    "unannounced_in_row": "Missed {n} in a row",
    "unannounced_in_days": "Missed {n} within a week",
    "misses_of_last": "Missed {n} of the last few",
    "first_sessions": "Missed {n} of the first lessons",
    "misses_in_row": "Missed {n} in a row",
    "many_misses": "Missed {n} of the last few",
    "missed_after_closing": "Missed again after the last follow-up",
    "missed_in_watch": "Missed again while attendance was watched",
    "unfinished": "Missed {n}, and not followed up in time",
}
TASK: Mapping[str, str] = {
    TaskKind.FOLLOW_UP: "Follow-up with the family",
    TaskKind.WELCOME_CALL: "Missed the very first lesson",
    TaskKind.CALL_BACK: "The family asks to be called",
    TaskKind.READ_REPLY: "Reply we could not read",
    TaskKind.LOW_BALANCE: "Few lessons left on the package",
    TaskKind.FIX_CONTACT: "Contact data does not work",
    TaskKind.NO_SESSIONS_HELD: "No lessons held lately",
    TaskKind.UNRECORDED: "Attendance not recorded",
    TaskKind.BLAST_GUARD: "Messages held: many misses at once",
    TaskKind.PROVIDER_MISCONFIGURED: "The message provider refuses us",
    TaskKind.WEBHOOK_FAILING: "A webhook endpoint does not answer",
    TaskKind.READ_NOTE: "Note about a lesson",
}
SIGNS: Mapping[str, tuple[str, str, str]] = {
    TaskKind.READ_REPLY: ("New reply", "reply", "now"),
    TaskKind.CALL_BACK: ("Call back", "phone", "now"),
    TaskKind.LOW_BALANCE: ("Balance", "book", ""),
    TaskKind.FIX_CONTACT: ("Fix contact", "x", "bad"),
    TaskKind.UNRECORDED: ("Unrecorded", "ring", "late"),
    TaskKind.WELCOME_CALL: ("Welcome call", "phone", "late"),
    TaskKind.NO_SESSIONS_HELD: ("No lessons", "calendar", ""),
    TaskKind.BLAST_GUARD: ("Operation", "alert", "bad"),
    TaskKind.PROVIDER_MISCONFIGURED: ("Operation", "alert", "bad"),
    TaskKind.WEBHOOK_FAILING: ("Operation", "alert", "late"),
    TaskKind.READ_NOTE: ("Note", "pen", "now"),
}
"""A badge's words, icon and tone, where the tier says nothing."""


@dataclass(frozen=True)
class Why:
    """The words and the badge."""

    words: str
    sign: tuple[str, str, str] | None


def in_a_row(rule: str | None, codes: Sequence[str]) -> int | None:
    """How many of the last lessons were missed as this rule counts them; None for a rule that counts otherwise."""
    counts = {"unannounced_in_row": "unannounced", "misses_in_row": "miss"}.get(rule or "")
    if counts is None:
        return None
    return len(list(takewhile(lambda code: getattr(FLAGS[Code(code)], counts), reversed(codes)))) or None


def why(row: Row[Any], missed: int | None = None) -> Why:
    """Why the follow-up of this row exists. The row has a task's columns, and `case_rule` and `case_evidence`.

    `missed` is how many lessons the rule counted, where that is known better than by the evidence.
    """
    words = TASK.get(row.kind, capital(task_in_words(row.kind)))
    if row.kind == TaskKind.FOLLOW_UP and row.case_rule:
        missed = missed or len(row.case_evidence or ())
        words = CASE.get(row.case_rule, "Missed {n}").format(n=missed if missed else "lessons")
    if row.tier:
        return Why(words, (f"Tier {row.tier}", "alert", "bad" if row.tier == 3 else "late"))
    if row.attempt > 1:
        words = f"{words}, {counted(row.attempt - 1, 'try')} so far".replace("trys", "tries")
    return Why(words, SIGNS.get(row.kind))
