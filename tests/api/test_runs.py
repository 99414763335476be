"""Runs: found by an admin, read as groups of events, and stepped into with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from activities.session import advance_session
from db.engine import Books
from db.journal_tables import entries, messages
from db.tables import sessions
from domain.outcomes import Code
from tests.api.conftest import MONDAY, House
from tests.api.scenes import missed, open_task

pytestmark = pytest.mark.anyio


async def _runs(house: House, query: str = "") -> list[dict[str, Any]]:
    answer = await house.admin.get(f"/v1/runs?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def _run(house: House, limit: int = 50) -> dict[str, Any]:
    at = f"/v1/runs/student/{house.academy.student}?limit={limit}"
    found: dict[str, Any] = (await house.admin.get(at)).json()
    return found


async def _shown(house: House, show: str) -> list[dict[str, Any]]:
    at = f"/v1/runs/student/{house.academy.student}?show={show}"
    found: list[dict[str, Any]] = (await house.admin.get(at)).json()["items"]
    return found


async def _act(house: House, what: str, **body: Any) -> Any:
    at = f"/v1/runs/student/{house.academy.student}/{what}"
    return await house.lea.post(at, json={"reason": "the mother has called"} | body)


def _step(run: dict[str, Any], act: str) -> str:
    found: str = next(s["key"] for s in run["ahead"] if s["act"] == act and s["will_run"])
    return found


async def test_a_run_whose_rule_only_counts_lessons_can_be_read(house: House) -> None:
    await open_task(house)
    for _ in range(3):
        house.academy.now += timedelta(days=1)
        session = await house.academy.session(house.academy.now - timedelta(hours=2))
        await house.academy.outcome(session, Code.ATTENDED)
        await house.academy.settle()
    run = await _run(house)
    assert any(b["rule"] == "present_in_row" for group in run["items"] for b in group["because"]), run["items"][-1]


# --- finding ----------------------------------------------------------------------------------------------------------


async def test_a_run_is_found_by_who_it_is_how_it_stands_and_what_fired(house: House) -> None:
    await open_task(house)
    (run,) = await _runs(house)
    assert (run["name"], run["stands"], run["tier"], run["policy_version"]) == ("Sam Reed", "open_case", 2, 1)
    assert (run["next_act"], run["workflow_id"]) == ("remind", f"student:{house.academy.student}")
    since = (house.academy.now - timedelta(hours=3)).isoformat().replace("+00:00", "Z")
    for query in (
        "q=reed",
        "stands=open_case&policy_version=1",
        "step=remind",
        "rule=unannounced_in_row",
        f"since={since}&rule=charged",
    ):
        assert await _runs(house, query) == [run], query
    for query in (
        "q=100%25",
        "stands=stuck",
        "policy_version=2",
        "step=wake",
        "rule=many_misses",
        f"until={MONDAY.date()}T00:00:00Z",
    ):
        assert await _runs(house, query) == [], query
    assert (await house.charlie.get("/v1/runs")).json()["items"] == []
    assert (await house.charlie.get(f"/v1/runs/student/{house.academy.student}")).status_code == 404
    assert (await house.anonymous.get("/v1/runs")).status_code == 401


async def test_what_nobody_takes_for_15_minutes_is_stuck(house: House) -> None:
    await open_task(house)
    house.academy.now += timedelta(days=1)
    assert [r["stands"] for r in await _runs(house, "stands=stuck")] == ["stuck"]


# --- reading ----------------------------------------------------------------------------------------------------------


async def test_a_run_reads_from_the_oldest_fact_to_the_newest_with_what_fired(house: House) -> None:
    await open_task(house)
    run = await _run(house)
    titles = [g["title"] for g in run["items"]]
    assert titles == ["An outcome came in", "An outcome came in"]
    opened = run["items"][-1]
    fired = next(b for b in opened["because"] if b["rule"] == "unannounced_in_row")
    assert (fired["words"], fired["counted"]) == (
        "Missed 2 sessions in a row without notice in time.",
        "Mon 2 Mar and Tue 3 Mar, limit 2",
    )
    assert {"kind": "put_case", "words": "Case opened at tier 2"} in opened["effects"]
    assert opened["headline"] == "Opened a tier 2 case and gave it to Alice"
    assert opened["messages_in_words"] == "1 text and 1 e-mail: 2 sent, none answered"
    assert [a["result"] for m in opened["messages"] for a in m["attempts"]] == ["accepted", "accepted"]
    assert opened["raw"][0]["event"]["kind"] == "outcome_recorded"
    assert (run["policy_version"], run["run"]["temporal_url"]) == (1, None)
    newest = await _run(house, limit=1)
    assert [g["id"] for g in newest["items"]] == [opened["id"]]
    older = (await house.admin.get(newest["next"])).json()
    assert [g["id"] for g in older["items"]] == [run["items"][0]["id"]]


async def test_equal_facts_in_a_row_are_one_group(house: House) -> None:
    await open_task(house)
    academy = house.academy
    await academy.until(academy.now + timedelta(days=4))
    steps = [g for g in (await _run(house))["items"] if g["title"] == "It was time: the next message to the family"]
    sent = [(g["times"], g["messages_in_words"]) for g in steps]
    assert sum(times for times, _ in sent) == 2
    assert all(words and words.endswith("none answered") for _, words in sent)
    assert sum(len(g["raw"]) for g in steps) == 2


async def test_a_session_has_a_run_of_its_own(house: House, books: Books) -> None:
    academy = house.academy
    session = await academy.session(MONDAY + timedelta(hours=2))
    async with books.transaction() as tx:
        created = {"created_at": MONDAY, "next_due": MONDAY + timedelta(hours=3)}
        await tx.execute(update(sessions).where(sessions.c.id == session).values(created))
    academy.now = MONDAY + timedelta(hours=3, minutes=45)
    async with books.transaction() as tx:
        await advance_session(tx, academy.org, session, academy.now)
    (found,) = await _runs(house, "kind=session&q=maths")
    assert (found["stands"], found["next_act"], found["workflow_id"]) == ("unrecorded", "chase", f"session:{session}")
    run = (await house.admin.get(f"/v1/runs/session/{session}")).json()
    titles = [g["title"] for g in run["items"]]
    assert titles[-1] == "Time to ask the instructor for attendance"
    assert [e["words"] for e in run["items"][-1]["effects"]] == ["E-mail to Ivan queued"]
    assert [(s["act"], s["will_run"]) for s in run["ahead"]] == [("chase", True), ("open_task", True)]
    assert (await house.charlie.get(f"/v1/runs/session/{session}")).status_code == 404
    refused = await house.admin.get("/v1/runs?kind=session&policy_version=1")
    assert refused.json()["type"] == "/problems/filter_not_for_sessions"


# --- stepping in ------------------------------------------------------------------------------------------------------


async def test_only_a_lead_steps_in_and_says_why(house: House) -> None:
    await open_task(house)
    at = f"/v1/runs/student/{house.academy.student}"
    for what, body in {
        "skip": {"step": "x"},
        "force": {"step": "x"},
        "waive": {"outcome_id": str(uuid4())},
        "retry": {"message_id": str(uuid4())},
    }.items():
        asked = {**body, "reason": "so"}
        assert (await house.anonymous.post(f"{at}/{what}", json=asked)).status_code == 401
        assert (await house.alice.post(f"{at}/{what}", json=asked)).json()["type"] == "/problems/role_needed"
        assert (await house.lea.post(f"{at}/{what}", json=body)).status_code == 422
        assert (await house.charlie.post(f"{at}/{what}", json=asked)).status_code == 404


async def test_a_skipped_step_stays_in_the_plan_and_in_the_history_with_its_reason(house: House) -> None:
    await open_task(house)
    step = _step(await _run(house), "ladder_step")
    assert (await _act(house, "skip", step=step)).json()["status"] == "done"
    run = await _run(house)
    (shown,) = [s for s in run["ahead"] if s["key"] == step]
    assert (shown["will_run"], shown["why_not"]) == (False, "Lea skipped it.")
    group = run["items"][-1]
    assert [g["id"] for g in await _shown(house, "people")] == [group["id"]]
    assert (group["title"], group["by_name"], group["note"]) == ("Lea skipped a step", "Lea", "the mother has called")
    again = await _act(house, "skip", step=step)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/step_not_armed")
    assert (await _run(house))["items"][-1]["refused"].startswith("This step is not ahead any more.")


async def test_a_forced_step_is_taken_at_once_and_once(house: House) -> None:
    await open_task(house)
    step = _step(await _run(house), "ladder_step")
    key = {"Idempotency-Key": "one act"}
    at = f"/v1/runs/student/{house.academy.student}/force"
    for _ in range(2):
        assert (await house.lea.post(at, json={"step": step, "reason": "now"}, headers=key)).status_code == 200
    concerns = await house.academy.rows(messages, purpose="concern")
    assert len(concerns) == 4
    assert (await _run(house))["items"][-1]["title"] == "Lea had a step taken now"


async def test_a_charge_is_waived_once(house: House) -> None:
    await missed(house, 0)
    (outcome,) = {e["outcome_id"] for e in await house.academy.rows(entries)}
    assert (await _act(house, "waive", outcome_id=outcome)).status_code == 200
    ledger = (await house.alice.get(f"/v1/enrollments/{house.academy.enrollment}/ledger")).json()
    assert (ledger["balance"], ledger["items"][0]["reason"]) == (0, "the mother has called")
    assert "(waived)" in ledger["items"][0]["words"]
    again = await _act(house, "waive", outcome_id=outcome)
    assert (again.status_code, again.json()["type"]) == (409, "/problems/waived_already")
    assert (await _act(house, "waive", outcome_id=str(uuid4()))).json()["type"] == "/problems/outcome_unknown"


async def test_a_failed_message_goes_again_and_a_held_one_is_released(house: House, books: Books) -> None:
    await missed(house, 0)
    email, sms = sorted(await house.academy.rows(messages, purpose="absence_notice"), key=lambda m: m["channel"])
    async with books.transaction() as tx:
        await tx.execute(update(messages).where(messages.c.id == email["id"]).values(state="failed", reason="bounced"))
        held = {"state": "held", "reason": "blast_guard"}
        await tx.execute(update(messages).where(messages.c.id == sms["id"]).values(held))
    assert [g["kind"] for g in await _shown(house, "failures")] == ["outcome_recorded"]
    assert len(await _shown(house, "messages")) == 1
    again = (await _act(house, "retry", message_id=email["id"])).json()
    assert again["message_id"] != email["id"]
    assert (await _act(house, "retry", message_id=sms["id"])).json()["message_id"] == sms["id"]
    await house.rest()
    groups = (await _run(house))["items"][-2:]
    assert [g["messages_in_words"].split(":")[0] for g in groups] == ["1 e-mail", "1 text"]
    assert [(g["title"], g["because"][0]["words"], g["note"]) for g in groups] == [
        ("Lea let a message go again", "Lea sent the e-mail once more.", "the mother has called"),
        ("Lea let a message go again", "Lea released the SMS that was held.", "the mother has called"),
    ]
    refused = await _act(house, "retry", message_id=again["message_id"])
    assert refused.json()["type"] == "/problems/not_resendable"


async def test_a_run_leads_to_its_workflow_where_the_engines_pages_are_known(house: House) -> None:
    pages = {"temporal_ui_url": "http://engine.test/"}
    house.app.state.settings = house.app.state.settings.model_copy(update=pages)
    run = (await _run(house))["run"]
    at = f"http://engine.test/namespaces/default/workflows/student:{house.academy.student}"
    assert run["temporal_url"] == at
