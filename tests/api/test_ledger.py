"""Top-ups and adjustments: asked, decided by the student's workflow, answered with the new balance."""

from __future__ import annotations

from uuid import uuid4

import pytest

from api import students_gateway
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


def _at(house: House, what: str) -> str:
    return f"/v1/enrollments/{house.academy.enrollment}/{what}"


async def test_nobody_touches_a_balance_without_a_key(house: House) -> None:
    for what in ("top-ups", "adjustments"):
        assert (await house.anonymous.post(_at(house, what), json={"units": 1})).status_code == 401


async def test_a_top_up_is_answered_with_the_new_balance(house: House) -> None:
    answer = await house.alice.post(_at(house, "top-ups"), json={"units": 10, "reason": "invoice 311"})
    assert (answer.status_code, answer.json()["balance"]) == (200, 10)
    adjusted = await house.bob.post(_at(house, "adjustments"), json={"units": -2, "reason": "booked twice"})
    assert adjusted.json()["balance"] == 8
    book = (await house.alice.get(_at(house, "ledger"))).json()
    assert book["balance"] == 8
    assert [(e["units"], e["balance_after"], e["reason"], e["by"], e["words"]) for e in book["items"]] == [
        (-2, 8, "booked twice", house.academy.bob, "Posted -2 sessions (adjusted by hand)"),
        (10, 10, "invoice 311", house.academy.alice, "Posted +10 sessions (top-up)"),
    ]
    part = (await house.alice.get(_at(house, "ledger?limit=1"))).json()
    assert (await house.alice.get(part["next"])).json()["items"] == book["items"][1:]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("top-ups", {"units": -5}),
        ("top-ups", {"units": 0}),
        ("top-ups", {"units": 1.5}),
        ("top-ups", {"units": 10**12}),
        ("top-ups", {}),
        ("adjustments", {"units": 0, "reason": "x"}),
        ("adjustments", {"units": 3}),
        ("adjustments", {"units": 3, "reason": "  "}),
    ],
)
async def test_what_cannot_be_booked_is_refused(house: House, what: str, body: dict[str, object]) -> None:
    answer = await house.alice.post(_at(house, what), json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid_request")
    assert (await house.alice.get(_at(house, "ledger"))).json()["items"] == []


async def test_an_unknown_enrollment_has_no_book(house: House) -> None:
    for method, what in (("GET", "ledger"), ("POST", "top-ups")):
        answer = await house.alice.request(method, f"/v1/enrollments/{uuid4()}/{what}", json={"units": 1})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/enrollment_unknown")


async def test_with_the_workers_away_an_act_is_accepted_and_can_be_asked_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert students_gateway.ANSWER_WITHIN.total_seconds() == 3
    monkeypatch.setattr(students_gateway, "ANSWER_WITHIN", students_gateway.ANSWER_WITHIN / 30)
    house.gateway.asleep = True
    answer = await house.alice.post(_at(house, "top-ups"), json={"units": 5})
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    act = answer.headers["Location"]
    assert (await house.alice.get(act)).json()["status"] == "accepted"
    assert (await house.charlie.get(act)).status_code == 404
    house.gateway.asleep = False
    house.gateway.nudge(house.academy.org, house.academy.student, "back")
    await house.rest()
    assert (await house.alice.get(act)).json()["status"] == "done"
    assert (await house.alice.get(_at(house, "ledger"))).json()["balance"] == 5
