"""How long the students' workflow histories have grown."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus

from workflows.contract import STUDENT_WORKFLOW

AT_ONCE = 16


@dataclass(frozen=True)
class Histories:
    """Runs and history events by workflow id; a workflow that continued as new has several runs."""

    runs: Counter[str]
    events: Counter[str]
    continued: int

    def as_document(self, outcomes: int) -> dict[str, Any]:
        """Counts and means."""
        total = self.events.total()
        return {
            "workflows": len(self.runs),
            "runs": self.runs.total(),
            "continued_as_new": self.continued,
            "events": total,
            "events_per_workflow": round(total / max(len(self.runs), 1), 1),
            "events_per_outcome": round(total / max(outcomes, 1), 1),
            "longest_history": max(self.events.values(), default=0),
        }


async def read_histories(client: Client) -> Histories:
    """Ask the server. The length of a run that goes on is read from the run itself: the index learns it at the end."""
    found = [run async for run in client.list_workflows(f"WorkflowType = '{STUDENT_WORKFLOW}'")]
    runs, events, left = Counter(run.id for run in found), Counter[str](), iter(found)

    async def take() -> None:
        for run in left:
            length = (await client.get_workflow_handle(run.id, run_id=run.run_id).describe()).history_length
            events[run.id] += length

    await asyncio.gather(*(take() for _ in range(AT_ONCE)))
    return Histories(runs, events, sum(r.status is WorkflowExecutionStatus.CONTINUED_AS_NEW for r in found))
