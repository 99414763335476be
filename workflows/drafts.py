"""Drafts: one workflow that looks for what waits without a draft, minute after minute, on a queue of its own.

A drafter may take its time or hang; nothing else waits for it. A Schedule keeps it alive.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

from activities.inputs import MAKE_DRAFTS, DraftsOut
from workflows.contract import DRAFTS_WORKFLOW
from workflows.looking import keep_looking


@workflow.defn(name=DRAFTS_WORKFLOW)
class DraftsWorkflow:
    """Look again and again; every hour as a new run."""

    @workflow.run
    async def run(self) -> None:
        """Make the drafts that are wanted."""
        await keep_looking(MAKE_DRAFTS, DraftsOut, timedelta(seconds=120))
