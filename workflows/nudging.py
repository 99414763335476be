"""Waking the workflow of a student or a session: signal-with-start, an id and nothing else. Starting a letter's."""

from __future__ import annotations

from datetime import timedelta

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.inputs import DeliverIn
from workflows.contract import (
    LETTER_WORKFLOW,
    NUDGE,
    SESSION_WORKFLOW,
    STUDENT_WORKFLOW,
    STUDENTS,
    SessionIn,
    StudentIn,
    letter_workflow_id,
    session_workflow_id,
    student_workflow_id,
)

NUDGE_WITHIN = timedelta(seconds=1)


async def nudge(client: Client, org_id: str, student_id: str, event_id: str) -> None:
    """Wake the student. A workflow that has ended starts again.

    Raises temporalio.service.RPCError when the server cannot be reached within a second.
    """
    await client.start_workflow(
        STUDENT_WORKFLOW,
        StudentIn(org_id, student_id),
        id=student_workflow_id(student_id),
        task_queue=STUDENTS,
        start_signal=NUDGE,
        start_signal_args=[event_id],
        static_summary="follows one student's attendance",
        rpc_timeout=NUDGE_WITHIN,
    )


async def nudge_session(client: Client, org_id: str, session_id: str, event_id: str) -> None:
    """Wake the session. One that has ended starts again: late evidence re-opens it.

    Raises temporalio.service.RPCError when the server cannot be reached within a second.
    """
    await client.start_workflow(
        SESSION_WORKFLOW,
        SessionIn(org_id, session_id),
        id=session_workflow_id(session_id),
        task_queue=STUDENTS,
        start_signal=NUDGE,
        start_signal_args=[event_id],
        static_summary="the clock of one session",
        rpc_timeout=NUDGE_WITHIN,
    )


async def send_letter(client: Client, org_id: str, message_id: str, event_id: str) -> None:
    """Try a message that is about no student and no session. While one attempt runs there is no other.

    Raises temporalio.service.RPCError when the server cannot be reached within a second.
    """
    del event_id
    await client.start_workflow(
        LETTER_WORKFLOW,
        DeliverIn(org_id, message_id),
        id=letter_workflow_id(message_id),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        task_queue=STUDENTS,
        static_summary="one attempt of a message that is about no student",
        rpc_timeout=NUDGE_WITHIN,
    )
