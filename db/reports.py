"""What providers report of a message: kept beside it, its state worked out anew, the students it is about told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from db import inbox, messages, operations, suppressions
from db.engine import Tx
from db.journal_tables import messages as table
from domain import delivery
from domain.delivery import ENDED_BADLY, NOT_AT_PROVIDER, OURS_TO_MEND, Report, Standing
from domain.events import MessageReported
from domain.sending import HANDED_OVER, Channel, MessageState
from domain.tasks import TaskKind
from domain.value import Id

Told = tuple[Id, Id]
"""A student and the row in his inbox."""
_m = table.c


async def known_ids(tx: Tx, provider_ids: Sequence[str]) -> set[str]:
    """Which of the provider's ids belong to messages of ours already, of any organization."""
    found = await tx.execute(select(_m.provider_id).where(_m.provider_id.in_(provider_ids)))
    return set(found.scalars())


async def organization_of(tx: Tx, message_id: Id) -> Id | None:
    """Whose message this is; None when no message has this id."""
    found: Id | None = (await tx.execute(select(_m.org_id).where(_m.id == message_id))).scalar_one_or_none()
    return found


async def receive(
    tx: Tx, org_id: Id, message_id: Id, reports: Sequence[Report], now: datetime, provider_id: str | None = None
) -> list[Told] | None:
    """Take reports in, under the locks a delivery takes. Returns who was told; None when nothing was ever handed over.

    A report that changes nothing is kept all the same. `provider_id` is adopted where the answer with it was lost.
    """
    whose = await messages.recipient_of(tx, org_id, message_id)
    if whose is None:
        return None
    await messages.lock_recipient(tx, org_id, whose.guardian_id, whose.staff_id)
    row = await messages.lock_message(tx, org_id, message_id)
    if row.provider is None:
        return None
    return await take(tx, org_id, row, reports, now, provider_id=row.provider_id or provider_id)


async def take(
    tx: Tx, org_id: Id, row: Row[Any], reports: Sequence[Report], now: datetime, **values: Any
) -> list[Told]:
    """The same for a message whose row and recipient are locked; `values` are written beside."""
    kept = [*row.reports, *(r.model_dump(mode="json") for r in reports)]
    told = [Report.model_validate(r) for r in kept]
    stands = delivery.standing(Channel(row.channel), MessageState(row.state), row.reason, told)
    values |= {"reports": kept}
    if stands.state in HANDED_OVER and stands.state is not MessageState.UNKNOWN:
        is_all = stands.state is not MessageState.SENT or row.look_up_at is None
        values |= {"look_up_at": None if is_all else delivery.next_check(row.handed_over_at or now, now)}
        if row.handed_over_at is None:  # given back, and the provider had it all the same
            values |= {"handed_over_at": now}
    for report in reports:
        await suppressions.learn(tx, org_id, row, report.reason, now)
    if stands.state == row.state:
        changed = {"reason": stands.reason} if stands.state in ENDED_BADLY else {}
        await note(tx, org_id, row, **values | changed)
        return []
    await messages.record(tx, org_id, row, stands.state, now, reason=stands.reason, **values)
    woken = await carry_over(tx, org_id, row, stands, now)
    if stands.reason in OURS_TO_MEND:
        await operations.open_once(tx, org_id, TaskKind.PROVIDER_MISCONFIGURED, now)
    return woken


async def note(tx: Tx, org_id: Id, row: Row[Any], **values: Any) -> None:
    """Write something beside a message whose state stays."""
    await tx.execute(update(table).where(_m.org_id == org_id, _m.id == row.id).values(values))


async def carry_over(tx: Tx, org_id: Id, row: Row[Any], stands: Standing, now: datetime) -> list[Told]:
    """A message has come to stand so: what travelled in its text follows, and the students are told of bad ends."""
    told = []
    with_it = await tx.execute(
        select(table).where(_m.org_id == org_id, _m.merged_into == row.id).order_by(_m.id).with_for_update()
    )
    for companion in with_it.all():
        follows = delivery.of_a_companion(MessageState(companion.state), stands)
        if follows is not None:
            await messages.record(tx, org_id, companion, follows.state, now, reason=follows.reason)
            told += await _tell(tx, org_id, companion, follows, now)
    return [*await _tell(tx, org_id, row, stands, now), *told]


async def _tell(tx: Tx, org_id: Id, row: Row[Any], stands: Standing, now: datetime) -> list[Told]:
    """Only what did not arrive needs a decision: until the contrary is known, sent counts as delivered."""
    if row.student_id is None or not (stands.state in ENDED_BADLY or stands.reason == NOT_AT_PROVIDER):
        return []
    return [(row.student_id, await inbox.put(tx, org_id, row.student_id, MessageReported(message_id=row.id), now))]
