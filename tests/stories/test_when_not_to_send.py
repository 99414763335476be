"""When nothing is sent, or not yet: nights, a provider that is away, and no-shows nobody should believe."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from db import mail
from db.engine import Books
from db.journal_tables import messages, tasks
from domain.outcomes import Code
from domain.working_time import local
from messaging.choose import senders
from settings import Settings
from tests.academy import Academy, open_academy
from tests.stand_in import StandIn, closed_port
from tests.stories.reminding import enroll_families

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATE = timedelta(minutes=70)


@pytest.mark.parametrize(
    ("evening", "morning"),
    [
        ("2026-03-08T02:10", "2026-03-08T12:00"),  # the clocks go forward: a night of one hour less
        ("2026-11-01T01:10", "2026-11-01T13:00"),  # they go back: one hour more
    ],
)
async def test_a_night_with_a_change_of_clocks_ends_at_eight_all_the_same(
    books: Books, evening: str, morning: str
) -> None:
    missed = datetime.fromisoformat(evening).replace(tzinfo=UTC)
    a = await open_academy(books, missed, zone="America/New_York")
    assert local(missed, "America/New_York").strftime("%H:%M") == "21:10"
    await a.outcome(await a.session(missed - LATE), Code.NO_SHOW)
    await a.until(missed + timedelta(hours=14))
    told = await a.rows(messages, purpose="absence_notice")
    assert {m["channel"] for m in told} == {"sms", "email"}
    assert {m["handed_over_at"] for m in told} == {datetime.fromisoformat(morning).replace(tzinfo=UTC)}


async def test_a_provider_away_for_ten_minutes_gets_every_message_once_when_it_returns(books: Books) -> None:
    a = await open_academy(books, NOON)
    with StandIn() as provider, closed_port() as nowhere:
        there = provider.settings()
        away = there | {"twilio_api_url": nowhere, "sendgrid_api_url": nowhere}
        a.deliveries.senders = senders(Settings.model_validate(away))
        await a.outcome(await a.session(NOON - LATE), Code.NO_SHOW)
        await a.until(NOON + timedelta(minutes=10))
        waiting = await a.rows(messages, purpose="absence_notice")
        assert {(m["state"], m["reason"], m["handed_over_at"]) for m in waiting} == {("queued", "not_connected", None)}
        a.deliveries.senders = senders(Settings.model_validate(there))
        await a.until(NOON + timedelta(minutes=25))
        assert Counter(r.provider for r in provider.taken) == {"twilio": 1, "sendgrid": 1}
    for m in await a.rows(messages, purpose="absence_notice"):
        assert m["state"] == "sent"
        assert [t["result"] for t in m["attempts"]] == ["retry"] * (len(m["attempts"]) - 1) + ["accepted"]


@pytest.fixture
async def storm(books: Books) -> AsyncIterator[tuple[Academy, StandIn, list[str]]]:
    """Nine students in three sessions, all of them no-shows at once: the classroom has lost its evidence."""
    a = await open_academy(books, NOON)
    with StandIn() as provider:
        a.deliveries.senders = senders(Settings.model_validate(provider.settings()))
        students = [student for student, _ in await enroll_families(a, 9, "UTC")]
        sessions = [await a.session(NOON - LATE - timedelta(minutes=n)) for n in range(3)]
        for number, a.student in enumerate(students):
            await a.outcome(sessions[number % 3], Code.NO_SHOW)
        for a.student in students:
            await a.settle()
        a.now += timedelta(minutes=3)
        for a.student in students:
            await a.settle()
        yield a, provider, students


async def test_a_mass_of_false_no_shows_is_held_and_one_person_is_asked(
    storm: tuple[Academy, StandIn, list[str]],
) -> None:
    a, provider, students = storm
    held = await a.rows(messages, purpose="absence_notice")
    assert Counter((m["state"], m["reason"]) for m in held) == {("held", "blast_guard"): 18}
    assert provider.received == []
    (task,) = await a.rows(tasks, kind="blast_guard")
    assert task["owner_id"] == a.lea
    async with a.books.transaction() as tx:
        await mail.discard(tx, a.org, "blast_guard", a.now)
    for a.student in students:
        await a.until(NOON + timedelta(hours=1))
        a.now = NOON + timedelta(minutes=3)
    ended = await a.rows(messages, purpose="absence_notice")
    assert Counter((m["state"], m["reason"]) for m in ended) == {("cancelled", "discarded_by_a_person"): 18}
    assert provider.received == []


async def test_what_a_person_releases_leaves_once_and_is_not_held_again(
    storm: tuple[Academy, StandIn, list[str]],
) -> None:
    a, provider, students = storm
    async with a.books.transaction() as tx:
        await mail.release(tx, a.org, "blast_guard", a.now)
    for a.student in students:
        await a.settle()
    assert {m["state"] for m in await a.rows(messages, purpose="absence_notice")} == {"sent"}
    assert Counter(r.provider for r in provider.taken) == {"twilio": 9, "sendgrid": 9}
