"""What passed between a student's family and us, as a conversation reads: who said what to whom, and what became of it.

A notice is one thing to a family even where it is two messages (SMS and e-mail): what of it did not leave is told in
one line beside what did, with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Literal

from domain.explaining import code_in_words
from domain.plain_words import capital
from domain.replies import Meaning, Understood
from domain.reviewing import outreach_id
from domain.sending import HANDED_OVER, WAITING, Message, MessageState, Purpose
from domain.sentences import CHANNELS
from domain.stopping import without_secret
from domain.value import Id, Value

Kind = Literal["message", "reply", "outreach", "not_sent", "waiting"]
Who = Callable[[Id], str]
"""What an id is called: a person or a student. Answers for any id."""


class Letter(Value):
    """A message with its words as they left, or None; `with_student` names whose text it travelled in (`merged`)."""

    message: Message
    at: datetime
    subject: str | None = None
    words: str | None = None
    with_student: str | None = None


class Reply(Value):
    """What a guardian wrote about the student; `read_by` has read what the rules did not understand."""

    id: Id
    at: datetime
    guardian_id: Id | None
    sender: str | None = None
    channel: str
    words: str
    meaning: Meaning
    rule: str
    read_by: Id | None = None


class Outreach(Value):
    """A colleague's own try to reach the family, by phone for example."""

    id: Id
    at: datetime
    by: Id
    channel: str
    outcome: str | None = None
    note: str | None = None


class Turn(Value):
    """One turn. `heading` says who to whom and how, `words` what was said, `became` what came of it.

    `besides` are the other messages of the same notice that did not leave, each in one line with its reason.
    """

    kind: Kind
    at: datetime
    ids: tuple[Id, ...]
    heading: str
    subject: str | None = None
    words: str | None = None
    became: str
    besides: tuple[str, ...] = ()
    theirs: bool = False


def conversation(
    letters: Iterable[Letter], replies: Iterable[Reply], outreach: Iterable[Outreach], who: Who
) -> tuple[Turn, ...]:
    """The turns, the oldest first. A colleague's own message is outreach as well, and told once: in its words."""
    letters = tuple(letters)
    written = {outreach_id(x.message) for x in letters if x.message.purpose is Purpose.PERSONAL}
    turns = [
        *_of_letters(letters, who),
        *(_of_reply(r, who) for r in replies),
        *(_of_outreach(o, who) for o in outreach if o.id not in written),
    ]
    return tuple(sorted(turns, key=lambda t: (t.at, not t.theirs, t.ids)))  # who asks comes before who answers


def _of_letters(letters: Iterable[Letter], who: Who) -> list[Turn]:
    notices: dict[str, list[Letter]] = {}
    for letter in letters:
        notices.setdefault(letter.message.group, []).append(letter)
    turns = []
    for of_notice in notices.values():
        in_order = sorted(of_notice, key=lambda x: (x.at, x.message.channel, x.message.id))
        left = [x for x in in_order if x.message.state in HANDED_OVER]
        waits = [x for x in in_order if x.message.state in WAITING]
        rest = [x for x in in_order if x not in left and x not in waits]
        besides = tuple(_did_not_leave(x) for x in rest)
        shown = [*left, *waits]
        turns += [_of_letter(x, who, besides if x is shown[0] else ()) for x in shown]
        if not shown:
            turns.append(_not_sent(rest, besides, who))
    return turns


def _of_letter(letter: Letter, who: Who, besides: tuple[str, ...]) -> Turn:
    m = letter.message
    return Turn(
        kind="waiting" if m.state in WAITING else "message",
        at=letter.at,
        ids=(m.id,),
        heading=f"{capital(code_in_words(m.channel))} to {who(m.recipient_id)}{_sent_by(m, who)}: {_purpose(m)}",
        subject=letter.subject,
        words=without_secret(letter.words) if letter.words else None,
        became=_stands(m),
        besides=besides,
    )


def _not_sent(rest: list[Letter], besides: tuple[str, ...], who: Who) -> Turn:
    m = rest[0].message
    return Turn(
        kind="not_sent",
        at=rest[0].at,
        ids=tuple(x.message.id for x in rest),
        heading=f"To {who(m.recipient_id)}{_sent_by(m, who)}: {_purpose(m)}",
        became="; ".join(besides),
    )


def _purpose(m: Message) -> str:
    return code_in_words(m.purpose)


def _sent_by(m: Message, who: Who) -> str:
    """Whose word it took, where it took one."""
    by = m.resent_by or m.approved_by
    return f", sent again by {who(by)}" if m.resent_by and by else f", sent by {who(by)}" if by else ""


def _stands(m: Message) -> str:
    reason = f": {code_in_words(m.reason)}" if m.reason else ""
    match m.state:
        case MessageState.QUEUED:
            return f"waiting{reason}"
        case MessageState.UNDELIVERED:
            return f"not delivered{reason}"
        case MessageState.UNKNOWN:
            return code_in_words(m.reason or m.state)
        case _:
            return f"{code_in_words(m.state)}{reason}"


def _did_not_leave(letter: Letter) -> str:
    m = letter.message
    channel = capital(code_in_words(m.channel))
    if m.state is MessageState.MERGED:
        return f"{channel}: in one text with the one about {letter.with_student or 'a sibling'}"
    return f"{channel} not sent: {code_in_words(m.reason or m.state)}"


def _of_reply(reply: Reply, who: Who) -> Turn:
    sender = who(reply.guardian_id) if reply.guardian_id else reply.sender or "somebody"
    how = CHANNELS.get(reply.channel)
    meaning = code_in_words(reply.meaning)
    why = Understood(meaning=reply.meaning, rule=reply.rule).why
    if reply.read_by is not None:
        became = f"{who(reply.read_by)} has read it: {meaning}"
    elif reply.meaning == "unclear":
        became = why or "a person is to read it"
    else:
        became = f"understood: {meaning}. {why}" if why else f"understood: {meaning}"
    return Turn(
        kind="reply",
        at=reply.at,
        ids=(reply.id,),
        heading=f"{sender} {how}" if how else sender,
        words=reply.words,
        became=became,
        theirs=True,
    )


def _of_outreach(outreach: Outreach, who: Who) -> Turn:
    how = CHANNELS.get(outreach.channel, f"by {outreach.channel}")
    return Turn(
        kind="outreach",
        at=outreach.at,
        ids=(outreach.id,),
        heading=f"{who(outreach.by)} {how}",
        words=outreach.note,
        became=code_in_words(outreach.outcome) if outreach.outcome else "reached out",
    )
