"""Make-ups through the API: what we called off gives a credit, and a make-up for it needs one."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.outcomes import Code
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def _called_off(house: House, starts_at: datetime) -> str:
    session = await house.academy.session(starts_at)
    await house.academy.outcome(session, Code.CANCELLED_BY_OPERATOR)
    return session


async def _books(house: House, for_session: str, starts_at: datetime) -> httpx.Response:
    body = {
        "schedule_id": house.academy.schedule,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + timedelta(hours=1)).isoformat(),
        "make_up_for": for_session,
        "make_up_student_id": house.academy.student,
    }
    return await house.alice.post("/v1/sessions", json=body)


async def _credits(house: House) -> dict[str, Any]:
    answer = await house.alice.get(f"/v1/students/{house.academy.student}/make-ups")
    found: dict[str, Any] = answer.json()
    return found


async def test_a_called_off_session_is_made_up_once(house: House) -> None:
    session = await _called_off(house, MONDAY + 2 * DAY)
    found = await _credits(house)
    assert (found["available"], found["pending"]) == (1, 0)
    assert found["items"][0]["expires_at"] == (MONDAY + 62 * DAY).isoformat().replace("+00:00", "Z")
    too_late = await _books(house, session, MONDAY + 62 * DAY)
    assert (too_late.status_code, too_late.json()["type"]) == (409, "/problems/no_make_up_credit")
    answers = await asyncio.gather(*(_books(house, session, MONDAY + n * DAY) for n in (5, 6)))
    assert sorted(a.status_code for a in answers) == [201, 409], "also when two book at once"
    made = next(a for a in answers if a.status_code == 201).json()["id"]
    found = await _credits(house)
    assert (found["available"], found["pending"], found["items"][0]["make_up_id"]) == (0, 1, made)
    house.academy.now = MONDAY + 7 * DAY
    await house.academy.outcome(made, Code.ATTENDED)
    assert [c["state"] for c in (await _credits(house))["items"]] == ["used"]


async def test_the_third_open_one_is_not_granted_and_says_why(house: House) -> None:
    sessions = [await _called_off(house, MONDAY + n * DAY) for n in (1, 2, 3)]
    last = (await _credits(house))["items"][-1]
    assert (last["session_id"], last["state"]) == (sessions[-1], "not_granted")
    refused = await _books(house, sessions[-1], MONDAY + 9 * DAY)
    assert last["reason"] == refused.json()["detail"]


async def test_a_missed_session_is_made_up_without_a_credit(house: House) -> None:
    session = await house.academy.session(MONDAY - DAY)
    await house.academy.outcome(session, Code.NO_SHOW)
    assert (await _books(house, session, MONDAY + DAY)).status_code == 201
    assert (await _credits(house))["items"] == []
    assert (await house.charlie.get(f"/v1/students/{house.academy.student}/make-ups")).status_code == 404
