"""A draft with everything a person is shown of it: words as they would leave, facts then and now, whom it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from db import drafts, messages, names, suppressions
from db.engine import Tx
from db.student_facts import to_message
from db.tables import guardians
from domain.draft_checks import Check, Worded, checks
from domain.draft_facts import changed, facts_of
from domain.drafts import Standing, standing
from domain.refusals import NotFound
from domain.sending import Channel, Message, Purpose, RecipientFacts
from domain.templates import Template
from domain.value import Id


@dataclass(frozen=True)
class Shown:
    """A draft: its row, its messages with their words, those it was made with, what is checked, and what changed."""

    draft: Row[Any]
    texts: tuple[Worded, ...]
    originals: dict[Id, Template]
    checks: tuple[Check, ...]
    changed: tuple[str, ...]
    newer_id: Id | None

    @property
    def messages(self) -> tuple[Message, ...]:
        """Its messages as they stand."""
        return tuple(t.message for t in self.texts)

    @property
    def expired(self) -> bool:
        """The facts behind it have changed, or a newer one stands in its place."""
        return bool(self.draft.expired_at or self.changed or self.newer_id)

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return "expired" if self.newer_id else standing(self.messages, expired=self.expired)


async def show(tx: Tx, org_id: Id, draft: Row[Any], now: datetime) -> Shown:
    """A draft as it stands now."""
    texts, originals = [], {}
    for row in await drafts.texts_of(tx, org_id, [draft.id]):
        message = to_message(row)
        words = Template(subject=row.words_subject, story=row.story, ask=row.ask)
        texts.append(Worded(message=message, names=await names.of(tx, org_id, message, now), words=words))
        originals[message.id] = Template(subject=row.original_subject, story=row.original_story, ask=row.original_ask)
    return Shown(
        draft=draft,
        texts=tuple(texts),
        originals=originals,
        checks=await checked(tx, org_id, texts, now) if texts else (),
        changed=tuple(draft.expired_because) or _changed(draft, texts),
        newer_id=await drafts.newer(tx, draft),
    )


def _changed(draft: Row[Any], texts: Sequence[Worded]) -> tuple[str, ...]:
    if not texts or texts[0].message.purpose is Purpose.PERSONAL or not any(t.message.in_review for t in texts):
        return ()
    return changed(draft.facts, facts_of(texts[0].message, texts[0].names))


async def checked(tx: Tx, org_id: Id, texts: Sequence[Worded], now: datetime) -> tuple[Check, ...]:
    """What is checked of these texts to one guardian."""
    message = texts[0].message
    to = await _recipient(tx, org_id, message)
    return checks(texts, to, await drafts.texts_in_7_days(tx, org_id, message.recipient_id, now))


async def _recipient(tx: Tx, org_id: Id, message: Message) -> RecipientFacts:
    query = select(guardians).where(guardians.c.org_id == org_id, guardians.c.id == message.recipient_id)
    person = (await tx.execute(query)).one_or_none()
    if person is None:
        raise NotFound("guardian_unknown", "there is no such contact; list the student's contacts to find one")
    closed = await suppressions.in_force(tx, org_id, person.phone, person.email)
    return messages.facts_of(
        person,
        is_staff=False,
        zone=person.zone,
        phone_closed=closed.get(Channel.SMS.value),
        email_closed=closed.get(Channel.EMAIL.value),
        is_contact=await messages.is_contact(tx, org_id, message.student_id, message.recipient_id),
    )
