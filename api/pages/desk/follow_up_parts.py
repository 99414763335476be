"""What the page of a follow-up shows, gathered from the books: one look for a student's, another for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row

from api.own_messages import suggestion
from api.pages.desk import follow_up_steps, follow_up_words
from api.pages.desk.inbox_lines import snooze_choices
from api.pages.desk.why import why
from api.pages.visiting import StaffVisit
from db import conversation, names, pages_follow_up, pages_inbox, pages_operations, story
from db.engine import Tx
from db.listing import Cut
from domain.conversation import conversation as as_conversation
from domain.drivers import drivers, sessions_of, share, weeks
from domain.facts import Facts
from domain.sending import HANDED_OVER, Channel
from domain.tasks import TaskKind
from domain.value import Id
from domain.working_time import QUIET_HOURS, end_of_quiet_hours, in_quiet_hours, local

DECISIONS, TURNS = Cut(40), Cut(30)
STRIP = 24
LOOK_BACK = timedelta(days=3)
"""How far before a follow-up of no case its story begins."""
BY_MESSAGE = frozenset({TaskKind.FOLLOW_UP, TaskKind.LOW_BALANCE, TaskKind.NO_SESSIONS_HELD})
"""Follow-ups that begin with words to the family; the others with a call, or with something to look at."""
WAIT_DAYS, WAIT_HOUR = 2, 10


@dataclass(frozen=True)
class Asked:
    """What the address asks for: whom to write to and how, and whether to write where a call comes first."""

    to: Id | None = None
    channel: Channel | None = None
    write: bool = False


async def gather(here: StaffVisit, task_id: Id, asked: Asked) -> dict[str, Any]:
    """Everything the page shows. Raises NotFound."""
    async with here.transaction() as tx:
        now = await here.now(tx)
        row = await pages_inbox.one(tx, here.org_id, task_id)
        shown: dict[str, Any] = {
            "now": now,
            "r": row,
            "why": why(row),
            "is_open": row.finished_at is None,
            "place": await pages_follow_up.place(tx, here.org_id, here.me.id, task_id),
            "seen": await pages_follow_up.mark(tx, here.org_id, task_id),
            "team": await pages_inbox.colleagues(tx, here.org_id, here.me.id),
            "snoozes": snooze_choices(now, here.zone),
        }
        shown |= await (_of_student if row.student_id else _of_nobody)(here, tx, row, now)
        if row.kind == TaskKind.READ_REPLY:
            shown["unread"] = await pages_operations.unread(tx, here.org_id, row.student_id)
        if row.kind == TaskKind.READ_NOTE:
            shown["told"] = await pages_operations.note(tx, here.org_id, row.id)
        shown["draft"] = await _draft(here, tx, row, shown, asked) if shown["is_open"] and row.student_id else None
    shown["by_message"] = shown["draft"] is not None and (asked.write or row.kind in BY_MESSAGE)
    return shown


async def _draft(here: StaffVisit, tx: Tx, row: Row[Any], shown: dict[str, Any], asked: Asked) -> dict[str, Any] | None:
    """The template's words for the contact and the channel asked for; without any, the first that reaches somebody."""
    contacts = {c.id: c for c in shown["contacts"]}
    whom = contacts.get(asked.to or "") or next(iter(_reachable(shown["contacts"])), None)
    if whom is None:
        return None
    if not asked.write and row.kind not in BY_MESSAGE:
        return {"whom": whom}
    open_ways = ways(whom)
    channel = asked.channel or (open_ways[0] if open_ways else Channel.SMS)
    begun = await suggestion(here, tx, shown["as_it_stands"], whom.id, row.id, (channel,))
    (text,) = begun.texts
    parts = (text.words.story, text.words.ask)
    body = ("\n\n" if channel is Channel.EMAIL else " ").join(p for p in parts if p)
    return {
        "whom": whom,
        "channel": channel,
        "other": next((c for c in open_ways if c is not channel), None),
        "subject": text.words.subject,
        "body": body,
        "preview": text.preview,
        "checks": begun.checks,
        "leaves_at": leaves_at(whom.zone, shown["now"]),
    }


def ways(contact: Row[Any]) -> list[Channel]:
    """The channels on which a contact can be reached, texts first."""
    found = []
    if contact.phone and not contact.sms_opted_out_at and not contact.phone_closed:
        found.append(Channel.SMS)
    if contact.email and not contact.email_closed:
        found.append(Channel.EMAIL)
    return found


def _reachable(contacts: Any) -> list[Row[Any]]:
    return [c for c in contacts if ways(c)] or list(contacts)


def leaves_at(zone: str, now: datetime) -> datetime | None:
    """When a message written now leaves, where the night at the family's place keeps it; None by day."""
    return end_of_quiet_hours(now, zone, QUIET_HOURS) if in_quiet_hours(now, zone) else None


def waits_until(now: datetime, zone: str) -> datetime:
    """When a follow-up that waits for an answer comes back: in two days at ten, never on a weekend."""
    wall = local(now, zone)
    day = wall + timedelta(days=WAIT_DAYS)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.replace(hour=WAIT_HOUR, minute=0, second=0, microsecond=0)


async def _of_student(here: StaffVisit, tx: Tx, row: Row[Any], now: datetime) -> dict[str, Any]:
    org, student = here.org_id, row.student_id
    state, facts = await story.present(tx, org, student, now)
    called = dict(await story.called(tx, org, student, here.zone))
    case = state.case if state.case and state.case.id == row.case_id else None
    contacts = await pages_follow_up.contacts(tx, org, student, now)
    people = follow_up_words.who_of(called, here.me.id, contacts)
    missed_at = await pages_follow_up.lessons(tx, org, row.case_evidence or [])
    letters, replies, tried, _ = await conversation.part(tx, org, student, TURNS)
    decided = (await story.past(tx, org, student, DECISIONS)).rows
    turns = as_conversation(letters, replies, tried, people)
    enrolled = row.enrollment_id or (case.enrollment_id if case else None)
    mine = facts.enrollment(enrolled or "") or next(iter(facts.enrollments), None)
    run = sessions_of(state, facts, mine.id, now) if mine else ()
    evidence = [(o, missed_at[o.session_id].subject) for o in _by_start(facts, row.case_evidence or [], missed_at)]
    policy = facts.policy_of(case.policy_version) if case else facts.policy
    coming, will_not = follow_up_steps.ahead(state, facts, row.id, people, here.zone, now)
    found = drivers(state, facts, case, now) if case else ()
    fired = next((d.now for d in found if case and d.rule == case.rule), None)
    if fired and case and case.rule.endswith("in_row"):
        evidence = evidence[-fired:]
    first_at = evidence[0][0].starts_at if evidence else row.opened_at
    since = first_at if evidence else row.opened_at - LOOK_BACK
    to_family = [x.message for x in letters if x.message.created_at >= first_at]
    answered = max((r.at for r in replies if r.at >= first_at and r.guardian_id), default=None)
    asked_at = min((x.at for x in letters if x.at >= first_at and x.message.state in HANDED_OVER), default=None)
    return {
        "people": called,
        "as_it_stands": (state, facts, now),
        "why": why(row, fired),
        "first": follow_up_words.first_name(row.student_name),
        "policy": policy,
        "case": case,
        "contacts": contacts,
        "contact_words": follow_up_words,
        "lead": follow_up_words.lead(
            follow_up_words.first_name(row.student_name),
            evidence,
            [o for o in run if o.starts_at < first_at],
            to_family,
            answered,
            here.zone,
        ),
        "reasons": follow_up_words.reasons(found, share(run) if case else None, asked_at, answered, now),
        "codes": [o.code.value for o in run[-STRIP:]],
        "weeks": weeks(run, now),
        "share": share(run),
        "account": mine,
        "account_name": called.get(mine.id, "") if mine else "",
        "next_lesson": await pages_follow_up.next_lesson(tx, org, student, now),
        "before": follow_up_words.before(await pages_follow_up.earlier(tx, org, student, row.case_id), here.zone),
        "past": follow_up_steps.past(decided, turns, facts, since, people, here.zone),
        "coming": coming,
        "will_not": will_not,
        "waiting_draft": any(m.in_review for m in facts.messages),
        "back_at": waits_until(now, here.zone),
        "watch_until": now + policy.watch_for,
    }


def _by_start(facts: Facts, evidence: list[Id], known: dict[Id, Any]) -> list[Any]:
    found = [o for o in facts.outcomes if o.session_id in evidence and o.session_id in known]
    return sorted(found, key=lambda o: o.starts_at)


async def _of_nobody(here: StaffVisit, tx: Tx, row: Row[Any], now: datetime) -> dict[str, Any]:
    """What an operations task is about."""
    org = here.org_id
    shown: dict[str, Any] = {"contacts": (), "people": await names.of_people(tx, org)}
    match row.kind:
        case TaskKind.UNRECORDED:
            shown["unrecorded"] = await pages_operations.unrecorded(tx, org, row.instructor_id)
        case TaskKind.BLAST_GUARD:
            shown["held_messages"] = await pages_operations.held(tx, org, "blast_guard")
        case TaskKind.PROVIDER_MISCONFIGURED:
            shown["held_messages"] = await pages_operations.held(tx, org, "misconfigured")
        case TaskKind.WEBHOOK_FAILING:
            shown["endpoint"] = await pages_operations.endpoint(tx, org, row.endpoint_id)
        case _:
            pass
    return shown
