"""A follow-up in a browser: from reading to finishing, in the ways a coordinator works."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert, update

from api.pages import static_files
from db import logins, operations
from db.journal_tables import cases, messages, outreach, tasks
from db.tables import guardians, students
from domain.tasks import TaskKind
from domain.value import Id
from tests.pages.judging import assert_accessible, assert_light
from tests.pages.look import NAMES, fill
from tests.pages.serving import Served


def _task(served: Served) -> str:
    """Sam misses twice; the address of Alice's follow-up."""
    served.missed()
    return f"/tasks/{_row(served, tasks)['id']}"


def _row(served: Served, table: Any, **where: Any) -> dict[str, Any]:
    (row,) = served.do(served.academy.rows(table, **where))
    found: dict[str, Any] = row
    return found


def _personal(served: Served) -> list[dict[str, Any]]:
    return served.do(served.academy.rows(messages, purpose="personal"))


def test_alice_reads_sends_and_finishes_with_one_key_and_takes_it_back_with_another(served: Served, page: Page) -> None:
    path = _task(served)
    served.sign_in(page, "alice").goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sam Reed missed 2 in a row")
    expect(page.locator(".lead")).to_contain_text("Nobody joined Maths on Sat 28 Feb or Sun 1 Mar, and nobody wrote.")
    expect(page.get_by_label("Message to Maria")).to_have_value(re.compile("^Sam missed the last 2 Maths"))
    page.keyboard.press("r")
    page.keyboard.press("Control+End")
    page.keyboard.type(" See you soon.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#undo")).to_contain_text("The text to Maria Reed leaves in 20 seconds.")
    assert page.evaluate("document.activeElement.closest('#undo') !== null")
    (sent,) = _personal(served)
    assert (sent["state"], _row(served, tasks)["outcome"]) == ("queued", "message_left")
    assert _row(served, cases)["watch_since"] is not None
    page.keyboard.press("z")
    expect(page.get_by_text("Nothing was sent, and the follow-up is open again")).to_be_visible()
    expect(page.get_by_label("Message to Maria")).to_have_value(re.compile("See you soon.$"))
    (sent,) = _personal(served)
    case = _row(served, cases)
    assert (sent["state"], _row(served, tasks)["status"]) == ("cancelled", "open")
    assert (case["watch_since"], case["outreach_at"], case["stopped"]) == (None, None, None)
    assert served.do(served.academy.rows(outreach)) == []


def test_alice_logs_a_call_in_two_keys_and_goes_on_to_the_next(served: Served, page: Page) -> None:
    path = _task(served)
    served.do(fill(served.academy))
    served.sign_in(page, "alice").goto(path)
    place = page.get_by_label("Breadcrumb").inner_text()
    assert re.search(r"\d of 8", place), place
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Finished.")
    assert not page.url.startswith(served.url + path)
    assert _row(served, tasks, id=path[7:])["outcome"] == "reached"
    names = {" ".join(n[:160].split()) for n in NAMES}
    assert any(page.get_by_role("heading", level=1).inner_text().startswith(n) for n in names)


def test_alice_keeps_it_until_they_answer_and_puts_off_and_closes_without_javascript(
    served: Served, without_script: Page
) -> None:
    path = _task(served)
    page = served.sign_in(without_script, "alice")
    page.goto(path)
    page.get_by_role("link", name="Use e-mail instead").click()
    page.get_by_label("Subject").fill("About Sam")
    page.get_by_label("Message to Maria").fill("word " * 200)
    page.get_by_role("button", name="Send and finish").click()
    expect(page.get_by_text("at most 150")).not_to_have_count(0)
    expect(page.get_by_label("Message to Maria")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Message to Maria").fill("How is Sam? We miss him.")
    page.get_by_text("Keep it with me until they answer").click()
    page.get_by_role("button", name="Send and finish").click()
    expect(page.locator("#undo")).to_contain_text("the e-mail to Maria Reed leaves")
    (sent,) = _personal(served)
    assert (sent["channel"], sent["state"], _row(served, tasks)["status"]) == ("email", "queued", "snoozed")
    expect(page.get_by_text("Wakes Wed 4 Mar 10:00")).to_be_visible()
    page.get_by_text("More", exact=True).click()
    page.get_by_label("Not needed, because").select_option("false_alarm")
    page.get_by_role("button", name="Close as not needed").click()
    expect(page.get_by_text("Closed as not needed.")).to_be_visible()
    assert _row(served, cases)["outcome"] == "false_alarm"


@pytest.mark.skipif(not static_files.has("htmx.min.js"), reason="htmx is missing: npm ci --ignore-scripts")
def test_bob_was_quicker(served: Served, page: Page) -> None:
    path = _task(served)
    served.sign_in(page, "alice").goto(path)
    served.wait_for_listeners()
    page.get_by_label("Message to Maria").fill("Hello Maria, my own words.")
    expect(page.locator("#measure")).to_contain_text("does not name Sam")
    answer = served.do(_post(served, "bob", f"{path}/call", {"outcome": "reached", "note": "all well"}))
    assert answer.status_code == 303
    expect(page.locator("#changes")).to_contain_text("Bob has finished this.", timeout=2500)
    assert page.evaluate("document.activeElement.id") == "body"
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Bob has finished this follow-up already. Nothing was sent.")
    expect(page.locator(".tl")).to_contain_text("all well")
    assert _personal(served) == []


def test_the_page_is_accessible_light_and_on_a_phone_begins_with_the_words(served: Served, phone: Page) -> None:
    path = _task(served)
    for table in (students, guardians):
        served.do(_rename(served, table))
    page = served.sign_in(phone, "alice")
    weight = assert_light(page, path)
    print(f"{path}: {weight.kib:.1f} KiB in {weight.requests} requests")
    order = page.locator("h2:visible").evaluate_all(
        "all => all.map(e => [e.getBoundingClientRect().top, e.id]).sort((a, b) => a[0] - b[0]).map(e => e[1])"
    )
    assert [i for i in order if i in ("dr", "why", "ct", "tl")] == ["dr", "why", "ct", "tl"]
    assert page.locator("bdi script").count() == 0
    assert_accessible(page)
    page.locator(".actions summary", has_text="More").click()
    assert_accessible(page)


async def _rename(served: Served, table: Any) -> None:
    async with served.academy.books.transaction() as tx:
        await tx.execute(update(table).values(name=f"{NAMES[4]} {NAMES[2]} {'long ' * 16}"))


# --- without a browser -----------------------------------------------------------------------------------------------


async def _client(served: Served, who: str) -> httpx.AsyncClient:
    org_id, person = served.people[who]
    async with served.academy.books.transaction() as tx:
        role_of = await logins.begin(tx, org_id, "staff", person, None, served.academy.now)
    return httpx.AsyncClient(base_url=served.url, cookies={"bellwether": role_of}, headers={"Origin": served.url})


async def _post(served: Served, who: str, path: str, form: dict[str, str]) -> httpx.Response:
    async with await _client(served, who) as client:
        return await client.post(path, data=form, headers={"Accept": "text/html"})


async def _get(served: Served, who: str, path: str) -> httpx.Response:
    async with await _client(served, who) as client:
        return await client.get(path, headers={"Accept": "text/html"})


def test_only_the_office_of_the_organization_sees_and_acts(served: Served) -> None:
    path = _task(served)
    for who, status in (("alice", 200), ("bob", 200), ("lea", 200), ("ivan", 403), ("charlie", 404)):
        assert served.do(_get(served, who, path)).status_code == status, who
    for act in ("", "/claim", "/snooze", "/reassign", "/dismiss", "/call"):
        told = {"to": served.academy.mother, "channel": "sms", "body": "hi", "outcome": "reached", "reason": "other"}
        answer = served.do(_post(served, "charlie", path + act, told | {"until": "2026-03-09T09:00:00Z"}))
        assert answer.status_code in (303, 404, 422), act
    assert (_row(served, tasks)["status"], _personal(served)) == ("open", [])


async def _open(served: Served, kind: TaskKind) -> Id:
    """A task of this kind."""
    academy, row_id = served.academy, str(uuid4())
    async with academy.books.transaction() as tx:
        if kind in (TaskKind.BLAST_GUARD, TaskKind.PROVIDER_MISCONFIGURED):
            await operations.open_once(tx, academy.org, kind, academy.now)
        else:
            of_student = kind not in (TaskKind.UNRECORDED, TaskKind.WEBHOOK_FAILING)
            row = {"student_id": academy.student, "enrollment_id": academy.enrollment} if of_student else {}
            whose = {"org_id": academy.org, "id": row_id, "kind": kind.value, "owner_id": academy.alice}
            due = {"opened_at": academy.now, "due_at": academy.now + timedelta(hours=2)}
            more = {"status": "open", "escalation": "none", "attempt": 1, "instructor_id": academy.instructor}
            await tx.execute(insert(tasks).values(whose | due | more | row))
            return row_id
    (made,) = await academy.rows(tasks, kind=kind.value)
    return str(made["id"])


def test_every_kind_of_task_has_its_own_words(served: Served) -> None:
    for kind in set(TaskKind) - {TaskKind.FOLLOW_UP}:
        answer = served.do(_get(served, "lea", f"/tasks/{served.do(_open(served, kind))}"))
        assert answer.status_code == 200, kind
        assert 'class="lead"' in answer.text or kind is TaskKind.READ_NOTE, kind
        assert "session" not in re.sub(r"<[^>]*>", " ", answer.text), kind


def test_lea_lets_held_messages_go_and_alice_may_not(served: Served) -> None:
    served.missed()
    path = f"/tasks/{served.do(_open(served, TaskKind.BLAST_GUARD))}"

    async def hold() -> None:
        async with served.academy.books.transaction() as tx:
            held = {"state": "held", "reason": "blast_guard", "handed_over_at": None}
            await tx.execute(update(messages).where(messages.c.purpose == "concern").values(held))

    served.do(hold())
    assert "A lead or an admin decides" in served.do(_get(served, "alice", path)).text
    assert served.do(_post(served, "alice", f"{path}/held", {"do": "release"})).status_code in (403, 422)
    answer = served.do(_post(served, "lea", f"{path}/held", {"do": "release", "note": "the storm was real"}))
    assert answer.status_code == 303
    assert _row(served, tasks, kind="blast_guard")["status"] == "done"
    assert {m["state"] for m in served.do(served.academy.rows(messages, purpose="concern"))} == {"queued"}
