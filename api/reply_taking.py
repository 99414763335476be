"""Taking in what a family wrote: whose it is, what it means, whom it is about; all in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from api.access import Caller
from db import answers, families, operations
from db.answers import Said
from db.engine import Tx
from db.families import Whose
from domain.replies import ABOUT_A_CHILD, Meaning, Understood, understand
from domain.tasks import TaskKind
from domain.value import Id


@dataclass(frozen=True)
class Written:
    """What came in. `read_as` is what the carrier's opt-out handling made of it, `answered` whether it has answered."""

    channel: Literal["sms", "email"]
    sender: str
    text: str
    read_as: Meaning | None = None
    answered: bool = False


async def take(here: Caller, tx: Tx, written: Written, whose: Whose | None, event_id: Id, now: datetime) -> None:
    """Keep a reply and tell the students it is about; a reply about nobody we can tell is a task for a person."""
    org_id = here.org_id
    guardian_id = whose.guardian_id if whose else None
    family = await families.children(tx, org_id, guardian_id) if guardian_id else []
    understood = _understood(written, [child.first_name for child in family])
    said = Said(written.text, understood.meaning, understood.rule, written.channel, written.sender, event_id=event_id)
    reply_id = here.new_id()
    if guardian_id is None or whose is None:
        await answers.keep(tx, org_id, reply_id, said, None, now)
        await operations.open_once(tx, org_id, TaskKind.READ_REPLY, now)
        return
    message_id, told_of = await families.told_of(tx, org_id, guardian_id, whose.message_id, now)
    said = replace(said, message_id=message_id)
    about = _about(understood, family, told_of)
    await answers.opt(tx, org_id, guardian_id, understood.meaning, reply_id, now)
    if not about:
        await answers.keep(tx, org_id, reply_id, said, guardian_id, now)
        await operations.open_once(tx, org_id, TaskKind.READ_REPLY, now)
        return
    answer = written.channel == "sms" and understood.meaning != "unclear" and not written.answered
    answer = answer and await answers.may_answer(tx, org_id, written.sender, now)
    for number, child in enumerate(about):
        row = here.new_id() if number else reply_id
        this = answer and not number  # one answer is enough, also where the reply counts for several
        inbox_id = await answers.receive(
            tx, org_id, child, guardian_id, row, said, now, answer=this, children=len(about)
        )
        here.wake(child, inbox_id)


def _understood(written: Written, children: list[str]) -> Understood:
    if written.read_as is not None:
        return Understood(meaning=written.read_as, rule="provider")
    understood = understand(written.text, children)
    if written.channel == "email" and understood.meaning in ("stop", "start", "help"):
        return Understood(meaning="unclear", rule="stop_by_email")  # consent to texts is the phone's
    return understood


def _about(understood: Understood, family: list[families.Child], told_of: list[Id]) -> list[Id]:
    """The children a reply names, else those of the message it answers, else the only one.

    What is about the guardian himself, or for a person to read, goes to one of them.
    """
    ids = [child.id for child in family]
    named = [child.id for child in family if child.first_name in understood.named]
    about = named or [child for child in told_of if child in ids] or (ids if len(ids) == 1 else [])
    if understood.meaning in ABOUT_A_CHILD:
        return about
    return (about or (ids if understood.meaning != "unclear" else []))[:1]
