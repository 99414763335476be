"""How a run is drawn: its groups as lines of a timeline, what lies ahead, and what a person can step into."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from api.messages import Message
from api.runs import Group
from api.session_runs import SessionAhead
from api.timeline import Ahead
from domain.explaining import code_in_words
from domain.plain_words import capital, counted
from domain.run_words import step_in_words
from domain.sending import MessageState
from domain.stepping import FORCIBLE, SKIPPABLE
from domain.wording import when

SIGNS = {
    "stuck": ("Stuck", "alert", "bad"),
    "open_case": ("Open case", "case", "late"),
    "unrecorded": ("Not recorded", "ring", "late"),
    "waiting": ("Waiting", "clock", ""),
    "finished": ("Finished", "check", "ok"),
}
"""How a run stands: a badge's words, icon and tone."""
_ICONS = {
    "post_entry": "book",
    "cancel_message": "slash",
    "approve_message": "check",
    "recall_message": "back",
    "put_task": "task",
    "put_case": "case",
    "log_outreach": "phone",
    "take_back_outreach": "slash",
    "record_outcome": "book",
    "tell_student": "people",
    "open_unrecorded_task": "task",
}
_OF_MESSAGES = frozenset({"queue_message", "queue_staff_message"})
_LOST = frozenset({MessageState.FAILED, MessageState.UNDELIVERED})
_ARRIVED = frozenset({MessageState.SENT, MessageState.DELIVERED, MessageState.READ})
_STOPPED = frozenset({MessageState.SUPPRESSED, MessageState.CANCELLED, MessageState.EXPIRED})
_TRIED = {
    "accepted": "The provider took it",
    "retry": "Not taken up, to be tried again",
    "failed": "Refused for good",
    "misconfigured": "Our account or settings were refused",
    "ambiguous": "No usable answer: it may have left",
}
"""What one attempt came to."""


@dataclass(frozen=True)
class Did:
    """One thing that was done: an icon, what, and where it stands."""

    icon: str
    words: str
    stands: str = ""


@dataclass(frozen=True)
class Tries:
    """The attempts of one message and what the provider reported, in order."""

    words: str
    lines: Sequence[tuple[datetime, str]]


@dataclass(frozen=True)
class Line:
    """One group as the timeline shows it."""

    group: Group
    state: str
    words: str | None
    icon: str
    because: Sequence[tuple[str, str | None, str]]
    """Each reason: its words, the sessions behind it, and the rule's name."""
    did: Sequence[Did]
    tries: Sequence[Tries]
    raw: str


@dataclass(frozen=True)
class Coming:
    """A step ahead: what, unless what, when; `key` is set where a person can skip it or have it taken now."""

    state: str
    title: str
    detail: str | None
    at: datetime
    key: str | None = None


def days(groups: Sequence[Group], zone: str) -> list[tuple[date, list[Line]]]:
    """The groups, which come oldest first, by their local day and the newest first."""
    wall = ZoneInfo(zone)
    by_day = groupby(reversed(groups), lambda g: g.last_at.astimezone(wall).date())
    return [(day, [line(g) for g in of]) for day, of in by_day]


def line(group: Group) -> Line:
    """How one group is drawn."""
    state, words = _state(group)
    messages = [m for m in group.messages if m.recipient.kind != "staff"] or group.messages
    did = [Did(_icon_of(m), _to(m), _stands(m)) for m in group.messages]
    told = _OF_MESSAGES if did else frozenset()
    if "case" in group.headline:
        told |= {"put_case"}
    did += [Did(_ICONS.get(e.kind, "check"), e.words) for e in group.effects if e.kind not in told]
    raw = json.dumps(group.raw if group.times > 1 else group.raw[0], indent=2, default=str, ensure_ascii=False)
    said = group.headline.rstrip(".")
    return Line(
        group,
        state,
        words,
        "x" if state == "fail" else "alert" if state == "unsure" else _icon(group, messages),
        [(b.words, b.counted, b.rule) for b in group.because if b.words.rstrip(".") != said],
        did,
        [t for m in group.messages if (t := _tries(m))],
        raw,
    )


def _state(group: Group) -> tuple[str, str | None]:
    states = {m.state for m in group.messages}
    passed = {p.state for m in group.messages for p in m.history}
    if group.refused:
        return "fail", "Not accepted"
    if states & _LOST:
        return "fail", "Failed"
    if MessageState.UNKNOWN in states:
        return "unsure", "Unknown"
    return ("unsure", "Unknown, resolved") if MessageState.UNKNOWN in passed else ("done", None)


def _icon(group: Group, messages: Sequence[Message]) -> str:
    if group.by:
        return "people"
    kinds = {e.kind for e in group.effects}
    if "put_case" in kinds and "case" in group.headline:
        return "case"
    if group.kind == "reply_received":
        return "reply"
    return next((i for k, i in _ICONS.items() if k in kinds), _icon_of(messages[0]) if messages else "clock")


def _icon_of(message: Message) -> str:
    return "slash" if message.state in _STOPPED else "sms" if message.channel == "sms" else "mail"


def _to(message: Message) -> str:
    kind = "Text" if message.channel == "sms" else "E-mail"
    return f"{kind} to {message.recipient.name or 'a contact'}: {code_in_words(message.purpose)}"


def _stands(message: Message) -> str:
    if message.state in _STOPPED:
        return f"not sent, {message.reason_in_words}" if message.reason_in_words else "not sent"
    words = code_in_words(message.state)
    return f"{words}, {message.reason_in_words}" if message.reason_in_words and message.state not in _ARRIVED else words


def _tries(message: Message) -> Tries | None:
    """None for a message that went at once and of which nothing else was heard than that it arrived."""
    smooth = [a.result for a in message.attempts] in ([], ["accepted"])
    if smooth and all(r.means in _ARRIVED for r in message.reports):
        return None
    told = [(a.at, _TRIED.get(a.result, code_in_words(a.result)) + _coded(a.code)) for a in message.attempts]
    for r in message.reports:
        words = f": {r.reason_in_words}" if r.reason_in_words else ""
        told.append((r.at, f"Reported as {code_in_words(r.means)}{words}{_coded(r.code or r.status)}"))
    return Tries(f"{_to(message)}, {counted(str(len(message.attempts)), 'attempt')}", sorted(told))


def _coded(code: str | None) -> str:
    return f" ({code})" if code else ""


def coming(ahead: Iterable[Ahead], zone: str) -> list[Coming]:
    """The steps ahead of a student; the first that will run is armed."""
    found: list[Coming] = []
    for step in ahead:
        title, _, unless = step.words.partition(" will not run because ")[0].partition(" unless ")
        title = title.replace(f" on {when(step.at, zone)}", "")
        able = step.will_run and step.act in FORCIBLE
        detail = f"unless {unless}" if unless else None
        found.append(
            Coming(_of_step(step.will_run, found), title, step.why_not or detail, step.at, step.key if able else None)
        )
    return found


def coming_of_session(ahead: Iterable[SessionAhead]) -> list[Coming]:
    """The steps ahead of a session."""
    found: list[Coming] = []
    for step in ahead:
        why = capital(step.why_not) if step.why_not else None
        found.append(Coming(_of_step(step.will_run, found), step.words, why, step.at))
    return found


def _of_step(will_run: bool, before: Sequence[Coming]) -> str:
    return "skip" if not will_run else "plan" if any(c.state == "wait" for c in before) else "wait"


def choices(ahead: Iterable[Ahead], zone: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The steps a person can have taken now, and those he can skip: key and words."""
    steps = [a for a in ahead if a.will_run]
    named = {a.key: f"{c.title}, {when(a.at, zone)}" for a, c in zip(steps, coming(steps, zone), strict=True)}
    return (
        [(a.key, named[a.key]) for a in steps if a.act in FORCIBLE],
        [(a.key, named[a.key]) for a in steps if a.act in SKIPPABLE],
    )


def typical(groups: Iterable[Group]) -> float | None:
    """Milliseconds from a fact to its decision, in the middle of what these groups hold; None without any."""
    took = [_took(r) for g in groups for r in g.raw if r.get("received_at")]
    return median(took) if took else None


def _took(raw: dict[str, Any]) -> float:
    return max(float((raw["at"] - raw["received_at"]).total_seconds()) * 1000, 0.0)


def next_words(kind: str, act: str | None) -> str | None:
    """The armed step in words."""
    if act is None:
        return None
    return step_in_words(act) if kind == "session" else capital(code_in_words(act))
