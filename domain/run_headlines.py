"""The one line above what a student's process decided: the thing that mattered most, before what came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.cases import Case
from domain.effects import Effect, PutCase, PutTask, QueueMessage
from domain.events import Event, MessageReported, NotSeenYet, OutcomeRecorded, ReminderDue, ReplyReceived, StepDue
from domain.explaining import Who, code_in_words, describe_effect, explain
from domain.run_words import event_in_words
from domain.value import Because, Id

CASES: Mapping[str, str] = {
    "opened": "Opened a tier {tier} case",
    "reopened": "Opened the case again at tier {tier}",
    "raised": "Raised the case to tier {tier}",
    "resumed": "Followed the case up again at tier {tier}",
    "closed": "Closed the case as {outcome}",
}
"""What makes a headline when it happens to a case."""
_SAID: Mapping[type[object], str] = {
    OutcomeRecorded: "outcome",
    MessageReported: "message_ended",
    ReplyReceived: "reply",
}
"""The rule whose sentence says what came in better than its name does."""


def headline(event: Event, because: Iterable[Because], effects: Sequence[Effect], who: Who, zone: str) -> str:
    """What was decided, in a line: "Opened a tier 2 case and gave it to Alice", "Maths on Tue 3 Mar 16:00: no-show".

    What a person did is told as that, whatever followed from it.
    """
    plain = event_in_words(event, who)
    if event.model_dump(include={"by"}).get("by") and not isinstance(event, OutcomeRecorded):
        return plain
    return _of_case(effects, who) or _of_fact(event, because, effects, who, zone) or plain


def _of_case(effects: Sequence[Effect], who: Who) -> str | None:
    changed = [(CASES[e.change], e.case) for e in effects if isinstance(e, PutCase) and e.change in CASES]
    if not changed:
        return None
    words, case = changed[-1]
    told = words.format(tier=case.tier, outcome=code_in_words(case.outcome or "closed"))
    owner = _given_to(case, effects)
    return f"{told} and gave it to {who(owner)}" if owner else told


def _given_to(case: Case, effects: Sequence[Effect]) -> Id | None:
    opened = (e.task for e in effects if isinstance(e, PutTask) and e.change == "opened")
    return next((t.owner_id for t in opened if t.case_id == case.id), None)


def _of_fact(event: Event, because: Iterable[Because], effects: Sequence[Effect], who: Who, zone: str) -> str | None:
    if rule := _SAID.get(type(event)):
        return next((explain(b, who, zone).rstrip(".") for b in because if b.rule == rule), None)
    writes = any(isinstance(e, QueueMessage) and e.message.recipient_kind == "guardian" for e in effects)
    match event:
        case ReminderDue(session_id=session) if writes:
            return f"Reminded the family of {who(session)}"
        case NotSeenYet(session_id=session) if writes:
            return f"Asked the family to join {who(session)}"
        case StepDue() if writes:
            return "Wrote to the family again"
        case StepDue() if effects:
            of_task = (e for e in effects if isinstance(e, PutTask))
            return describe_effect(next(of_task, effects[0]), who, zone)
        case _:
            return None
