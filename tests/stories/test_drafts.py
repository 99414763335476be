"""Messages that wait for a person's word: approved, edited, refused, taken back, overtaken by facts; and her own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from activities.drafting import DraftActivities
from db.engine import Books
from db.journal_tables import messages, outreach
from db.tables import students
from domain.drafts import Drafted, DrafterName, FactSheet
from domain.sending import Purpose
from domain.templates import VARIABLES, Template
from messaging.drafting import DraftingFailed
from tests.academy import daytime
from tests.stories.operators import Operator, at_work

pytestmark = pytest.mark.anyio


@pytest.fixture
async def operator(database_url: str, books: Books) -> AsyncIterator[Operator]:
    """An operator who reads the first concern message before it leaves; it is noon where the family lives."""
    async with at_work(database_url, books) as opened:
        await opened.post("/policies", {"first_concern": "review"}, by="ada")
        about = {"subject": "Maths", "zone": "UTC", "instructor_ref": "ivan"}
        await opened.make("schedules", ref="maths", **about)
        began = (await opened.now() - timedelta(days=90)).isoformat()
        await opened.make("students", ref="sam", name="Sam Reed")
        seat = {"student_ref": "sam", "schedule_ref": "maths", "coordinator_ref": "alice"}
        await opened.make("enrollments", ref="e", started_at=began, imported=True, **seat)
        family = {"phone": "+13125550100", "email": "maria@reed.example", "zone": daytime()}
        children = [{"student_ref": "sam", "position": 1}]
        await opened.make("guardians", ref="mother", name="Maria Reed", students=children, **family)
        yield opened


async def held(operator: Operator, hours_ago: float, code: str) -> None:
    """A session ended so long ago, and this became of it."""
    ended: datetime = await operator.now() - timedelta(hours=hours_ago)
    span = {"starts_at": (ended - timedelta(hours=1)).isoformat(), "ends_at": ended.isoformat()}
    session = await operator.make("sessions", ref=f"s-{uuid4()}", schedule_ref="maths", **span)
    await operator.post("/outcomes", {"session_id": session, "student_ref": "sam", "code": code})
    await a_while(operator, seconds=1)


async def a_while(operator: Operator, **span: float) -> None:
    """Time passes."""
    await operator.until(await operator.now() + timedelta(**span))


async def look(operator: Operator) -> None:
    """The drafts' own process looks once."""
    await DraftActivities(operator.books).look(datetime.now(UTC))


async def waiting(operator: Operator) -> list[dict[str, Any]]:
    """The drafts that wait for a person."""
    found: list[dict[str, Any]] = (await operator.get("/drafts"))["items"]
    return found


async def drafted(operator: Operator) -> dict[str, Any]:
    """Two no-shows have opened a case; its first message waits, and its draft is opened."""
    await held(operator, 30, "no_show")
    await held(operator, 2, "no_show")
    await look(operator)
    (line,) = await waiting(operator)
    found: dict[str, Any] = await operator.get(f"/drafts/{line['id']}")
    return found


async def ask(operator: Operator, path: str, body: Any = None, by: str = "alice", verb: str = "POST") -> httpx.Response:
    """An act that may be refused."""
    return await operator.http.request(verb, f"/v1{path}", json=body or {}, headers={"Bellwether-Actor": by})


async def concerns(operator: Operator) -> dict[str, dict[str, Any]]:
    """The newest concern message of each channel."""
    rows = await operator.rows(messages, purpose="concern")
    return {m["channel"]: m for m in sorted(rows, key=lambda m: str(m["created_at"]))}


async def test_an_approved_draft_leaves_after_twenty_seconds_as_it_was_read(operator: Operator) -> None:
    draft = await drafted(operator)
    assert (draft["state"], draft["drafter"], draft["number"]) == ("waiting", "template", 1)
    texts = {t["channel"]: t for t in draft["texts"]}
    assert texts["sms"]["words"]["story"].startswith("Sam missed the last 2 Maths sessions")
    assert [d["kind"] for d in texts["sms"]["differs"]] == ["same"]
    assert {c["name"] for c in draft["checks"]} == {"name", "time", "consent", "words", "length", "claims", "texts"}
    assert [c for c in draft["checks"] if not c["passed"]] == []
    assert {f["called"]: f["value"] for f in draft["facts"]}["sessions missed"] == 2

    approved = await operator.post(f"/drafts/{draft['id']}/approve", {"version": 1}, by="alice")
    assert (approved["state"], approved["can_undo"]) == ("approved", True)
    waits = datetime.fromisoformat(approved["leaves_at"]) - datetime.fromisoformat(approved["approved_at"])
    assert waits == timedelta(seconds=20)
    await a_while(operator, seconds=5)
    assert {m["state"] for m in (await concerns(operator)).values()} == {"queued"}
    await a_while(operator, seconds=30)
    for channel, message in (await concerns(operator)).items():
        assert message["state"] == "sent"
        assert message["approved_by"] == approved["approved_by"]
        assert message["body"] == texts[channel]["preview"]["body"]
    assert (await operator.get(f"/drafts/{draft['id']}"))["state"] == "left"
    assert await waiting(operator) == []


async def test_an_edited_draft_is_checked_and_leaves_in_the_new_words(operator: Operator) -> None:
    draft = await drafted(operator)
    path = f"/drafts/{draft['id']}"
    wrong = {"channel": "sms", "story": "Sam was not there on 3 January at 5:15 pm. This is unacceptable.", "ask": ""}
    edited = (await ask(operator, f"{path}/words", {"version": 1, "texts": [wrong]}, verb="PUT")).json()
    assert (edited["version"], edited["can_approve"]) == (2, False)
    refused = await ask(operator, f"{path}/approve", {"version": 2})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/draft_not_ready")
    for told in ("3 January, 5:15 pm: the session was on", "unacceptable"):
        assert told.lower() in refused.json()["detail"].lower()

    right = {"channel": "sms", "story": "Sam was missed in Maths, and we would like to help.", "ask": "Call us?"}
    stale = await ask(operator, f"{path}/words", {"version": 1, "texts": [right]}, by="lea", verb="PUT")
    assert (stale.status_code, stale.json()["type"]) == (409, "/problems/draft_changed")
    edited = (await ask(operator, f"{path}/words", {"version": 2, "texts": [right]}, by="lea", verb="PUT")).json()
    (text,) = [t for t in edited["texts"] if t["channel"] == "sms"]
    assert {d["kind"] for d in text["differs"]} == {"same", "taken_out", "put_in"}
    assert (await ask(operator, f"{path}/approve", {"version": 2})).status_code == 409
    assert (await ask(operator, f"{path}/approve", {"version": 3})).status_code == 200
    await a_while(operator, minutes=1)
    sms = (await concerns(operator))["sms"]
    assert sms["body"] == "Northstar Tutoring: Sam was missed in Maths, and we would like to help. Call us?"


async def test_a_rejected_draft_never_leaves_and_says_why(operator: Operator) -> None:
    draft = await drafted(operator)
    told = {"reason": "told_otherwise", "note": "I called her"}
    assert (await ask(operator, f"/drafts/{draft['id']}/reject", told)).json()["state"] == "rejected"
    await a_while(operator, hours=1)
    assert {(m["state"], m["reason"]) for m in (await concerns(operator)).values()} == {("cancelled", "rejected")}
    late = await ask(operator, f"/drafts/{draft['id']}/approve", {"version": 1})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/draft_not_waiting")
    story = await operator.get(f"/students/{operator.ids['sam']}/timeline")
    assert "Alice does not want it sent: the family was told otherwise." in str(story)


async def test_of_two_people_one_approves_and_what_is_undone_waits_again(operator: Operator) -> None:
    draft = await drafted(operator)
    path = f"/drafts/{draft['id']}"
    assert (await ask(operator, f"{path}/approve", {"version": 1})).status_code == 200
    second = await ask(operator, f"{path}/approve", {"version": 1}, by="lea")
    assert (second.status_code, second.json()["type"]) == (409, "/problems/draft_approved_already")
    undone = (await ask(operator, f"{path}/undo", by="lea")).json()
    assert (undone["state"], undone["approved_by"]) == ("waiting", None)
    await a_while(operator, minutes=2)
    assert {m["state"] for m in (await concerns(operator)).values()} == {"held"}
    assert (await ask(operator, f"{path}/approve", {"version": 1})).status_code == 200
    await a_while(operator, minutes=1)
    assert {m["state"] for m in (await concerns(operator)).values()} == {"sent"}
    late = await ask(operator, f"{path}/undo")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/draft_left")


async def test_an_attended_session_ends_what_waits_and_a_further_miss_is_told_in_new_numbers(
    operator: Operator,
) -> None:
    first = await drafted(operator)
    await held(operator, 1, "no_show")
    assert (await operator.get(f"/drafts/{first['id']}"))["state"] == "withdrawn"
    await look(operator)
    (line,) = await waiting(operator)
    anew = await operator.get(f"/drafts/{line['id']}")
    assert anew["texts"][0]["words"]["story"].startswith("Sam missed the last 3 Maths sessions")

    await operator.post(f"/drafts/{anew['id']}/approve", {"version": 1}, by="alice")
    await held(operator, 0, "attended")
    await a_while(operator, minutes=2)
    assert {(m["state"], m["reason"]) for m in await operator.rows(messages, purpose="concern")} == {
        ("cancelled", "facts_changed")
    }


async def test_a_changed_name_expires_a_draft_when_it_is_approved_and_when_it_would_leave(operator: Operator) -> None:
    draft = await drafted(operator)
    await rename(operator, "Samuel Reed")
    shown = await operator.get(f"/drafts/{draft['id']}")
    assert (shown["state"], [f["name"] for f in shown["changed"]]) == ("expired", ["student_name"])
    refused = await ask(operator, f"/drafts/{draft['id']}/approve", {"version": 1})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/draft_expired")
    assert "the student's name" in refused.json()["detail"]
    await look(operator)
    (line,) = await waiting(operator)
    assert (line["number"], line["id"] != draft["id"]) == (2, True)
    assert (await operator.get(f"/drafts/{draft['id']}"))["newer_id"] == line["id"]

    await operator.post(f"/drafts/{line['id']}/approve", {"version": 1}, by="alice")
    await rename(operator, "Sammy Reed")
    await a_while(operator, minutes=1)
    assert {(m["state"], m["reason"]) for m in (await concerns(operator)).values()} == {("held", "review")}
    await look(operator)
    (line,) = await waiting(operator)
    assert (await ask(operator, f"/drafts/{draft['id']}/reject", {"reason": "other"})).status_code == 409
    third = await operator.get(f"/drafts/{line['id']}")
    assert (third["number"], {t["channel"] for t in third["texts"]}) == (3, {"sms", "email"})
    assert all("Sammy missed" in t["words"]["story"] for t in third["texts"])


async def rename(operator: Operator, name: str) -> None:
    """The student is called otherwise from now on."""
    async with operator.books.transaction() as tx:
        await tx.execute(update(students).where(students.c.id == operator.ids["sam"]).values(name=name))


async def test_her_own_message_is_outreach_until_she_takes_it_back(operator: Operator) -> None:
    await drafted(operator)
    (task,) = [t for t in (await operator.get("/tasks", status="unfinished"))["items"] if t["case_id"]]
    path = f"/tasks/{task['id']}/messages"
    begun = (await ask(operator, f"{path}/draft", verb="GET")).json()
    assert begun["texts"][0]["words"]["story"].startswith("Sam missed the last 2 Maths sessions")

    mine = {
        "guardian_id": operator.ids["mother"],
        "channels": ["sms"],
        "body": "Thank you for the call. See you on 9 May.",
    }
    written = await ask(operator, path, mine)
    assert (written.status_code, written.json()["state"], written.json()["drafter"]) == (201, "approved", "person")
    (tried,) = await operator.rows(outreach)
    assert (tried["task_id"], tried["channel"]) == (task["id"], "sms")
    assert {m["reason"] for m in (await concerns(operator)).values()} == {"followed_up"}

    undone = await ask(operator, f"/drafts/{written.json()['id']}/undo")
    assert (undone.json()["state"], await operator.rows(outreach)) == ("waiting", [])
    case = await operator.get(f"/cases/{task['case_id']}")
    assert "never" in str(case)
    await ask(operator, f"/drafts/{written.json()['id']}/approve", {"version": 1})
    await ask(operator, f"/tasks/{task['id']}/complete", {"outcome": "withdrawing"})
    await a_while(operator, minutes=1)
    (sent,) = await operator.rows(messages, purpose="personal")
    assert sent["state"] == "sent"
    assert sent["body"] == "Northstar Tutoring: Thank you for the call. See you on 9 May."
    assert len(await operator.rows(outreach)) == 2
    told = await operator.get(f"/students/{operator.ids['sam']}/conversation")
    assert "Thank you for the call. See you on 9 May." in str(told)


class Failing:
    """A drafter that is asked and gives nothing."""

    name: DrafterName = "language_model"

    def __init__(self) -> None:
        self.asked: list[FactSheet] = []

    async def draft(self, sheet: FactSheet) -> Drafted:
        """Nothing at the first notice, words with variables at later ones."""
        self.asked.append(sheet)
        if len(self.asked) == 1:
            raise DraftingFailed("timed_out", tokens=7)
        said = Template(subject="About {first}", story="{first} missed {total}. We would like to help.", ask="{ask}")
        return Drafted(words=dict.fromkeys(sheet.like, said), drafter="language_model", tokens=40)


async def test_a_drafter_knows_no_names_and_the_template_stands_in_with_the_reason(operator: Operator) -> None:
    await held(operator, 30, "no_show")
    await held(operator, 2, "no_show")
    drafter = Failing()
    making = DraftActivities(operator.books, drafter)
    await making.look(datetime.now(UTC))
    (line,) = await waiting(operator)
    assert (line["drafter"], line["fell_back"]) == ("template", "timed_out")
    told = drafter.asked[0].model_dump_json(exclude={"placeholders"})
    assert not any(name in told for name in ("Sam", "Reed", "Maria", "Alice", "Ivan", "reed.example", "555"))
    assert drafter.asked[0].placeholders == VARIABLES[Purpose.CONCERN]
    assert drafter.asked[0].facts["total"] == "the last 2 Maths sessions"

    await rename(operator, "Samuel Reed")
    await making.look(datetime.now(UTC))
    (line,) = await waiting(operator)
    draft = await operator.get(f"/drafts/{line['id']}")
    assert (draft["drafter"], draft["number"], draft["fell_back"]) == ("language_model", 2, None)
    sms = next(t for t in draft["texts"] if t["channel"] == "sms")
    assert sms["words"]["story"] == "Samuel missed the last 2 Maths sessions. We would like to help."
