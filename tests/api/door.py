"""At the door: a browser that looks at pages, and what people do there before they are in."""

from __future__ import annotations

import httpx

from messaging.sender import Letter, Receipt, Result
from tests.api.conftest import House

GOOD = "correct horse battery"
ALICE = "alice@northstar.example"


class Postbox:
    """A way out that keeps what it is given."""

    name = "postbox"

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Receipt:
        """Take it."""
        self.letters.append(letter)
        return Receipt(Result.accepted, provider_id=letter.nid)

    async def close(self) -> None:
        """Nothing is held."""


def browser_of(house: House) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(house.app, raise_app_exceptions=False)
    headers = {
        "Accept": "text/html",
        "Sec-Fetch-Site": "same-origin",
        "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/150",
    }
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8000", headers=headers)


async def invited(house: House, email: str = ALICE) -> str:
    """The path of an invitation."""
    (person,) = (await house.admin.get("/v1/staff", params={"email": email})).json()["items"]
    made = await house.admin.post(f"/v1/staff/{person['id']}/invite")
    assert made.status_code == 201
    return str(httpx.URL(made.json()["url"]).path)


async def welcomed(
    house: House, visitor: httpx.AsyncClient, email: str = ALICE, password: str = GOOD
) -> httpx.Response:
    return await visitor.post(await invited(house, email), data={"password": password, "again": password})


async def signs_in(visitor: httpx.AsyncClient, email: str = ALICE, password: str = GOOD, **more: str) -> httpx.Response:
    return await visitor.post("/login", data={"email": email, "password": password, **more})


async def is_in(visitor: httpx.AsyncClient) -> bool:
    return (await visitor.get("/account")).status_code == 200
