"""The operator's desk: everything the demo does goes through the HTTP API with the first key, as it would for real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import httpx

from cli.problems import CommandError

AT_ONCE = 4
"""Requests under way at the same time while the academy is entered."""


class RefusedError(CommandError):
    """The API did not accept what the script does: the demo cannot go on."""


class Desk:
    """Calls the API, sometimes in the name of a staff member."""

    def __init__(self, api_url: str, key: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=f"{api_url}/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
        )
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.requests = 0

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """Read. Raises RefusedError."""
        return await self._answer(self._http.get(path, params=query))

    async def post(self, path: str, body: Mapping[str, Any], by: str | None = None) -> Any:
        """Do one thing, in the name of this staff member's ref if one is given. Raises RefusedError."""
        headers = {"Bellwether-Actor": by} if by else {}
        async with self._slots:
            self.requests += 1
            return await self._answer(self._http.post(path, json=body, headers=headers))

    async def deliver(self, path: str, body: str, headers: Mapping[str, str]) -> None:
        """Hand over a webhook as it is. Raises RefusedError."""
        async with self._slots:
            self.requests += 1
            await self._answer(self._http.post(path, content=body, headers=dict(headers)))

    async def post_all(self, path: str, items: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Do many of a kind in one request; each must be accepted. Raises RefusedError."""
        answer = await self.post(f"{path}/batch", {"items": items})
        for asked, result in zip(items, answer["items"], strict=True):
            if result["status"] >= 400:
                raise RefusedError(f"the API refused {dict(asked)}: {result['problem']['detail']}")
        return [result.get("item") or result["outcome"] for result in answer["items"]]

    async def task(self, student_id: str, kind: str) -> Any:
        """The student's unfinished task of this kind. Raises RefusedError when there is none."""
        found = await self.get("/tasks", student_id=student_id, kind=kind, status="unfinished")
        if not found["items"]:
            raise RefusedError(f"the script expects an open task {kind!r}, and the student has none")
        return found["items"][0]

    @staticmethod
    async def _answer(asked: Awaitable[httpx.Response]) -> Any:
        try:
            response = await asked
        except httpx.HTTPError as problem:
            raise RefusedError(f"the API does not answer: {problem!r}") from problem
        if response.is_success:
            return response.json()
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError):
            detail = response.text[:200]
        what = f"{response.request.method} {response.request.url.path}"
        raise RefusedError(f"{what} answered {response.status_code}: {detail}")
