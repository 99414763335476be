"""A guardian's number and e-mail address: changed, shown with what closed them, and opened again by a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Row

from api.access import Here
from api.guardians import Guardian, Language
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Email, Phone, RowId, Zone
from db import roster, suppressions
from db.engine import Tx
from db.tables import guardians
from domain.explaining import code_in_words
from domain.refusals import Conflict
from domain.sending import Channel
from domain.tasks import Role

router = doors("people")


class AddressChange(Asked):
    """What is new; what is left out stays. Null takes a number or an e-mail address away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": "+14155550102"}]})
    phone: Phone | None = None
    email: Email | None = None
    language: Language = "en"
    zone: Zone = "UTC"


class LiftIn(Asked):
    """The channel to open again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "email"}]})
    channel: Channel


class Suppressed(BaseModel):
    """Why nothing is sent to an address, and since when; and who lifted it.

    A message brought it to light, or a guardian asked for it himself, by the link in an e-mail; so he may lift it.
    """

    channel: Channel
    address: str
    reason: str
    reason_in_words: str
    since: datetime
    message_id: str | None
    lifted_at: datetime | None
    lifted_by: str | None
    closed_by_guardian: str | None
    lifted_by_guardian: str | None


class Reachable(Guardian):
    """A guardian, with what has ever closed his present addresses; without `lifted_at` it is in force."""

    suppressed: list[Suppressed]


async def _shown(tx: Tx, row: Row[Any]) -> Reachable:
    closed = [
        Suppressed(reason_in_words=code_in_words(s.reason), **{k: getattr(s, k) for k in _KEPT})
        for s in await suppressions.of_guardian(tx, row)
    ]
    return Reachable.of(row, suppressed=closed)


_GUARDIANS = ("closed_by_guardian", "lifted_by_guardian")
_KEPT = ("channel", "address", "reason", "since", "message_id", "lifted_at", "lifted_by", *_GUARDIANS)


@router.get("/guardians/{guardian_id}")
async def get_guardian(here: Here, guardian_id: RowId) -> Reachable:
    """One guardian, and whether his addresses can be used."""
    async with here.transaction() as tx:
        return await _shown(tx, await roster.one(tx, guardians, here.org_id, guardian_id))


@router.patch("/guardians/{guardian_id}")
async def change_guardian(here: Here, guardian_id: RowId, asked: AddressChange) -> Reachable:
    """Change how a contact is reached. What closed the old number or address does not count for the new one."""
    here.person(Role.COORDINATOR)
    async with here.transaction() as tx:
        row = await roster.one(tx, guardians, here.org_id, guardian_id)
        return await _shown(tx, await suppressions.change(tx, row, asked.model_dump(exclude_unset=True)))


@router.post("/guardians/{guardian_id}/addresses/lift")
async def lift_suppression(here: Here, guardian_id: RowId, asked: LiftIn) -> Reachable:
    """Let messages go to the present address again, on a person's word. A STOP only the family takes back."""
    by = here.person(Role.COORDINATOR).id
    async with here.transaction() as tx:
        row = await roster.one(tx, guardians, here.org_id, guardian_id)
        if asked.channel is Channel.SMS and row.sms_opted_out_at is not None:
            raise Conflict("only_the_family", OWN["only_the_family"])
        await suppressions.lift(tx, row, asked.channel.value, by, await here.now(tx))
        return await _shown(tx, row)
