"""Who comes in with a password, who does not, and who is shown out again: on real books, with a clock of our own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import update

from api.pages.entering import passwords as hashing
from db import knocks
from db import logins as db_logins
from db.login_tables import logins
from db.tables import staff
from tests.api.conftest import House
from tests.api.door import ALICE, GOOD, browser_of, invited, is_in, signs_in, welcomed

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_passwords")]
DEFAULT = hashing._hasher()


@pytest.fixture
async def visitor(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that looks at our pages and follows no redirect by itself."""
    async with browser_of(house) as opened:
        yield opened


def test_a_password_is_kept_as_expensively_as_is_advised() -> None:
    """OWASP's advice for argon2id is 19 MiB and two passes at least."""
    memory, passes = re.findall(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),", DEFAULT.hash(GOOD))[0]
    assert int(memory) >= 19 * 1024
    assert int(passes) >= 2


async def test_an_invitation_sets_a_password_andsigns_in(house: House, visitor: httpx.AsyncClient) -> None:
    way = await invited(house)
    for _ in range(2):  # mail programs look as well
        assert (await visitor.get(way)).status_code == 200
    weak = await visitor.post(way, data={"password": "alice", "again": "alice"})
    assert weak.status_code == 422
    assert "at least 12 characters" in weak.text
    assert (await visitor.post(way, data={"password": GOOD, "again": "another one"})).status_code == 422
    done = await visitor.post(way, data={"password": GOOD, "again": GOOD})
    assert (done.status_code, done.headers["Location"]) == (303, "/")
    assert (await visitor.get("/")).headers["Location"] == "/inbox"
    page = await visitor.get("/account")
    assert "Alice" in page.text
    assert "Firefox on Linux" in page.text
    assert (await visitor.get(way)).status_code == 410, "it opens once"
    late = {"password": "one more good one", "again": "one more good one"}
    assert (await visitor.post(way, data=late)).status_code == 410


async def test_without_a_login_a_page_leads_to_the_door_and_back(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    visitor.cookies.clear()
    asked = await visitor.get("/account?from=here")
    assert (asked.status_code, asked.headers["Location"]) == (303, "/login?next=%2Faccount%3Ffrom%3Dhere")
    assert (await visitor.post("/account/keys")).status_code == 401, "a form is not sent twice"
    back = await signs_in(visitor, next="/account?from=here")
    assert (back.status_code, back.headers["Location"]) == (303, "/account?from=here")


async def test_signing_in_never_leads_to_another_site(visitor: httpx.AsyncClient) -> None:
    for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)//evil"):
        assert "evil" not in (await visitor.get("/login", params={"next": elsewhere})).text


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(
    house: House, visitor: httpx.AsyncClient
) -> None:
    await welcomed(house, visitor)
    visitor.cookies.clear()
    asked = [(ALICE, "wrong password"), ("nobody@northstar.example", GOOD), ("bob@northstar.example", GOOD), ("", "")]
    told = [await signs_in(visitor, *given) for given in asked]
    assert {t.status_code for t in told} == {401}
    assert len({re.sub(r'value="[^"]*"', "", t.text) for t in told}) == 1
    assert not visitor.cookies


async def test_ten_failures_close_the_door_for_a_quarter_of_an_hour(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    visitor.cookies.clear()
    async with house.academy.books.transaction() as tx:
        for _ in range(10):
            assert (await knocks.knock(tx, "password", ALICE.upper(), "203.0.113.7", house.academy.now)).ids
    house.academy.now += timedelta(minutes=5)
    shut = await signs_in(visitor)
    assert (shut.status_code, shut.headers["Retry-After"]) == (429, "600")
    assert "Try again in 10 minutes" in shut.text
    house.academy.now += timedelta(minutes=10)
    assert (await signs_in(visitor)).status_code == 303


async def test_tries_at_once_are_counted_as_tries_in_a_row(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    told = await asyncio.gather(*(signs_in(visitor, password="wrong") for _ in range(14)))
    assert sorted(t.status_code for t in told) == [401] * 10 + [429] * 4


async def test_thirty_failures_from_one_network_close_it_whatever_the_address(house: House) -> None:
    async with house.academy.books.transaction() as tx:
        for n in range(30):
            assert (await knocks.knock(tx, "password", f"{n}@x.example", "2001:db8::1", house.academy.now)).ids
        again = await knocks.knock(tx, "password", "other@x.example", "2001:db8::2", house.academy.now)
        assert again.wait_until == house.academy.now + timedelta(minutes=15), "the same household"
        assert (await knocks.knock(tx, "password", "other@x.example", "203.0.113.9", house.academy.now)).ids


async def test_signing_in_takes_no_token_that_somebody_chose_and_ends_the_one_before(
    house: House, visitor: httpx.AsyncClient
) -> None:
    await welcomed(house, visitor)
    before = visitor.cookies["bellwether"]
    await signs_in(visitor)
    after = visitor.cookies["bellwether"]
    assert before != after
    assert await is_in(visitor)
    for token in (before, "chosen"):
        async with browser_of(house) as other:
            other.cookies.set("bellwether", token)
            assert not await is_in(other)
    kept = str(await house.academy.rows(logins))
    assert after not in kept
    assert before not in kept


async def test_a_cookie_is_for_this_host_and_no_script(house: House) -> None:
    async with browser_of(house) as plain, browser_of(house) as safe:
        safe.base_url = httpx.URL("https://localhost:8000")
        told = (await welcomed(house, plain)).headers["Set-Cookie"]
        assert re.match(r"bellwether=[\w-]{43}; HttpOnly; Max-Age=1209600; Path=/; SameSite=lax$", told)
        told = (await signs_in(safe)).headers["Set-Cookie"]
        assert told.startswith("__Host-bellwether=")
        assert told.endswith("; Secure")
        assert "Domain" not in told


@pytest.mark.parametrize(("away", "still_in"), [(timedelta(hours=11), True), (timedelta(hours=12), False)])
async def test_twelve_hours_away_sign_one_out(
    house: House, visitor: httpx.AsyncClient, away: timedelta, still_in: bool
) -> None:
    await welcomed(house, visitor)
    house.academy.now += away
    assert await is_in(visitor) is still_in


async def test_after_fourteen_days_one_signs_in_again_however_busy(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    for _ in range(33):
        house.academy.now += timedelta(hours=10)
        assert await is_in(visitor)
    house.academy.now += timedelta(hours=10)
    assert not await is_in(visitor)


async def test_one_signs_out_here_elsewhere_and_everywhere(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    async with browser_of(house) as other, browser_of(house) as third:
        await signs_in(other)
        await signs_in(third)
        (ends,) = set(re.findall(r"/account/logins/[^/]+/end", (await visitor.get("/account")).text)[:1])
        await visitor.post(ends)
        assert sorted([await is_in(other), await is_in(third)]) == [False, True]
        await visitor.post("/logout")
        assert not await is_in(visitor)
        assert "bellwether" not in visitor.cookies
        await signs_in(visitor)
        await visitor.post("/account/sign-out-everywhere")
        assert [await is_in(b) for b in (visitor, other, third)] == [False] * 3


async def test_a_changed_password_signs_out_every_otherbrowser_of(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    new = {"password": "a much better one", "again": "a much better one"}
    async with browser_of(house) as other:
        await signs_in(other)
        assert (await visitor.post("/account/password", data={"current": "wrong", **new})).status_code == 422
        assert (await visitor.post("/account/password", data={"current": GOOD, **new})).status_code == 303
        assert [await is_in(visitor), await is_in(other)] == [True, False]
        assert (await signs_in(other)).status_code == 401
        assert (await signs_in(other, password="a much better one")).status_code == 303


async def test_charlie_signs_nobody_out_elsewhere(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    (alices,) = await house.academy.rows(logins)
    async with house.academy.books.transaction() as tx:
        (charlie,) = (await house.client(house.foreign_key).get("/v1/staff")).json()["items"]
        token = await db_logins.begin(tx, house.elsewhere, "staff", charlie["id"], None, house.academy.now)
    async with browser_of(house) as charlies:
        charlies.cookies.set("bellwether", token)
        assert "Elsewhere" in (await charlies.get("/account")).text
        await charlies.post(f"/account/logins/{alices['id']}/end")
    assert await is_in(visitor)


async def test_who_has_left_is_out_at_once(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    async with house.academy.books.transaction() as tx:
        await tx.execute(update(staff).where(staff.c.id == house.academy.alice).values(active=False))
    assert not await is_in(visitor)
    assert (await signs_in(visitor)).status_code == 401


async def test_the_admin_signs_somebody_out(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    way = f"/v1/staff/{house.academy.alice}/sign-out"
    assert (await house.charlie.post(way)).status_code == 404
    assert (await house.lea.post(way)).status_code == 403
    assert (await house.admin.post(way)).json() == {"links": 0, "logins": 1}
    assert not await is_in(visitor)


async def test_a_login_opens_no_api_and_a_key_no_page(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    assert (await visitor.get("/v1/staff")).status_code == 401
    async with house.alice as keyed:
        assert (await keyed.get("/account", headers={"Accept": "text/html"})).status_code == 303


async def test_another_site_cannot_send_our_forms(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    for told in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        for form in ("/account/sign-out-everywhere", "/login", "/logout"):
            assert (await visitor.post(form, headers=told)).status_code == 403
    assert await is_in(visitor)


async def test_one_address_in_two_organizations_chooses(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor, "ada@northstar.example")
    visitor.cookies.clear()
    async with house.academy.books.transaction() as tx:
        await tx.execute(
            update(staff).where(staff.c.email == "charlie@elsewhere.example").values(email="Ada@northstar.example")
        )
    (charlie,) = (await house.client(house.foreign_key).get("/v1/staff")).json()["items"]
    made = await house.client(house.foreign_key, charlie["id"]).post(f"/v1/staff/{charlie['id']}/invite")
    await visitor.post(httpx.URL(made.json()["url"]).path, data={"password": GOOD, "again": GOOD})
    visitor.cookies.clear()
    page = await signs_in(visitor, "ada@northstar.example")
    assert page.status_code == 200
    assert not visitor.cookies
    first, second = re.findall(r'name="token" value="([^"]+)"', page.text)
    await visitor.post("/login/choose", data={"token": first})
    assert "Elsewhere" in (await visitor.get("/account")).text
    assert (await visitor.post("/login/choose", data={"token": first})).status_code == 401
    house.academy.now += timedelta(minutes=5)
    assert (await visitor.post("/login/choose", data={"token": second})).status_code == 401


async def test_times_are_shown_in_ones_own_zone_and_keys_can_be_off(house: House, visitor: httpx.AsyncClient) -> None:
    await welcomed(house, visitor)
    assert (await visitor.post("/account/zone", data={"zone": "Mars/Base"})).status_code == 422
    assert (await visitor.post("/account/zone", data={"zone": "America/New_York"})).status_code == 303
    assert (await visitor.post("/account/keys", data={"shortcuts": "false"})).status_code == 303
    page = (await visitor.get("/account")).text
    assert "New York time" in page
    assert 'data-keys="off"' in page


async def test_one_click_is_for_the_demo_alone(house: House, visitor: httpx.AsyncClient) -> None:
    be = {"person": f"staff:{house.academy.lea}"}
    assert "demo" not in (await visitor.get("/login")).text
    assert (await visitor.post("/login/as", data=be)).status_code == 404
    house.app.state.one_click = True
    page = (await visitor.get("/login")).text
    assert "Lea" in page
    assert "Maria Reed" in page
    assert (await visitor.post("/login/as", data=be)).status_code == 303
    assert "Lea" in (await visitor.get("/account")).text
    family = await visitor.post("/login/as", data={"person": f"guardian:{house.academy.mother}"})
    assert family.headers["Location"] == "/family"
    assert await is_in(visitor), "both stay signed in"
    assert (await visitor.post("/login/as", data={"person": "staff:nobody"})).status_code == 404
