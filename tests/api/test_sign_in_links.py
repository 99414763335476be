"""What happens at the door by link: invitations, forgotten passwords, the pages of families and students."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from activities.deliver import DeliverActivities
from db import logins as db_logins
from db.journal_tables import messages
from db.tables import guardians
from tests.api.conftest import House
from tests.api.door import ALICE, GOOD, Postbox, browser_of, invited, is_in

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]


@pytest.fixture
async def post(house: House) -> Postbox:
    """Letters of the house end here, at once."""
    box = Postbox()
    deliveries = DeliverActivities(house.academy.books, {"sms": box, "email": box})

    def send_letter(org_id: str, message_id: str) -> None:
        house.gateway._later(send, org_id, message_id, "asked")

    async def send(client: object, org_id: str, message_id: str, event_id: str) -> None:
        del client, event_id
        await deliveries.attempt(org_id, message_id, house.academy.now)

    async def nowhere() -> None:
        return None

    house.gateway.send_letter = send_letter  # type: ignore[method-assign]
    house.gateway.client = nowhere  # type: ignore[method-assign, assignment]
    return box


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that looks at our pages and follows no redirect by itself."""
    async with browser_of(house) as opened:
        yield opened


async def test_only_an_admin_invites_and_a_new_invitation_ends_the_one_before(
    house: House, visitor: httpx.AsyncClient
) -> None:
    assert (await house.lea.post(f"/v1/staff/{house.academy.alice}/invite")).status_code == 403
    assert (await house.charlie.post(f"/v1/staff/{house.academy.alice}/invite")).status_code == 404
    first = await invited(house)
    await invited(house)
    assert (await visitor.get(first)).status_code == 410


async def test_a_forgotten_password_brings_a_link_by_mail_and_tells_a_stranger_nothing(
    house: House, visitor: httpx.AsyncClient, post: Postbox
) -> None:
    told = [await visitor.post("/login/forgot", data={"email": e}) for e in (ALICE, "nobody@northstar.example")]
    await house.rest()
    assert told[0].text == told[1].text
    assert told[0].status_code == 200
    (letter,) = post.letters
    (link,) = re.findall(r"http://localhost:8000(/welcome/\S+)", letter.body)
    assert letter.to == ALICE
    assert letter.stop_link is None
    (kept,) = await house.academy.rows(messages)
    assert "/welcome/" not in str(kept)
    assert kept["state"] == "sent"
    assert (await visitor.post(link, data={"password": GOOD, "again": GOOD})).status_code == 303
    assert await is_in(visitor)


async def test_a_forgotten_link_opens_for_an_hour_and_is_asked_for_three_times_at_most(
    house: House, visitor: httpx.AsyncClient, post: Postbox
) -> None:
    codes = [(await visitor.post("/login/forgot", data={"email": ALICE})).status_code for _ in range(4)]
    await house.rest()
    assert codes == [200, 200, 200, 429]
    assert len(post.letters) == 3
    (link,) = re.findall(r"/welcome/\S+", post.letters[0].body)
    house.academy.now += timedelta(hours=1)
    assert (await visitor.get(link)).status_code == 410


async def test_no_message_names_a_host_that_a_stranger_wrote(
    house: House, visitor: httpx.AsyncClient, post: Postbox
) -> None:
    await visitor.post("/login/forgot", data={"email": ALICE}, headers={"Host": "evil.example"})
    await house.rest()
    assert post.letters == []


async def test_a_familys_link_shows_itself_and_opens_once(house: House, visitor: httpx.AsyncClient) -> None:
    way = f"/v1/guardians/{house.academy.mother}/link"
    assert (await house.charlie.post(way)).status_code == 404
    assert (await house.client(house.key).post(way)).status_code == 403, "somebody must have made it"
    link = httpx.URL((await house.alice.post(way)).json()["url"]).path
    for _ in range(2):
        seen = await visitor.get(link)
        assert seen.status_code == 200
        assert not visitor.cookies
        assert seen.headers["Referrer-Policy"] == "no-referrer"
    opened = await visitor.post(link)
    assert (opened.status_code, opened.headers["Location"]) == (303, "/family")
    assert "bellwether-guardian" in visitor.cookies
    assert not await is_in(visitor)
    assert (await visitor.get(link)).status_code == 410
    link = httpx.URL((await house.alice.post(way)).json()["url"]).path
    pressed = await asyncio.gather(*(visitor.post(link) for _ in range(3)))
    assert sorted(p.status_code for p in pressed) == [303, 410, 410]
    async with browser_of(house) as other:
        assert (await other.post(link)).status_code == 410
        assert not other.cookies


async def test_a_familys_login_lasts_half_an_hour_and_its_link_a_week(house: House, visitor: httpx.AsyncClient) -> None:
    way = f"/v1/guardians/{house.academy.mother}/link"
    first, second = [httpx.URL((await house.alice.post(way)).json()["url"]).path for _ in range(2)]
    await visitor.post(first)
    house.academy.now += timedelta(minutes=29)
    assert (await visitor.get("/family/request-link")).headers["Location"] == "/family", "signed in still"
    house.academy.now += timedelta(minutes=30)
    assert (await visitor.get("/family/request-link")).status_code == 200
    house.academy.now += timedelta(days=7)
    assert (await visitor.get(second)).status_code == 410


async def test_the_office_takes_a_link_and_what_it_opened_back(house: House, visitor: httpx.AsyncClient) -> None:
    way = f"/v1/students/{house.academy.student}/link"
    links = [httpx.URL((await house.alice.post(way)).json()["url"]).path for _ in range(2)]
    assert (await visitor.post(links[0])).headers["Location"] == "/me"
    assert (await house.charlie.post(f"{way}/revoke")).status_code == 404
    assert (await house.bob.post(f"{way}/revoke")).json() == {"links": 1, "logins": 1}
    assert (await visitor.get(links[1])).status_code == 410
    async with house.academy.books.transaction() as tx:
        token = visitor.cookies["bellwether-student"]
        assert await db_logins.opened_by(tx, "student", token, house.academy.now) is None


async def test_a_guardian_asks_for_a_link_and_a_stranger_learns_nothing(
    house: House, visitor: httpx.AsyncClient, post: Postbox
) -> None:
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(guardians).where(guardians.c.id == house.academy.mother).values(language="es"))
    (mother,) = await house.academy.rows(guardians, id=house.academy.mother)
    told = [await visitor.post("/family/request-link", data={"email": e}) for e in (mother["email"], "x@x.example")]
    await house.rest()
    assert told[0].text == told[1].text
    (letter,) = post.letters
    assert letter.to == mother["email"]
    assert "página de la familia" in letter.body
    (link,) = re.findall(r"http://localhost:8000(/l/\S+)", letter.body)
    assert (await visitor.post(link)).headers["Location"] == "/family"
