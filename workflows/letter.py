"""A message that is about no student and no session, such as a link to sign in: one attempt of its own.

What is to be tried again stands in the books with its time; the auditor starts the next attempt.
"""

from __future__ import annotations

from temporalio import workflow

from activities.inputs import DeliverIn, DeliverOut
from domain.sending import Channel
from workflows.calling import deliver
from workflows.contract import LETTER_WORKFLOW


@workflow.defn(name=LETTER_WORKFLOW)
class LetterWorkflow:
    """One attempt. Asked for again while it runs, it runs once."""

    @workflow.run
    async def run(self, letter: DeliverIn) -> DeliverOut:
        """Deliver it by e-mail."""
        return await deliver(letter.org_id, letter.message_id, Channel.EMAIL)
