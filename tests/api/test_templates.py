"""Templates: an operator's own words, tried, kept in versions and used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.journal_tables import messages
from db.tables import guardians
from domain.outcomes import Code
from domain.phrases import LANGUAGES
from domain.templates import CHANNELS
from tests.api.conftest import MONDAY, House

pytestmark = pytest.mark.anyio
NOTICE = "/v1/templates/absence_notice/sms/en"
OURS = {"story": "We missed {first} at {session} {on}.", "ask": "All well? {ask}"}


async def a_missed_session(house: House, at: Any = MONDAY - timedelta(hours=1)) -> list[dict[str, Any]]:
    """The texts to Maria after it, as they left."""
    session = await house.academy.session(at)
    await house.academy.outcome(session, Code.NO_SHOW)
    await house.academy.until(house.academy.now + timedelta(minutes=4))
    rows = await house.academy.rows(messages, channel="sms", guardian_id=house.academy.mother)
    return sorted((r for r in rows if r["body"]), key=lambda r: r["created_at"])


async def test_everybody_in_the_team_reads_what_families_are_told_and_only_an_admin_changes_it(house: House) -> None:
    listed = (await house.alice.get("/v1/templates")).json()["items"]
    assert len(listed) == sum(map(len, CHANNELS.values())) * len(LANGUAGES)
    assert not any(t["own"] for t in listed)
    one = (await house.alice.get(NOTICE)).json()
    assert one["words"] == one["shipped"]
    assert (one["version"], one["versions"], one["problems"]) == (None, [], [])
    assert {"name": "first", "means": "the child's first name"} in one["variables"]
    for client in (house.alice, house.lea):
        assert (await client.put(NOTICE, json=OURS)).json()["type"] == "/problems/role_needed"
        assert (await client.delete(NOTICE)).json()["type"] == "/problems/role_needed"
    assert (await house.integration.get("/v1/templates")).json()["type"] == "/problems/actor_needed"
    assert (await house.anonymous.get(NOTICE)).status_code == 401


@pytest.mark.parametrize("name", ["answer/sms/en", "live_rescue/email/en", "absence_notice/sms/eo"])
async def test_there_are_no_templates_for_what_is_not_sent(house: House, name: str) -> None:
    assert (await house.admin.get(f"/v1/templates/{name}")).json()["type"] == "/problems/template_unknown"


async def test_own_words_are_kept_in_versions_and_given_up_again(house: House) -> None:
    first = await house.admin.put(NOTICE, json=OURS)
    assert (first.status_code, first.json()["version"], first.json()["own"]) == (200, 1, True)
    assert (await house.admin.put(NOTICE, json=OURS)).json()["version"] == 1
    await house.admin.put(NOTICE, json=OURS | {"ask": "How is everybody? {ask}"})
    back = (await house.admin.delete(NOTICE)).json()
    assert (back["version"], back["own"], back["words"]) == (3, False, back["shipped"])
    assert (await house.admin.delete(NOTICE)).json()["version"] == 3
    assert [(v["version"], v["words"] and v["words"]["ask"]) for v in back["versions"]] == [
        (3, None),
        (2, "How is everybody? {ask}"),
        (1, "All well? {ask}"),
    ]
    assert {v["made_by"] for v in back["versions"]} == {house.admin_id}
    assert (await house.charlie.get(NOTICE)).json()["versions"] == []


async def test_every_problem_is_answered_at_once_and_nothing_is_kept(house: House) -> None:
    answer = await house.admin.put(NOTICE, json={"subject": "Hi", "story": "{firts} failed {0}.", "ask": "Bye."})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    told = [(e["pointer"], e["detail"]) for e in answer.json()["errors"]]
    assert [pointer for pointer, _ in told].count("#/story") >= 5
    assert ("#/subject", "An SMS has no subject. Leave it empty.") in told
    assert ("#/ask", "Families answer with a number. Put {ask} into what to do next, once, and nowhere else.") in told
    assert any(detail.startswith("There is no {firts} in this message.") for _, detail in told)
    assert (await house.alice.get(NOTICE)).json()["versions"] == []


async def test_a_family_is_told_in_the_operators_words_and_the_message_says_in_which_version(house: House) -> None:
    await house.admin.put(NOTICE, json=OURS)
    (text,) = await a_missed_session(house)
    assert text["body"] == (
        "Northstar Tutoring: We missed Sam at the Maths session on Mon 2 Mar, 14:00 UTC. "
        "All well? Reply 1 ill, 2 clash, 3 please call me."
    )
    shown = (await house.alice.get(f"/v1/messages/{text['id']}")).json()
    assert (text["template_version"], shown["template_version"]) == (1, 1)


async def test_a_family_of_another_language_is_not_told_in_words_for_this_one(house: House) -> None:
    await house.admin.put(NOTICE, json=OURS)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).values(language="es-MX"))
    (text,) = await a_missed_session(house)
    assert "Sam no estuvo en la clase de Maths" in text["body"]
    assert text["template_version"] is None


async def test_words_are_tried_on_a_made_up_family(house: House) -> None:
    tried = (await house.alice.post(f"{NOTICE}/preview", json=OURS)).json()
    assert tried["body"].startswith("Bright Path: We missed Ana at the Maths session on Wed 23 Sept, 18:00 CEST.")
    assert (tried["characters"], tried["encoding"], tried["segments"]) == (len(tried["body"]), "GSM-7", 1)
    assert tried["problems"] == []
    wrong = (await house.alice.post(f"{NOTICE}/preview", json={"story": "{first} failed {on}. 🙂"})).json()
    assert {p["code"] for p in wrong["problems"]} == {"missing", "missing_answers", "blame", "letters"}
    assert wrong["encoding"] == "UCS-2"
    assert (await house.alice.get(NOTICE)).json()["versions"] == []


async def test_words_are_tried_on_a_real_student_without_his_name(house: House) -> None:
    asked = OURS | {"subject": "{first}, {lesson} {day}", "student_id": house.academy.student}
    address = "/v1/templates/absence_notice/email/en/preview"
    before = (await house.alice.post(address, json=asked)).json()
    assert before["subject"] == "S..., the session"
    await a_missed_session(house)
    tried = (await house.alice.post(address, json=asked)).json()
    assert tried["subject"] == "S..., Maths on Mon 2 Mar"
    assert tried["body"].startswith("Hello M...,\n\nWe missed S... at the Maths session on Mon 2 Mar, 14:00 UTC.")
    assert not [name for name in ("Sam", "Reed", "Maria") if name in tried["body"]]
    assert (tried["encoding"], tried["segments"]) == (None, None)
    assert (await house.charlie.post(address, json=asked)).json()["type"] == "/problems/student_unknown"
