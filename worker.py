"""Composition root of the worker: dependencies in, the sandbox rule, run until told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cache, partial

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LogForwardingConfig, LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.advance import AdvanceActivities
from activities.audit import AuditActivities
from activities.calendar import CalendarActivities
from activities.deliver import DeliverActivities
from activities.drafting import DraftActivities, tokens_today
from activities.retention import RetentionActivities
from activities.session import SessionActivities
from activities.webhooks import WebhookActivities
from db.engine import Books, open_books
from messaging.choose import choose_drafter, senders
from messaging.drafting import Drafter
from messaging.sealing import Seal
from messaging.sender import AT_ONCE, Channel, Sender
from messaging.webhook_post import WebhookPost
from settings import Settings, load
from workflows.audit import AuditWorkflow
from workflows.calendar import CalendarWorkflow
from workflows.contract import DELIVERIES, DRAFTS, STUDENTS, WEBHOOKS
from workflows.drafts import DraftsWorkflow
from workflows.letter import LetterWorkflow
from workflows.nudging import nudge, nudge_session, send_letter
from workflows.retention import RetentionWorkflow
from workflows.schedules import ensure_schedules
from workflows.session import SessionWorkflow
from workflows.student import StudentWorkflow
from workflows.webhooks import WebhooksWorkflow

PASSED_THROUGH = ("activities", "db", "domain", "messaging", "settings", "workflows", "pydantic", "annotated_types")
"""All of ours or none: a class passed once and imported again is two classes, and `match` falls through silently."""
GRACE = timedelta(seconds=3)
OUTBOX_PER_SECOND = 100.0
"""The outbox is no provider: this only keeps the books from being asked for everything at once."""


def sandbox() -> SandboxedWorkflowRunner:
    """The rule under which workflows run here, in tests and in replays."""
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


@cache
def runtime() -> Runtime:
    """The engine's own runtime. Its log goes through Python's: it would write to stdout, which is for data."""
    forwarding = LogForwardingConfig(logger=logging.getLogger("bellwether.temporal"))
    log = LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forwarding)
    return Runtime(telemetry=TelemetryConfig(logging=log))


async def connect(settings: Settings, address: str) -> Client:
    """A client of the Temporal server at this address. Raises RuntimeError when it cannot be reached."""
    key = settings.temporal_api_key.get_secret_value() if settings.temporal_api_key else None
    return await Client.connect(
        address,
        namespace=settings.temporal_namespace,
        api_key=key,
        tls=settings.temporal_tls or key is not None,
        data_converter=pydantic_data_converter,
        runtime=runtime(),
    )


def per_second(settings: Settings) -> dict[Channel, float]:
    """How many messages of each channel may leave in a second, all workers together."""
    return {
        "sms": settings.sms_per_second if settings.sends_sms else OUTBOX_PER_SECOND,
        "email": settings.email_per_second if settings.sends_email else OUTBOX_PER_SECOND,
    }


def workers(
    client: Client,
    books: Books,
    ways_out: Mapping[Channel, Sender],
    rates: Mapping[Channel, float] | None = None,
    public_url: str | None = None,
) -> list[Worker]:
    """The worker of decisions, and those of deliveries."""
    return [students_worker(client, books), *delivery_workers(client, books, ways_out, rates, public_url)]


def students_worker(client: Client, books: Books) -> Worker:
    """The worker of decisions: every workflow of a student or session."""
    wake, wake_session, send = (partial(act, client) for act in (nudge, nudge_session, send_letter))
    return Worker(
        client,
        task_queue=STUDENTS,
        workflows=[
            StudentWorkflow,
            SessionWorkflow,
            LetterWorkflow,
            AuditWorkflow,
            CalendarWorkflow,
            RetentionWorkflow,
        ],
        activities=[
            AdvanceActivities(books).advance,
            SessionActivities(books, wake).advance_session,
            AuditActivities(books, wake, wake_session, send).audit,
            CalendarActivities(books, wake).extend_calendar,
            RetentionActivities(books).forget,
        ],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=GRACE,
        max_concurrent_local_activities=books.pool_size - 2,
    )


def delivery_workers(
    client: Client,
    books: Books,
    ways_out: Mapping[Channel, Sender],
    rates: Mapping[Channel, float] | None = None,
    public_url: str | None = None,
) -> list[Worker]:
    """One for each channel: a slow provider delays neither a decision nor the other channel.

    `rates` as `per_second` has them; without, those of the outbox. E-mails of families name where to end them, under
    `public_url`; without one they do not.
    """
    deliver = DeliverActivities(books, ways_out, public_url).deliver
    return [
        Worker(
            client,
            task_queue=queue,
            activities=[deliver],
            graceful_shutdown_timeout=GRACE,
            max_concurrent_activities=AT_ONCE,
            max_task_queue_activities_per_second=(rates or {}).get(channel.value, OUTBOX_PER_SECOND),
        )
        for channel, queue in DELIVERIES.items()
    ]


def webhooks_worker(client: Client, books: Books, post: WebhookPost, seal: Seal) -> Worker:
    """The worker of webhooks: a queue of its own, so that a receiver that hangs delays nothing else."""
    return Worker(
        client,
        task_queue=WEBHOOKS,
        workflows=[WebhooksWorkflow],
        activities=[WebhookActivities(books, post, seal).deliver_webhooks],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=GRACE,
        max_cached_workflows=0,  # what a worker that has left had cached would wait 10 s before another one gets it
    )


def drafts_worker(client: Client, books: Books, drafter: Drafter) -> Worker:
    """The worker of drafts: a queue of its own, so that a drafter that takes its time delays nothing else."""
    return Worker(
        client,
        task_queue=DRAFTS,
        workflows=[DraftsWorkflow],
        activities=[DraftActivities(books, drafter).make_drafts],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=GRACE,
        max_cached_workflows=0,  # as for webhooks
    )


async def work(settings: Settings, database_url: str, temporal_address: str, stop: asyncio.Event) -> None:
    """Run all workers until `stop` is set."""
    client = await connect(settings, temporal_address)
    books = Books(open_books(database_url))
    ways_out = senders(settings)
    async with AsyncExitStack() as running:
        running.push_async_callback(books.close)
        for sender in set(ways_out.values()):
            running.push_async_callback(sender.close)
        for worker in workers(client, books, ways_out, per_second(settings), settings.public_url):
            await running.enter_async_context(worker)
        post = await running.enter_async_context(WebhookPost(to_private=settings.webhooks_to_private))
        await running.enter_async_context(webhooks_worker(client, books, post, Seal(settings)))
        drafter = choose_drafter(settings, partial(tokens_today, books))
        await running.enter_async_context(drafts_worker(client, books, drafter))
        await ensure_schedules(client)
        await stop.wait()


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set. Workers install no handlers of their own."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def main() -> None:
    """`python worker.py`: needs BELLWETHER_DATABASE_URL and BELLWETHER_TEMPORAL_ADDRESS."""
    settings = load()
    if settings.database_url is None or settings.temporal_address is None:
        raise SystemExit("a worker on its own needs BELLWETHER_DATABASE_URL and BELLWETHER_TEMPORAL_ADDRESS")
    await work(settings, settings.database_url, settings.temporal_address, stop_on_signals())


if __name__ == "__main__":
    from cli.leaving import leave

    leave(lambda: asyncio.run(main()))
