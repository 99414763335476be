"""Past decisions and steps ahead in a coordinator's words. Words are made when drawn; the books keep rules and numbers.

What is unknown here (a rule of a newer program, a number an old entry lacks) is said as well as can be, never raised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from domain.effects import (
    ApproveMessage,
    CancelMessage,
    Effect,
    LogOutreach,
    MessageChange,
    PostEntry,
    PutCase,
    PutTask,
    QueueMessage,
    RecallMessage,
    TakeBackOutreach,
)
from domain.facts import Facts
from domain.plan import Step
from domain.sending import Message
from domain.sentences import CASE_CHANGES, CHANNELS, CODES, ENDED_BY, ENTRIES, REFUSALS, RULES, STEPS, TASK_CHANGES
from domain.state import State
from domain.tasks import Task, fewest_open
from domain.value import Because, Id
from domain.wording import capital, counted, task_in_words, when

__all__ = [
    "CODES",
    "REFUSALS",
    "RULES",
    "Who",
    "code_in_words",
    "describe_effect",
    "describe_step",
    "explain",
    "refusal",
]

Who = Callable[[Id], str]
"""What an id is called: a person's name, a session's lesson and time, an enrollment's subject. Answers for any id."""

_IDS = frozenset({"by", "to", "guardian", "session", "enrollment", "student"})


def code_in_words(code: str) -> str:
    """A code or a reason as a person says it: "weekly_cap" is "the weekly limit of texts is reached"."""
    if code.startswith("case_"):
        return f"the case was closed as {code_in_words(code.removeprefix('case_'))}"
    return CODES.get(code, code.replace("_", " "))


def refusal(rule: str) -> str:
    """Why an act was not accepted, and what to do next."""
    return REFUSALS.get(rule, f"This was not accepted: {code_in_words(rule)}.")


class _Told(str):
    """A value in a sentence; `{units:session}` says it with its unit."""

    def __format__(self, unit: str) -> str:
        return counted(self, unit) if unit else str(self)


def explain(because: Because, who: Who, zone: str = "UTC") -> str:
    """Why something was decided, in a sentence, its times in `zone`; a rule without words is said with spaces."""
    rule, numbers = because.rule, because.numbers
    corrected = rule == "outcome" and numbers.get("version") not in (None, 1)
    special = "corrected" if corrected else "reason" if rule == "message_ended" and numbers.get("reason") else None
    sentence = RULES.get(f"{rule}:{special}" if special else rule)
    if sentence is None:
        return capital(code_in_words(rule)) + "."
    told: dict[str, _Told] = defaultdict(lambda: _Told("some"))
    told |= {key: _Told(_tell(rule, key, value, who, zone)) for key, value in numbers.items()}
    return capital(sentence.format_map(told))


def _tell(rule: str, key: str, value: int | str | None, who: Who, zone: str) -> str:
    if value is None:
        return "somebody" if key in _IDS else "none"
    if isinstance(value, int):
        return f"{value:+d}" if rule == "adjusted" else str(value)
    if key == "until":
        with suppress(ValueError):
            return when(datetime.fromisoformat(value), zone)
    if rule == "ladder_ended":
        return _ended_by(value)
    if rule == "outreach" and key == "channel":
        return CHANNELS.get(value, f"by {value}")
    return who(value) if key in _IDS else code_in_words(value)


def _ended_by(stop: str | None) -> str:
    return ENDED_BY.get(stop or "", code_in_words(stop or "it is over"))


def describe_effect(effect: Effect, who: Who, zone: str = "UTC") -> str:
    """What a decision did: "Posted -1 session", "Task for Ana: follow up, due Tue 3 Mar 17:00"."""
    match effect:
        case PostEntry(entry=line):
            kind = " (waived)" if line.is_waiver else f" ({ENTRIES[line.kind]})" if line.kind in ENTRIES else ""
            return f"Posted {line.units:+d} session{'' if abs(line.units) == 1 else 's'}{kind}"
        case QueueMessage() | CancelMessage() | ApproveMessage() | RecallMessage():
            return _of_message(effect, who, zone)
        case PutTask(task=task, change=change):
            template = TASK_CHANGES.get(change, f"Task {code_in_words(change)}: {{task}}")
            return template.format(**_of_task(task, who, zone))
        case PutCase(case=case, change=change):
            template = CASE_CHANGES.get(change, f"Case: {code_in_words(change)}")
            outcome = code_in_words(case.outcome or "closed")
            return template.format(tier=case.tier, step=case.step, outcome=outcome, stopped=_ended_by(case.stopped))
        case TakeBackOutreach():
            return "The outreach no longer counts: its message was taken back"
        case LogOutreach():
            reached_out = f"{who(effect.by)} reached out {CHANNELS.get(effect.channel, f'by {effect.channel}')}"
            return f"{reached_out}: {code_in_words(effect.outcome)}" if effect.outcome else reached_out


def _of_message(effect: QueueMessage | MessageChange, who: Who, zone: str) -> str:
    match effect:
        case QueueMessage(message=m) if m.in_review:
            return f"{_to(m, who)} waits for a person's word: {code_in_words(m.purpose)}"
        case QueueMessage(message=m):
            return f"{_to(m, who)} queued for {when(m.due_at, zone)}: {code_in_words(m.purpose)}"
        case CancelMessage(reason=reason):
            return f"Message cancelled: {code_in_words(reason)}"
        case ApproveMessage():
            return f"Message let go by {who(effect.by)}, to leave on {when(effect.due_at, zone)}"
        case RecallMessage():
            return "Message taken back before it left"


def _to(message: Message, who: Who) -> str:
    return f"{capital(code_in_words(message.channel))} to {who(message.recipient_id)}"


def _of_task(task: Task | None, who: Who, zone: str) -> dict[str, str]:
    if task is None:
        return dict.fromkeys(("task", "owner", "due", "claimed", "snoozed"), "a task no longer open")
    return {
        "task": task_in_words(task.kind),
        "owner": who(task.owner_id),
        "due": when(task.due_at, zone),
        "claimed": who(task.claimed_by) if task.claimed_by else "somebody",
        "snoozed": when(task.snoozed_until, zone) if task.snoozed_until else "later",
    }


def describe_step(step: Step, state: State, facts: Facts, who: Who, zone: str) -> str:
    """A step ahead: "SMS and e-mail to Maria on Tue 3 Mar 17:40 unless ...", or that it will not run and why."""
    task = state.task(step.about)
    message = next((m for m in facts.messages if m.id == step.about), None)
    colleague = fewest_open(facts.team, task.owner_id) if task else None
    words = _of_task(task, who, zone) | {
        "about": who(step.about) if step.act == "session_ends" else "",
        "due": when(step.due_at, zone),
        "ladder": _ladder(step, state, facts, who),
        "message": _to(message, who) if message else "Message",
        "colleague": "the colleague with the fewest open tasks" if colleague else "the lead",
    }
    said = capital(STEPS[step.act].format(**words))
    if step.why_not is None:
        return said
    ended = step.why_not.numbers.get("by") if step.why_not.rule == "ladder_ended" else None
    reason = _ended_by(str(ended)) if ended else explain(step.why_not, who, zone).rstrip(".")
    return f"{said.split(' unless ')[0]} will not run because {reason}"


def _ladder(step: Step, state: State, facts: Facts, who: Who) -> str:
    """Whom a ladder step tells, and how: without a second guardian it is an e-mail to the first."""
    ladder = (facts.policy_of(state.case.policy_version) if state.case else facts.policy).ladder
    position = ladder[step.number - 1].guardian if 0 < step.number <= len(ladder) else 1
    if position <= len(facts.guardians):
        return f"SMS and e-mail to {who(facts.guardians[position - 1].id)}"
    return f"E-mail to {who(facts.guardians[0].id)}" if facts.guardians else "Message to the family"
