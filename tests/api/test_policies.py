"""Policies: an admin publishes a version after the other."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import House
from tests.api.scenes import missed

pytestmark = pytest.mark.anyio


async def test_only_an_admin_publishes(house: House) -> None:
    assert (await house.anonymous.post("/v1/policies", json={})).status_code == 401
    for client in (house.alice, house.lea):
        assert (await client.post("/v1/policies", json={})).json()["type"] == "/problems/role_needed"
    assert (await house.integration.post("/v1/policies", json={})).json()["type"] == "/problems/actor_needed"


async def test_the_shipped_policy_is_version_1_and_the_next_is_2(house: House) -> None:
    shipped = (await house.alice.get("/v1/policies")).json()["items"]
    assert [p["version"] for p in shipped] == [1]
    asked = {**shipped[0]["policy"], "weekly_sms_cap": 2}
    published = await house.admin.post("/v1/policies", json=asked)
    assert (published.status_code, published.json()["version"]) == (201, 2)
    assert (await house.admin.post("/v1/policies", json={"misses": 4})).json()["version"] == 3
    listed = (await house.alice.get("/v1/policies")).json()["items"]
    assert [(p["version"], p["policy"]["weekly_sms_cap"], p["policy"]["misses"]) for p in listed] == [
        (3, 3, 4),
        (2, 2, 3),
        (1, 3, 3),
    ]
    assert [p["version"] for p in (await house.charlie.get("/v1/policies")).json()["items"]] == [1]


@pytest.mark.parametrize(
    "body",
    [
        {"misses": 1},
        {"misses": 9, "misses_of_last": 8},
        {"missess": 4},
        {"watch_for": "P9999999D"},
        {"fires_within": "-PT1H"},
        {"weekly_sms_cap": 10**9},
        {"ladder": [{"after": "P2D", "guardian": 1}, {"after": "P1D", "guardian": 2}]},
        {"ladder": [{"after": "P1D", "guardian": 0}]},
    ],
)
async def test_numbers_nobody_could_live_by_are_refused(house: House, body: dict[str, Any]) -> None:
    answer = await house.admin.post("/v1/policies", json=body)
    assert answer.status_code == 422, answer.text


async def test_a_policy_is_tried_on_what_happened_before_it_is_published(house: House) -> None:
    await missed(house, 0, 2)
    same = await house.lea.post("/v1/policies/try", json={})
    assert same.status_code == 200, same.text
    tried = same.json()
    assert (tried["students"], tried["of_students"], tried["covered"], tried["outcomes"]) == (1, 1, 100, 2)
    assert (tried["proposed"]["opened"], tried["proposed"]) == (
        [{"tier": 2, "rule": "unannounced_in_row", "cases": 1}],
        tried["in_force"],
    )
    strict = {"unannounced_in_row": 3, "unannounced_within_days": 1, "first_misses": 4, "misses": 5}
    assert (await house.admin.post("/v1/policies", json=strict)).status_code == 201
    looser = (await house.admin.post("/v1/policies/try", json={})).json()
    assert (looser["version"], looser["in_force"]["cases"]) == (2, 0)
    assert looser["in_words"][0] == "1 case, 1 more than now"
    assert [p["version"] for p in (await house.admin.get("/v1/policies")).json()["items"]] == [2, 1]


async def test_only_a_lead_or_admin_tries_one_and_each_on_his_own_students(house: House) -> None:
    await missed(house, 0, 1)
    assert (await house.anonymous.post("/v1/policies/try", json={})).status_code == 401
    assert (await house.alice.post("/v1/policies/try", json={})).json()["type"] == "/problems/role_needed"
    assert (await house.charlie.post("/v1/policies/try", json={})).json()["outcomes"] == 0
    assert (await house.lea.post("/v1/policies/try", json={"misses": 1})).status_code == 422
