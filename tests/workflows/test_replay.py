"""Histories recorded by earlier programs replay on this one: a student's workflow may live for years.

After a change to a workflow that needs `workflow.patched`, record one more history with
`RECORD_HISTORIES=1 pytest tests/workflows -k "whole_story or settles_on_its_time"`; an old one is never edited.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

import worker
from workflows.contract import StudentIn
from workflows.session import SessionWorkflow
from workflows.student import StudentWorkflow

pytestmark = pytest.mark.anyio
HISTORIES = Path(__file__).with_name("histories")
RECORDED = sorted(HISTORIES.glob("*.json"))


def _history(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json("recorded", file.read_text())


def _replayer() -> Replayer:
    return Replayer(
        workflows=[StudentWorkflow, SessionWorkflow],
        workflow_runner=worker.sandbox(),
        data_converter=pydantic_data_converter,
    )


@pytest.mark.parametrize("file", RECORDED, ids=lambda f: f.stem)
async def test_a_recorded_history_replays(file: Path) -> None:
    await _replayer().replay_workflow(_history(file))


@workflow.defn(name="student")
class AnotherStudent:
    """A program that does something else under the same name."""

    @workflow.run
    async def run(self, student: StudentIn) -> None:
        """Sleep."""
        await workflow.sleep(timedelta(days=1))

    @workflow.signal(name="nudge")
    def nudge(self, event_id: str) -> None:
        """Do nothing."""


async def test_a_history_does_not_replay_on_a_program_that_does_something_else() -> None:
    other = Replayer(
        workflows=[AnotherStudent],
        workflow_runner=UnsandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
    )
    with pytest.raises(workflow.NondeterminismError):
        await other.replay_workflow(_history(HISTORIES / "case-with-ladder-202611.json"))
