"""Messages: every one with its reason, its attempts and its history; and sending one again by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row

from api.access import Here
from api.acts import note_retry
from api.once import router as doors
from api.values import Asked, FreeText, Listed, Lister, RowId, Told
from db import mail, names, notes
from domain.delivery import Report
from domain.explaining import code_in_words
from domain.segments import measured
from domain.sending import Channel, MessageState, Purpose
from domain.stopping import without_secret
from domain.tasks import Role

router = doors("messages")


class Attempt(BaseModel):
    """One call to the provider. `until` is until when it asked for nothing more, of any message."""

    at: datetime
    result: str
    code: str | None = None
    until: datetime | None = None


class Reported(BaseModel):
    """What the provider reported: its own word and code, and what that means."""

    at: datetime
    status: str
    code: str | None
    means: MessageState
    reason: str | None
    reason_in_words: str | None


class Passed(BaseModel):
    """A state the message has been in, and since when."""

    state: MessageState
    at: datetime


class Recipient(BaseModel):
    """Whom a message is for. `address` is where it went, once it did."""

    kind: str
    id: str
    name: str | None
    address: str | None


class Message(Told):
    """A message. Its id is the `nid` that rides in the provider's callbacks; `reason` says why it is where it is."""

    id: str
    purpose: Purpose
    channel: Channel
    recipient: Recipient
    student_id: str | None
    session_id: str | None
    case_id: str | None
    task_id: str | None
    state: MessageState
    reason: str | None
    reason_in_words: str | None
    due_at: datetime
    expires_at: datetime
    created_at: datetime
    attempts: list[Attempt]
    history: list[Passed]
    reports: list[Reported]
    look_up_at: datetime | None
    provider: str | None
    provider_id: str | None
    merged_into: str | None
    resent_by: str | None
    approved_by: str | None = Field(None, description="Who read its draft, or wrote it, and let it go")
    approved_at: datetime | None = None
    subject: str | None
    body: str | None
    template_version: int | None = Field(None, description="Of the operator's own words, if it was told in them")
    encoding: Literal["GSM-7", "UCS-2"] | None = Field(None, description="Of an SMS with a body: its letters")
    segments: int | None = Field(None, description="Of an SMS with a body: how many it travels in")


def message(row: Row[Any], people: dict[str, str]) -> Message:
    """The answer for a message's row."""
    whose = row.guardian_id or row.staff_id
    recipient = Recipient(kind=row.recipient_kind, id=whose, name=people.get(whose), address=row.address)
    words = code_in_words(row.reason) if row.reason else None
    reports = [_reported(r) for r in row.reports]
    travels = measured(row.body).model_dump() if row.channel == Channel.SMS and row.body else {}
    body = without_secret(row.body) if row.body else None
    return Message.of(row, recipient=recipient, reason_in_words=words, reports=reports, body=body, **travels)


def _reported(kept: dict[str, Any]) -> Reported:
    report = Report.model_validate(kept)
    words = code_in_words(report.reason) if report.reason else None
    return Reported(**report.model_dump(exclude={"state"}), means=report.state, reason_in_words=words)


@router.get("/messages")
async def list_messages(
    here: Here,
    listing: Lister,
    student_id: RowId | None = None,
    session_id: RowId | None = None,
    guardian_id: RowId | None = None,
    state: MessageState | None = None,
    channel: Channel | None = None,
) -> Listed[Message]:
    """List messages, newest first, also those that never left."""
    async with here.transaction() as tx:
        part = await mail.list_messages(
            tx,
            here.org_id,
            listing.cut,
            student_id=student_id,
            session_id=session_id,
            guardian_id=guardian_id,
            state=state,
            channel=channel,
        )
        people = await names.of_people(tx, here.org_id)
    return listing.answer(part, lambda row: message(row, people))


@router.get("/messages/{message_id}")
async def get_message(here: Here, message_id: RowId) -> Message:
    """One message."""
    async with here.transaction() as tx:
        row = await mail.one(tx, here.org_id, message_id)
        return message(row, await names.of_people(tx, here.org_id))


class ResendIn(Asked):
    """Why it goes again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the mailbox is empty again"}]})
    reason: FreeText | None = None


@router.post("/messages/{message_id}/resend", status_code=201)
async def resend_message(here: Here, message_id: RowId, response: Response, asked: ResendIn | None = None) -> Message:
    """Send a message once more, on a person's word: a message of its own, which names who asked for it."""
    by = here.person(Role.COORDINATOR).id
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await mail.resend(tx, here.org_id, message_id, here.new_id(), by, now)
        if row.student_id:
            reason = asked.reason if asked else None
            why = await notes.write(tx, here.org_id, here.new_id(), reason, by, now)
            await note_retry(here, tx, row.student_id, row.id, "resent", why, now)
        elif row.session_id:
            here.wake_session(row.session_id)
        people = await names.of_people(tx, here.org_id)
    response.headers["Location"] = f"/v1/messages/{row.id}"
    return message(row, people)
