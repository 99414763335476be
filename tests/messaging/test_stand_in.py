"""The stand-in itself: other tests lean on what it says it received."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from messaging.sender import Result
from messaging.twilio_sms import TwilioSms
from tests.messaging.letters import a_text
from tests.stand_in import StandIn, faults

pytestmark = pytest.mark.anyio
Make = Callable[..., TwilioSms]


async def test_a_fault_meant_for_one_number_leaves_the_others_alone(providers: StandIn, twilio: Make) -> None:
    providers.fail(faults.twilio_error(21610), to="+12025550102", times=None)

    results = [(await twilio().send(a_text(to=f"+1202555010{n}"))).result for n in (1, 2, 2, 3)]

    assert results == [Result.accepted, Result.failed, Result.failed, Result.accepted]


async def test_faults_are_used_up_in_order(providers: StandIn, twilio: Make) -> None:
    providers.fail(faults.too_many_requests(), times=2)
    providers.fail(faults.server_error())

    results = [(await twilio().send(a_text())).result for _ in range(4)]

    assert results == [Result.retry, Result.retry, Result.ambiguous, Result.accepted]


async def test_a_wrong_request_does_not_use_up_a_fault(providers: StandIn, twilio: Make) -> None:
    providers.fail(faults.server_error())

    results = [(await twilio().send(letter)).result for letter in (a_text(body=""), a_text())]

    assert results == [Result.failed, Result.ambiguous]


async def test_taken_tells_what_the_provider_has_whatever_it_said(providers: StandIn, twilio: Make) -> None:
    scripted = [faults.hang(takes=True), faults.hang(takes=False), faults.server_error(takes=True)]
    for number, fault in enumerate(scripted):
        providers.fail(fault, to=f"+1202555010{number}")
        await twilio().send(a_text(to=f"+1202555010{number}"))

    assert [request.to for request in providers.taken] == ["+12025550100", "+12025550102"]
    assert [request.status for request in providers.received] == [None, None, 500]


async def test_a_hanging_request_is_seen_while_it_hangs(providers: StandIn, twilio: Make) -> None:
    providers.fail(faults.hang())
    sending = asyncio.create_task(twilio().send(a_text()))

    [request] = await asyncio.to_thread(providers.wait_for, 1)

    assert request.to == "+12025550101"
    assert not sending.done()
    await sending


def test_waiting_for_what_does_not_come_ends(providers: StandIn) -> None:
    with pytest.raises(TimeoutError, match="0 of 1"):
        providers.wait_for(1, seconds=0.05)
