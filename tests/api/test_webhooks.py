"""Webhooks of classrooms: what is signed is kept and read once, what is not leaves a count and nothing else."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import random
import time
from asyncio.subprocess import PIPE
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from db import evidence
from db.tables import api_keys, organizations, staff
from domain.attendance import measure
from domain.evidence import segments
from tests.api.classrooms import CLASSROOM_SECRET, LIVEKIT_SECRET, MEETING, ZOOM_SECRET, Classroom, open_classroom
from tests.api.conftest import House

pytestmark = pytest.mark.anyio


@pytest.fixture
async def room(house: House) -> Classroom:
    """A lesson under way."""
    return await open_classroom(house)


async def _refused(room: Classroom, source: str, **reasons: int) -> None:
    """So many refusals are counted for these reasons, and nothing else was kept."""
    told = (await room.house.admin.get("/v1/webhooks")).json()
    assert {r["reason"]: r["times"] for r in told["refused"] if r["source"] == source} == reasons
    assert [r["set_up"] for r in told["received"] if r["source"] == source] == [True]
    assert not any(r["events"] for r in told["received"])
    assert await room.kept() == await room.evidence() == []


async def test_zooms_signature_is_checked_over_the_raw_body(room: Classroom) -> None:
    body = json.dumps({"event": "meeting.ended", "payload": {"object": {"id": MEETING, "uuid": "m"}}}).encode()
    minutes = timedelta(minutes=1)
    wrong: list[tuple[bytes, dict[str, Any]]] = [
        (body + b" ", room.zoom_signed(body)),
        (body, room.zoom_signed(body, "another secret")),
        (body, room.zoom_signed(body) | {"x-zm-request-timestamp": "1"}),
        (body, room.zoom_signed(body) | {"x-zm-signature": b"v0=\xe9"}),
        (body, {"x-zm-request-timestamp": "1"}),
        (body, room.zoom_signed(body, ago=91 * minutes)),
        (body, room.zoom_signed(body, ago=-91 * minutes)),
    ]
    answers = [await room.send("zoom", *each) for each in wrong]
    assert [a.status_code for a in answers] == [401] * 7
    kinds = [a.json()["type"].rpartition("_")[2] for a in answers]
    assert kinds == ["wrong"] * 4 + ["missing", "stale", "stale"]
    await _refused(room, "zoom", wrong=4, missing=1, stale=2)
    late = await room.send("zoom", body, room.zoom_signed(body, ago=85 * minutes))  # Zoom's last try
    assert late.status_code == 200


async def test_zooms_challenge_is_answered_only_when_signed(room: Classroom) -> None:
    asked = json.dumps(
        {"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}}
    ).encode()
    assert (await room.send("zoom", asked, {})).status_code == 401
    answer = await room.send("zoom", asked, room.zoom_signed(asked))
    proof = hmac.new(ZOOM_SECRET.encode(), b"qgg8vlvZRS6UYooatFL8Aw", hashlib.sha256).hexdigest()
    assert answer.json() == {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": proof}
    assert await room.kept() == []


async def test_livekits_token_must_belong_to_the_body(room: Classroom) -> None:
    body = json.dumps({"event": "room_started", "id": "EV_1", "createdAt": "1", "room": {"name": MEETING}}).encode()
    now = int(time.time())
    answers = [
        await room.livekit(body, secret=LIVEKIT_SECRET[::-1]),
        await room.livekit(body, iss="APIsomebody"),
        await room.livekit(body, sha256="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        await room.send("livekit", body, {"Authorization": "no token"}),
        await room.send("livekit", body, {}),
        await room.livekit(body, exp=now - 90),
        await room.livekit(body, nbf=now + 90),
    ]
    assert [a.status_code for a in answers] == [401] * 7
    await _refused(room, "livekit", wrong=4, missing=1, stale=2)
    assert (await room.livekit(body, exp=now - 30)).status_code == 200  # clocks differ


async def test_standard_webhooks_are_checked(room: Classroom) -> None:
    body = json.dumps({"type": "room.opened", "meeting_ref": MEETING, "at": room.minute(0).isoformat()}).encode()
    good = room.standard(body, "msg_1")
    answers = [
        await room.send("classroom", body + b" ", good),
        await room.send("classroom", body, good | {"webhook-id": "msg_2"}),
        await room.send("classroom", body, room.standard(body, "msg_1", key=b"another key")),
        await room.send("classroom", body, good | {"webhook-signature": "nonsense"}),
        await room.send("classroom", body, {}),
        await room.send("classroom", body, room.standard(body, "msg_1", ago=400)),
    ]
    assert [a.status_code for a in answers] == [401] * 6
    await _refused(room, "classroom", wrong=4, missing=1, stale=1)
    rotated = good | {"webhook-signature": f"v1,c2VjcmV0 {good['webhook-signature']}"}
    assert (await room.send("classroom", body, rotated)).status_code == 200


async def test_a_webhook_without_a_secret_is_not_there(house: House) -> None:
    for name in ("zoom", "livekit", "classroom"):
        answer = await house.anonymous.post(f"/v1/webhooks/{name}", content=b"{}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/webhook_not_set_up")
    assert (await house.anonymous.post("/v1/webhooks/skype", content=b"{}")).status_code == 404


async def test_a_zoom_meeting_becomes_evidence(room: Classroom) -> None:
    start = {"id": int(MEETING), "uuid": "m1", "start_time": f"{room.minute(-3):%Y-%m-%dT%H:%M:%SZ}"}
    for _ in range(2):  # sent twice
        assert (await room.zoom("meeting.started", start)).json() == {"status": "taken"}
        await room.zoom_person(True, 1, "16778240", email="sam@REED.example", user_name="iPad")
        await room.zoom_person(True, 0, "16778241", email="ivan@northstar.example", user_name="Ivan")
        await room.zoom_person(False, 20, "16778240", email="sam@REED.example", user_name="iPad")
    assert (await room.zoom("meeting.alert", start)).json() == {"status": "ignored"}
    told = [(e["kind"], e["student_name"] or e["staff_name"], e["connection"]) for e in await room.evidence()]
    assert told == [
        ("room_opened", None, None),
        ("joined", "Sam Reed", "16778240"),
        ("joined", "Ivan", "16778241"),
        ("left", "Sam Reed", "16778240"),
    ]
    assert len(await room.kept()) == 4
    assert room.woken == []  # the session is under way: its workflow looks by itself


async def test_livekit_becomes_evidence_and_a_leave_mends_a_lost_join(room: Classroom) -> None:
    sam = {"identity": "S-1", "sid": "PA_1", "name": "Sam", "joinedAt": str(int(room.minute(2).timestamp()))}
    await room.livekit_event("room_started", 0)
    await room.livekit_event("participant_left", 40, participant=sam)
    await room.livekit_event("participant_joined", 2, participant=sam)
    await room.livekit_event("participant_joined", 2, participant=sam | {"kind": "EGRESS", "sid": "PA_2"})
    await room.livekit_event("track_published", 2, participant=sam)
    told = [(e["kind"], e["at"], e["student_name"]) for e in await room.evidence()]
    assert told == [
        ("room_opened", "2026-03-02T15:00:00Z", None),
        ("joined", "2026-03-02T15:02:00Z", "Sam Reed"),
        ("left", "2026-03-02T15:40:00Z", "Sam Reed"),
    ]


async def test_any_classroom_speaks_in_documents(room: Classroom) -> None:
    at = room.minute(1).isoformat()
    sam = {"type": "participant.joined", "session_id": room.session, "at": at, "participant": {"student_ref": "S-1"}}
    summary = {"type": "session.summary", "meeting_ref": MEETING, "at": at, "topic": "Fractions", "catch_up": "Page 31"}
    score = {**sam, "type": "participant.engagement", "value": 0.7}
    stranger = {**sam, "participant": {"student_ref": "S-404"}}
    batch = {"items": [sam, summary, score, stranger, {**sam, "type": "participant.vanished"}]}
    for _ in range(2):
        assert (await room.document(batch)).status_code == 200
    assert {(e["kind"], e["value"]) for e in await room.evidence()} == {("joined", None), ("engagement", 0.7)}
    assert (await room.house.alice.get(f"/v1/sessions/{room.session}")).json()["topic"] == "Fractions"
    assert sorted(e["problem"] for e in await room.kept(problem="any")) == ["unknown_name", "unreadable"]


async def test_the_example_of_the_manual_works(room: Classroom) -> None:
    manual = (Path(__file__).parents[2] / "docs" / "classrooms.md").read_text()
    script = "curl() { printf '%s\\0' \"$@\"; }\n" + manual.partition("```sh\n")[2].partition("```")[0]
    ran = await asyncio.create_subprocess_exec(
        "sh", "-c", script, stdout=PIPE, env=os.environ | {"BELLWETHER_CLASSROOM_WEBHOOK_SECRET": CLASSROOM_SECRET}
    )
    *words, body, _ = (await ran.communicate())[0].decode().split("\0")
    headers = dict(w.split(": ") for w in words if w.startswith("webhook-"))
    answer = await room.send("classroom", body, headers)
    assert (answer.status_code, answer.json()) == (200, {"status": "taken"})
    (kept,) = await room.kept()
    assert kept["problem"] == "no_session"  # MATH-7-0302 is not there


async def test_what_cannot_be_read_is_kept_and_listed(room: Classroom) -> None:
    bodies = [b"no json", b"[]", b'{"event": 5}', b'{"event": "meeting.ended"}', b"\xff\x00", b"{" * 5000]
    bodies.append(
        json.dumps({"event": "meeting.participant_joined", "payload": {"object": {"participant": {}}}}).encode()
    )
    for body in bodies:
        assert (await room.send("zoom", body, room.zoom_signed(body))).status_code == 200
    assert [e["problem"] for e in await room.kept()] == ["unreadable"] * 7
    assert len(await room.kept(problem="unreadable")) == 7
    assert await room.kept(problem="no_session") == []


async def test_words_that_cannot_be_stored_do_not_lose_an_event(room: Classroom) -> None:
    await room.zoom_person(True, 1, "1", user_name="Sam\u0000 \ud800 " + "x" * 500)
    (found,) = await room.evidence()
    assert found["participant_name"].startswith("Sam ?")


async def test_an_event_of_an_unknown_meeting_waits_for_its_session(room: Classroom) -> None:
    person = {"user_id": "7", "join_time": "2026-03-02T15:01:00Z", "email": "sam@reed.example"}
    await room.zoom("meeting.participant_joined", {"id": "555", "uuid": "x", "participant": person})
    (event,) = await room.kept(problem="no_session")
    assert await room.evidence() == []
    path, asked = f"/v1/raw-events/{event['id']}/assign", {"session_id": room.session}
    assert (await room.house.integration.post(path, json=asked)).status_code == 403
    assert (await room.house.charlie.post(path, json=asked)).status_code == 404
    for _ in range(2):
        answer = await room.house.alice.post(path, json=asked)
        assert (answer.status_code, answer.json()["problem"]) == (200, None)
    assert [e["student_name"] for e in await room.evidence()] == ["Sam Reed"]
    other = await room.house.academy.session(room.minute(0))
    moved = await room.house.alice.post(path, json={"session_id": other})
    assert (moved.status_code, moved.json()["type"]) == (409, "/problems/event_used")


async def test_a_room_is_the_session_that_is_nearest_in_time(room: Classroom) -> None:
    later = await room.house.academy.session(room.minute(120))
    for n, where in ((-100, room.session), (75, room.session), (100, later), (230, later)):
        await room.zoom_person(True, n, str(n), uuid=str(n), email="sam@reed.example")
        newest = (await room.house.alice.get(f"/v1/sessions/{where}/evidence")).json()["items"][-1]
        assert newest["connection"] == str(n)
    await room.zoom_person(True, 60 * 30, "late", email="sam@reed.example")
    assert len(await room.kept(problem="no_session")) == 1


async def test_who_stays_for_two_sessions_joins_once(room: Classroom) -> None:
    academy = room.house.academy
    following = await academy.session(room.minute(60))
    await room.zoom_person(True, -2, "ivan", email="ivan@northstar.example")
    async with academy.books.transaction() as tx:
        assert await evidence.load(tx, academy.org, following) == ()  # nothing was seen of it yet
    await room.zoom_person(True, 63, "sam", email="sam@reed.example")
    await room.zoom_person(False, 118, "ivan", email="ivan@northstar.example")
    async with academy.books.transaction() as tx:
        seen = await evidence.load(tx, academy.org, following)
    begins, ends = room.minute(60), room.minute(120)
    device = next(e.device for e in seen if e.staff_id)
    assert measure(segments(seen, device, begins, ends), begins, ends).minutes == 58


async def test_with_several_organizations_the_address_names_one(room: Classroom) -> None:
    house, about = room.house, {"id": MEETING, "uuid": "m1", "start_time": "2026-03-02T15:00:00Z"}
    for named in ("Northstar Tutoring", house.academy.org):
        assert (await room.zoom("meeting.started", about, organization=named)).status_code == 200
    unknown = await room.zoom("meeting.started", about, organization="Nowhere")
    assert (unknown.status_code, unknown.json()["errors"][0]["parameter"]) == (422, "organization")
    assert (await room.send("zoom", b"{}", {}, organization="Nowhere")).status_code == 401  # a stranger learns nothing
    body = json.dumps({"event": "meeting.started", "payload": {"object": about}}).encode()
    unnamed = await house.anonymous.post("/v1/webhooks/zoom", content=body, headers=room.zoom_signed(body))
    assert unnamed.status_code == 422
    async with house.academy.books.transaction() as tx:
        for table in (api_keys, staff):
            await tx.execute(delete(table).where(table.c.org_id != house.academy.org))
        await tx.execute(delete(organizations).where(organizations.c.id != house.academy.org))
    alone = await house.anonymous.post("/v1/webhooks/zoom", content=body, headers=room.zoom_signed(body))
    assert alone.status_code == 200
    assert [e["kind"] for e in await room.evidence()] == ["room_opened"]


async def test_thirty_students_drop_and_rejoin_within_a_minute(room: Classroom) -> None:
    refs = [f"G-{n}" for n in range(30)]
    ids = await room.enroll((ref, f"Student {ref}") for ref in refs)
    calls: list[tuple[Any, ...]] = []
    for n, ref in enumerate(refs):
        who = {"email": f"{ref}@students.example".lower()}
        calls += [
            (True, 1, f"{n}a", "m1", who),
            (False, 1.5, f"{n}a", "m1", who),
            (True, 1 + n / 30, f"{n}b", "m1", who),
            (False, 55, f"{n}b", "m1", who),
        ]
    random.Random(7).shuffle(calls)
    sent = [*calls, *calls[:30]]
    answers = await asyncio.gather(*(room.zoom_person(*c[:4], **c[4]) for c in sent))
    assert {a.status_code for a in answers} == {200}
    academy = room.house.academy
    async with academy.books.transaction() as tx:
        seen = await evidence.load(tx, academy.org, room.session)
    assert len(seen) == 120
    begins, ends = room.minute(0), room.minute(60)
    for student in ids:
        devices = {e.device for e in seen if e.student_id == student}
        stays = [s for d in devices for s in segments(seen, d, begins, ends)]
        assert len(devices) == 2
        assert measure(stays, begins, ends).minutes == pytest.approx(
            54 - max(0, ids.index(student) - 15) / 30, abs=0.01
        )
    assert room.woken == []
