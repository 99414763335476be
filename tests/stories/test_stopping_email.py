"""A family that wants no more e-mails: one link in each of them, no login, taken back by the same link."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from sqlalchemy import update

from db.delivery_tables import stop_links, suppressed_addresses
from db.engine import Books
from db.journal_tables import messages, tasks
from db.tables import guardians
from tests.stand_in.callbacks import event
from tests.stories.reporting import MOTHER, PUBLIC_URL, Scene, miss, open_scene

pytestmark = pytest.mark.anyio
MARIA = "maria@reed.example"


@pytest.fixture
async def scene(database_url: str, books: Books) -> AsyncIterator[Scene]:
    """Sam has missed a session, and his mother has a text and an e-mail about it."""
    async with open_scene(database_url, books) as opened:
        opened.academy.deliveries.public_url = PUBLIC_URL
        await miss(opened.academy)
        yield opened


def link_in(scene: Scene) -> str:
    """The link of the newest e-mail to the mother, as the mail program finds it; the mail itself says the same."""
    mail = scene.taken(MARIA).fields
    link = str(mail["headers"]["List-Unsubscribe"]).strip("<>")
    assert mail["content"][0]["value"].endswith(f"\nTo stop these e-mails: {link}")
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return link


async def ask(scene: Scene, method: str, link: str, **more: str) -> httpx.Response:
    """The outside asks for a link; a proxy has cut off the path before it."""
    path = link.removeprefix(PUBLIC_URL)
    assert path.startswith("/stop/")
    return await scene.http.request(method, path, headers={"Authorization": ""}, params=more or None)


async def press(scene: Scene, page: httpx.Response, link: str) -> httpx.Response:
    """Press the one button of a page, and go where it leads."""
    [action] = re.findall(r'<form method="post" action="([^"]+)">', page.text)
    pressed = urljoin(link, action)
    answer = await ask(scene, "POST", pressed.partition("?")[0], by="page")
    assert answer.status_code == 303
    return await ask(scene, "GET", urljoin(pressed, answer.headers["Location"]))


async def newest(scene: Scene, channel: str) -> tuple[str, str | None]:
    """Where the newest message to the mother stands, and why."""
    rows = await scene.academy.rows(messages, channel=channel, guardian_id=scene.academy.mother)
    row = max(rows, key=lambda m: m["created_at"])
    return row["state"], row["reason"]


async def next_miss(scene: Scene) -> None:
    """Another day, another missed session."""
    scene.academy.now += timedelta(days=1)
    await miss(scene.academy)


async def test_a_mother_stops_e_mails_and_takes_it_back_on_the_same_page(scene: Scene) -> None:
    link = link_in(scene)
    page = await ask(scene, "GET", link)
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "private, no-store")
    assert "Stop e-mails from Northstar Tutoring" in page.text
    assert "Texts to your phone go on" in page.text
    assert ("m***@reed.example" in page.text, MARIA in page.text, "Sam" in page.text) == (True, False, False)
    assert await scene.academy.rows(suppressed_addresses) == [], "looking changes nothing"

    stopped = await press(scene, page, link)
    assert "E-mails from Northstar Tutoring are stopped" in stopped.text
    path = f"/v1/guardians/{scene.academy.mother}"
    [closed] = (await scene.http.get(path)).json()["suppressed"]
    assert (closed["reason"], closed["closed_by_guardian"]) == ("unsubscribed", scene.academy.mother)
    await next_miss(scene)
    assert await newest(scene, "email") == ("suppressed", "unsubscribed")
    assert (await newest(scene, "sms"))[0] == "sent"

    again = await press(scene, await ask(scene, "GET", link), link)
    assert "Stop e-mails from Northstar Tutoring" in again.text
    [lifted] = (await scene.http.get(path)).json()["suppressed"]
    assert (lifted["lifted_by"], lifted["lifted_by_guardian"]) == (None, scene.academy.mother)
    await next_miss(scene)
    assert (await newest(scene, "email"))[0] == "sent"
    assert link_in(scene) == link, "the link stays the same, so old e-mails keep theirs"


async def test_nobody_who_reads_messages_learns_the_links_secret(scene: Scene) -> None:
    secret = link_in(scene).rpartition("/")[2]
    listed = await scene.http.get(f"/v1/messages?guardian_id={scene.academy.mother}&channel=email")
    told = await scene.http.get(f"/v1/students/{scene.academy.student}/conversation")
    one = await scene.http.get(f"/v1/messages/{listed.json()['items'][0]['id']}")
    for answer in (listed, told, one):
        assert "/stop/..." in answer.text
        assert secret not in answer.text


async def test_the_mail_programs_own_button_does_it_at_once_and_once(scene: Scene) -> None:
    link = link_in(scene)
    for _ in range(2):
        answer = await scene.http.post(
            urlsplit(link).path.removeprefix("/bellwether"),
            data={"List-Unsubscribe": "One-Click"},
            headers={"Origin": "https://mail.example"},
        )
        assert answer.status_code == 200, "no redirect: RFC 8058"
    assert len(await scene.academy.rows(suppressed_addresses)) == 1
    back = await ask(scene, "POST", f"{link}/back")
    assert (back.status_code, len(await scene.academy.rows(suppressed_addresses))) == (200, 1)


async def test_a_link_is_for_the_address_it_was_sent_to(scene: Scene, books: Books) -> None:
    link = link_in(scene)
    new = {"email": "maria.reed@elsewhere.example", "phone": None, "language": "es"}
    async with books.transaction() as tx:
        await tx.execute(update(guardians).where(guardians.c.id == scene.academy.mother).values(new))
    page = await ask(scene, "GET", link)
    assert "Dejar de recibir correos" in page.text
    assert "nada le avisará" in page.text, "without a phone nothing is left"
    await ask(scene, "POST", link)
    await next_miss(scene)
    assert (await newest(scene, "email"))[0] == "sent"
    assert len(await scene.academy.rows(stop_links)) == 2


async def test_a_wish_counts_more_than_a_bounce_that_somebody_lifts(scene: Scene) -> None:
    mail, link = scene.taken(MARIA), link_in(scene)
    await scene.reports(scene.callbacks.email(event(mail, "bounce", type="bounce", status="5.1.1")))
    await ask(scene, "POST", link)
    kept = await scene.academy.rows(suppressed_addresses)
    assert [k["reason"] for k in kept if k["lifted_at"] is None] == ["unsubscribed"]


async def test_when_the_mother_takes_neither_texts_nor_e_mails_the_father_is_asked(scene: Scene) -> None:
    await ask(scene, "POST", link_in(scene))
    async with scene.academy.books.transaction() as tx:
        away = guardians.c.phone == MOTHER
        await tx.execute(update(guardians).where(away).values(sms_opted_out_at=scene.academy.now))
    scene.academy.now += timedelta(days=9)
    await miss(scene.academy)
    await scene.academy.until(scene.academy.now + timedelta(minutes=5))
    told = await scene.academy.rows(messages, guardian_id=scene.academy.father)
    assert {(m["channel"], m["state"]) for m in told} == {
        ("sms", "sent"),
        ("email", "sent"),
    }
    assert await scene.academy.rows(tasks, kind="fix_contact") == []


async def test_a_link_that_is_not_ours_says_so_and_without_a_public_address_there_is_none(scene: Scene) -> None:
    for wrong in ("nonsense", "x" * 5000, "%00"):
        page = await ask(scene, "GET", f"{PUBLIC_URL}/stop/{wrong}")
        assert (page.status_code, "This link is not known" in page.text) == (404, True)
        assert (await ask(scene, "POST", f"{PUBLIC_URL}/stop/{wrong}")).status_code == 404
    scene.academy.deliveries.public_url = None
    await next_miss(scene)
    mail = scene.taken(MARIA).fields
    assert ("headers" in mail, "To stop" in mail["content"][0]["value"]) == (False, False)
