"""What passed between a student's family and us: every message, every answer, every call, with what became of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from api.access import Here
from api.once import router as doors
from api.values import Listed, Lister, RowId
from db import conversation, names, roster
from db.listing import Part
from db.tables import students
from domain.conversation import Kind, Turn
from domain.conversation import conversation as as_conversation

router = doors("messages")


class Said(BaseModel):
    """One turn. `heading` says who to whom and how, `words` what was said, `became` what came of it.

    `theirs`: the family said it. `besides` are messages of the same notice that did not leave, each with its reason.
    """

    kind: Kind
    at: datetime
    ids: list[str] = Field(description="Of the messages, the reply or the outreach")
    heading: str = Field(examples=["SMS to Maria Reed: absence notice"])
    subject: str | None
    words: str | None
    became: str = Field(examples=["delivered"])
    besides: list[str] = Field(examples=[["SMS not sent: the weekly limit of texts is reached"]])
    theirs: bool

    @classmethod
    def of(cls, turn: Turn) -> Said:
        """The answer for a turn."""
        return cls.model_validate(turn.model_dump())


@router.get("/students/{student_id}/conversation")
async def get_conversation(here: Here, student_id: RowId, listing: Lister) -> Listed[Said]:
    """The newest part of the conversation, oldest turn first; `next` leads to the part before it."""
    async with here.transaction() as tx:
        student = await roster.one(tx, students, here.org_id, student_id)
        letters, replies, outreach, cursor = await conversation.part(tx, here.org_id, student.id, listing.cut)
        called = await names.around(tx, here.org_id, student.id)
    turns = as_conversation(letters, replies, outreach, lambda of: called.get(of, "somebody no longer here"))
    return listing.answer_made(Part((), cursor), [Said.of(turn) for turn in turns])
