"""Webhooks out: one workflow that looks for what is due, minute after minute, on a queue of its own.

It is kept alive by a Schedule, which starts it whenever it does not run. What is due and when stands in the books.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities.inputs import DELIVER_WEBHOOKS, WebhooksOut
from workflows.contract import WEBHOOKS_WORKFLOW
from workflows.looking import keep_looking


@workflow.defn(name=WEBHOOKS_WORKFLOW)
class WebhooksWorkflow:
    """Look again and again; every hour as a new run."""

    @workflow.run
    async def run(self) -> None:
        """Deliver what is due."""
        await keep_looking(DELIVER_WEBHOOKS, WebhooksOut, timedelta(seconds=90))
