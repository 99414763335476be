"""Whether the parts that were started do their work yet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from cli.embedded.temporal import EmbeddedTemporal
from cli.problems import CommandError
from workflows.contract import DELIVERIES, STUDENTS

PATIENCE = 20.0
"""Seconds until a part that is not ready counts as failed; two are usual."""
STILL_POLLING = timedelta(seconds=90)
"""A poll lasts a minute; Temporal remembers for five who came."""
QUEUES = {
    STUDENTS: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    **dict.fromkeys(DELIVERIES.values(), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY),
}


async def all_ready(client: Client, api_url: str, server: EmbeddedTemporal | None) -> None:
    """Return when workers poll, the API says that every part is up, and Temporal's pages answer.

    Raises CommandError that names what is missing after PATIENCE.
    """
    pages = asyncio.create_task(asyncio.to_thread(server.wait_for_ui)) if server else None
    missing = "the worker polls no queue"
    try:
        async with asyncio.timeout(PATIENCE):
            while idle := await idle_queues(client):
                missing = f"no worker polls {', '.join(idle)}"
                await asyncio.sleep(0.05)
            while (answer := await readyz(api_url))[0] is not True:
                missing = f"the API at {api_url} says: {answer[1]}"
                await asyncio.sleep(0.05)
            if pages is not None:
                await pages
    except TimeoutError as problem:
        raise CommandError(f"not ready after {PATIENCE:.0f} s: {missing}") from problem


async def idle_queues(client: Client) -> list[str]:
    """Queues that no worker polls."""
    return [queue for queue, kind in QUEUES.items() if not await _is_polled(client, queue, kind)]


async def _is_polled(client: Client, queue: str, kind: TaskQueueType.ValueType) -> bool:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    pollers = (await client.workflow_service.describe_task_queue(request)).pollers
    since = datetime.now(UTC) - STILL_POLLING
    return any(poller.last_access_time.ToDatetime(UTC) > since for poller in pollers)


async def readyz(api_url: str) -> tuple[bool | None, str]:
    """What the API says about itself: ready or not, and the words; None when it does not answer."""
    with suppress(httpx.TransportError):
        async with httpx.AsyncClient(trust_env=False, timeout=3) as client:
            answer = await client.get(f"{api_url}/readyz")
            return answer.status_code == httpx.codes.OK, answer.text
    return None, f"nothing answers at {api_url}"
