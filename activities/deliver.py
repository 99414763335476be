"""`deliver`: one attempt of one message. Claim and word it, call the provider, record the answer.

The row is written before the provider is called and its result after. A retry that finds its row `sending` cannot
know whether the provider has the message and records `unknown`; it never sends blindly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row
from temporalio import activity

from activities import link_letters, reviewed
from activities.inputs import DELIVER, DeliverIn, DeliverOut
from activities.looking_up import Question, answered, checked, first_check, first_look_up, question
from db import clock, inbox, messages, names, operations, reports, suppressions, unsubscribing
from db.engine import Books, Tx
from db.student_facts import newest_policy, to_message
from domain.events import MessageReported
from domain.sending import (
    ABOUT_ABSENCE,
    EMAIL_AGAIN_AFTER,
    RELEASED,
    TRYING_ONCE_MORE,
    Channel,
    Message,
    MessageState,
    Purpose,
    Verdict,
    busy_for,
    may_leave,
    next_attempt,
)
from domain.staff_pages import page_of
from domain.tasks import TaskKind
from domain.value import Id
from domain.wording import compose
from messaging.sender import Channel as Way
from messaging.sender import Letter, LooksUp, Receipt, Result, Sender

S = MessageState
_STATES: Mapping[str, MessageState] = {"suppress": S.SUPPRESSED, "expire": S.EXPIRED, "hold": S.HELD}


@dataclass(frozen=True)
class Claim:
    """A letter that may leave, with the row it is claimed from."""

    letter: Letter
    attempts: int


class DeliverActivities:
    """Holds the books, the ways out and our public address, where families end e-mails, for `deliver`."""

    def __init__(self, books: Books, senders: Mapping[Way, Sender], public_url: str | None = None) -> None:
        self.books, self.senders, self.public_url = books, senders, public_url

    @activity.defn(name=DELIVER)
    async def deliver(self, given: DeliverIn) -> DeliverOut:
        """One attempt. Never raises for a provider's answer."""
        return await self.attempt(given.org_id, given.message_id, activity.info().started_time)

    async def attempt(self, org_id: Id, message_id: Id, engine_now: datetime) -> DeliverOut:
        """The same at the given engine time."""
        async with self.books.transaction() as tx:
            now = engine_now.astimezone(UTC) + await clock.ahead(tx)
            claim = await _claim(tx, org_id, message_id, now, self.senders, self.public_url)
        if isinstance(claim, DeliverOut):
            return claim
        if isinstance(claim, Question):
            return await self._look_up(org_id, message_id, claim, now)
        clock_of_loop = asyncio.get_running_loop().time
        began = clock_of_loop()
        receipt = await self.senders[claim.letter.channel].send(claim.letter)
        if receipt.retry_after is not None:  # counts from the answer, and that may have taken its time
            receipt = replace(receipt, retry_after=receipt.retry_after + timedelta(seconds=clock_of_loop() - began))
        async with self.books.transaction() as tx:
            return await _record(tx, org_id, message_id, claim, receipt, self.senders[claim.letter.channel], now)

    async def _look_up(self, org_id: Id, message_id: Id, asked: Question, now: datetime) -> DeliverOut:
        """Ask the provider what became of an SMS; nothing is sent."""
        sender = self.senders["sms"]
        if asked.provider_id is not None:
            stands = await sender.standing(asked.provider_id, now) if isinstance(sender, LooksUp) else None
            async with self.books.transaction() as tx:
                return await checked(tx, org_id, message_id, stands, now)
        found = await sender.look_up(asked.to, asked.body, asked.since, now) if isinstance(sender, LooksUp) else None
        async with self.books.transaction() as tx:
            return await answered(tx, org_id, message_id, found, now)


async def _claim(
    tx: Tx, org_id: Id, message_id: Id, now: datetime, senders: Mapping[Way, Sender], public_url: str | None
) -> Claim | Question | DeliverOut:
    whose = await messages.recipient_of(tx, org_id, message_id)
    if whose is None:
        return DeliverOut(state="gone")
    person = await messages.lock_recipient(tx, org_id, whose.guardian_id, whose.staff_id)
    row = await messages.lock_message(tx, org_id, message_id)
    if row.state == S.SENDING:
        return await _ambiguous(tx, org_id, row, senders[row.channel], now, reason="delivery_interrupted")
    if row.state != S.QUEUED:
        return question(row, now) or DeliverOut(state=row.state)
    message, others = to_message(row), await _siblings(tx, org_id, row, now)
    provider = senders[message.channel.value].name
    facts = await _recipient_facts(tx, org_id, person, message, others, now)
    facts = facts.model_copy(update={"provider_busy_until": await messages.busy_until(tx, provider, now)})
    verdict = may_leave(message, facts, now)
    if verdict.act != "leave":
        return await _does_not_leave(tx, org_id, message, verdict, now)
    with_it = [r for r in others if r.id in verdict.merge]
    said = await reviewed.as_read(tx, org_id, message, await names.of(tx, org_id, message, now), now)
    if said is None:
        return DeliverOut(state=S.HELD)
    if message.purpose is Purpose.SIGN_IN_LINK:  # the reader asked for it: nothing to end
        stop_link, (text, kept) = None, await link_letters.written(tx, org_id, message, said)
    else:
        stop_link = await unsubscribing.link_for(tx, org_id, message, person, public_url, now)
        links = {"stop_link": stop_link, "link": page_of(message, public_url)}
        text = kept = compose(
            message,
            said.model_copy(update=links),
            tuple([(to_message(r), await names.of(tx, org_id, to_message(r), now)) for r in with_it]),
        )
    address = person.phone if message.channel is Channel.SMS else person.email
    claimed = {"address": address, "subject": kept.subject, "body": kept.body, "handed_over_at": now}
    claimed["template_version"] = text.template_version
    await messages.record(tx, org_id, message, S.SENDING, now, reason=None, provider=provider, **claimed)
    for r in with_it:
        await messages.record(tx, org_id, r, S.MERGED, now, merged_into=message.id, handed_over_at=now)
    letter = Letter(
        nid=message.id,
        channel=message.channel.value,
        to=address,
        subject=text.subject,
        body=text.body,
        valid_for=message.expires_at - now,
        stop_link=stop_link,
    )
    return Claim(letter=letter, attempts=len(row.attempts) + 1)


async def _siblings(tx: Tx, org_id: Id, row: Row[Any], now: datetime) -> list[Row[Any]]:
    if row.guardian_id is None or row.channel != Channel.SMS or row.purpose not in ABOUT_ABSENCE:
        return []
    return await messages.siblings(tx, org_id, row.guardian_id, row.id, now)


async def _recipient_facts(
    tx: Tx, org_id: Id, person: Row[Any], message: Message, others: list[Row[Any]], now: datetime
) -> Any:
    if message.recipient_kind == "staff":
        return messages.facts_of(person, is_staff=True, zone="UTC")
    policy = await newest_policy(tx, org_id)
    about_absence = message.purpose in ABOUT_ABSENCE
    closed = await suppressions.in_force(tx, org_id, person.phone, person.email)
    return messages.facts_of(
        person,
        is_staff=False,
        zone=person.zone,
        phone_closed=closed.get(Channel.SMS.value),
        email_closed=closed.get(Channel.EMAIL.value),
        is_contact=await messages.is_contact(tx, org_id, message.student_id, message.recipient_id),
        counted_sms=await messages.counted_sms(tx, org_id, message.recipient_id, now),
        weekly_sms_cap=policy.weekly_sms_cap,
        siblings=tuple(to_message(r) for r in others),
        **({"blast": await messages.blast(tx, org_id, now)} if about_absence else {}),
    )


async def _does_not_leave(tx: Tx, org_id: Id, message: Message, verdict: Verdict, now: datetime) -> DeliverOut:
    """Waits, or ends here with its reason; what ended is a fact for the student."""
    if verdict.act == "wait":
        reason = RELEASED if message.reason == RELEASED else verdict.reason
        later = {"due_at": verdict.until, "reason": reason, "handed_out_at": None}
        await messages.record(tx, org_id, message, S.QUEUED, now, **later)
        return DeliverOut(state=S.QUEUED, changes_plan=True)
    state = _STATES[verdict.act]
    await messages.record(tx, org_id, message, state, now, reason=verdict.reason)
    if state is S.HELD:
        await operations.open_once(tx, org_id, TaskKind.BLAST_GUARD, now)
        return DeliverOut(state=state)
    await _report(tx, org_id, message, now)
    return DeliverOut(state=state, changes_plan=True)


async def _report(tx: Tx, org_id: Id, message: Row[Any] | Message, now: datetime) -> None:
    if message.student_id is not None:
        await inbox.put(tx, org_id, message.student_id, MessageReported(message_id=message.id), now)


async def _record(
    tx: Tx, org_id: Id, message_id: Id, claim: Claim, receipt: Receipt, sender: Sender, now: datetime
) -> DeliverOut:
    if receipt.result is Result.failed:  # it may close his address, and the person is always locked before the message
        whose = await messages.recipient_of(tx, org_id, message_id)
        if whose is not None:
            await messages.lock_recipient(tx, org_id, whose.guardian_id, whose.staff_id)
    row = await messages.lock_message(tx, org_id, message_id)
    attempt = {"at": now.isoformat(), "result": receipt.result.value, "code": receipt.provider_code}
    if (pause := busy_for(receipt.reason, receipt.retry_after)) and receipt.result is Result.retry:
        attempt["until"] = (now + pause).isoformat()
    tried = {"attempts": [*row.attempts, attempt]}
    provider_id = receipt.provider_id or row.provider_id
    if row.reports:  # a report was quicker than this answer, and knows more
        check_at = first_check(row, sender, provider_id) if row.state == S.SENT else None
        await reports.note(tx, org_id, row, provider_id=provider_id, look_up_at=check_at, **tried)
        return DeliverOut(state=row.state)
    match receipt.result:
        case Result.accepted:
            sent = {"provider_id": provider_id, "reason": None, "look_up_at": first_check(row, sender, provider_id)}
            await messages.record(tx, org_id, row, S.SENT, now, **sent, **tried)
            return DeliverOut(state=S.SENT)
        case Result.retry:
            later = {"due_at": now + next_attempt(claim.attempts, receipt.retry_after), "handed_out_at": None}
            await _give_back(tx, org_id, row, now, S.QUEUED, reason=receipt.reason or "not_reached", **later, **tried)
            return DeliverOut(state=S.QUEUED, changes_plan=True)
        case Result.misconfigured:
            await _give_back(tx, org_id, row, now, S.HELD, reason="misconfigured", **tried)
            await operations.open_once(tx, org_id, TaskKind.PROVIDER_MISCONFIGURED, now)
            return DeliverOut(state=S.HELD)
        case Result.failed:
            await _give_back(tx, org_id, row, now, S.FAILED, reason=receipt.reason or "refused", **tried)
            await suppressions.learn(tx, org_id, row, receipt.reason, now)
            await _report(tx, org_id, row, now)
            return DeliverOut(state=S.FAILED, changes_plan=True)
        case Result.ambiguous:
            return await _ambiguous(tx, org_id, row, sender, now, reason=receipt.reason or "no_answer", **tried)


async def _give_back(tx: Tx, org_id: Id, row: Row[Any], now: datetime, state: MessageState, **values: Any) -> None:
    """The provider does not have it: it counts for no cap, and what travelled with it goes its own way again."""
    await messages.record(tx, org_id, row, state, now, handed_over_at=None, **values)
    await messages.unmerge(tx, org_id, row.id, now)


async def _ambiguous(
    tx: Tx, org_id: Id, row: Row[Any], sender: Sender, now: datetime, *, reason: str, **tried: Any
) -> DeliverOut:
    """The provider may have it. An SMS is looked up; an e-mail is tried once more, its `unknown` kept in sight."""
    attempts = tried.get("attempts", [*row.attempts, {"at": now.isoformat(), "result": "ambiguous", "code": None}])
    unknown = {"reason": reason, "attempts": attempts, "look_up_at": first_look_up(row, sender, now)}
    await messages.record(tx, org_id, row, S.UNKNOWN, now, **unknown)
    unknown_before = sum(a["result"] == Result.ambiguous for a in row.attempts)
    if row.channel == Channel.EMAIL and not unknown_before and now + EMAIL_AGAIN_AFTER < row.expires_at:
        again = {"due_at": now + EMAIL_AGAIN_AFTER, "handed_out_at": None, "reason": TRYING_ONCE_MORE}
        await messages.record(tx, org_id, row, S.QUEUED, now, **again)
    else:
        await _report(tx, org_id, row, now)
    return DeliverOut(state=S.UNKNOWN, changes_plan=True)
