"""Drafts: a message that waits for a person's word, the facts it was made from, and who worded it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

from domain.sending import HANDED_OVER, Channel, Message, MessageState, Purpose
from domain.templates import Template
from domain.value import Value

DrafterName = Literal["template", "language_model", "person"]


class FactSheet(Value):
    """All that a drafter may know of a notice. No name, address or id: names are the placeholders it writes instead.

    `facts` are what it may tell, in the family's language ("missed": "3 of the last 8"); `placeholders` are the
    variables it may write and what each stands for ("first": "the child's first name"); `like` is the template's text
    for each channel, with its variables.
    """

    purpose: Purpose
    language: str
    facts: dict[str, str] = {}
    placeholders: dict[str, str] = {}
    like: dict[Channel, Template] = {}


class Drafted(Value):
    """Words for each channel, with variables; who worded them; why the template did, if another drafter should have."""

    words: dict[Channel, Template]
    drafter: DrafterName = "template"
    fell_back: str | None = None
    tokens: int = 0


Standing = Literal["waiting", "expired", "approved", "left", "rejected", "withdrawn", "too_late"]
"""Where a draft stands. `expired`: the facts behind it have changed and a newer one takes its place. `too_late`: nobody
let it go while it was of use."""
REJECTED, FACTS_CHANGED = "rejected", "facts_changed"


def standing(messages: Sequence[Message], *, expired: bool) -> Standing:
    """Where the newest draft of a notice stands, told by its messages alone; `expired` when its facts have changed."""
    states = {m.state for m in messages}
    if states & HANDED_OVER:
        return "left"
    if any(m.in_review for m in messages):
        return "expired" if expired else "waiting"
    if any(m.approved_by and m.state in (MessageState.QUEUED, MessageState.HELD) for m in messages):
        return "approved"
    if expired:
        return "expired"
    if MessageState.EXPIRED in states:
        return "too_late"
    return "rejected" if any(m.reason == REJECTED for m in messages) else "withdrawn"


class Difference(Value):
    """A run of words: as the template has them, only there, or only here."""

    kind: Literal["same", "taken_out", "put_in"]
    words: str


def differences(template: str, words: str) -> tuple[Difference, ...]:
    """What was done to the template's words, in reading order."""
    before, after = template.split(), words.split()
    found: list[Difference] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Difference(kind="same", words=" ".join(before[a:b])))
            continue
        if b > a:
            found.append(Difference(kind="taken_out", words=" ".join(before[a:b])))
        if d > c:
            found.append(Difference(kind="put_in", words=" ".join(after[c:d])))
    return tuple(found)
