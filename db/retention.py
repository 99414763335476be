"""What is kept for a while only: words and answers that nobody needs after it. Decisions and their numbers stay.

Each step takes a bounded piece, so that no transaction lasts; who calls it goes on until a piece is not full.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select, tuple_, update

from db.engine import Tx
from db.login_tables import logins, sign_in_links
from db.session_tables import raw_events, refused_webhooks
from db.tables import idempotency_keys
from db.webhook_tables import webhook_deliveries
from domain.deliveries import DeliveryState

RAW_WORDS_FOR = timedelta(days=90)
"""What classrooms, providers and families sent, word for word: as long as anybody may ask what exactly came in. It can
change something for 72 hours; replies keep their own words beside."""
ANSWERS_FOR = timedelta(days=7)
"""Stored answers to requests with an `Idempotency-Key`: nobody sends a request again after a week."""
DELIVERIES_FOR = timedelta(days=30)
"""Webhooks that were delivered, failed or were cancelled: ten times as long as they are tried."""
REFUSED_FOR = timedelta(days=90)
"""Counts of refused webhooks."""
LOGINS_FOR = timedelta(days=30)
"""Logins after they began, and links to sign in after they ran out: twice as long as the longest of them opens."""
PIECE = 1000
Step = Callable[[Tx, datetime], Awaitable[int]]
"""Empties or deletes a piece of what is too old at this time; returns how many rows it was."""
_r, _k, _d, _f = raw_events.c, idempotency_keys.c, webhook_deliveries.c, refused_webhooks.c


async def empty_raw_events(tx: Tx, now: datetime) -> int:
    """Empty the words of old events. Their keys stay: what comes again is still known, and so is what became of it."""
    old = select(_r.org_id, _r.id).where(_r.body != "", _r.received_at < now - RAW_WORDS_FOR).limit(PIECE)
    done = await tx.execute(
        update(raw_events).where(tuple_(_r.org_id, _r.id).in_(old)).values(body="").returning(_r.id)
    )
    return len(done.all())


async def forget_answers(tx: Tx, now: datetime) -> int:
    """Delete old answers to requests. They are dated by the machine's clock, as their waits are."""
    return await _delete(tx, idempotency_keys, ("org_id", "key"), _k.created_at < now - ANSWERS_FOR)


async def forget_deliveries(tx: Tx, now: datetime) -> int:
    """Delete webhooks that ended long ago."""
    over = _d.state != DeliveryState.QUEUED.value
    return await _delete(tx, webhook_deliveries, ("org_id", "id"), over, _d.created_at < now - DELIVERIES_FOR)


async def forget_refused(tx: Tx, now: datetime) -> int:
    """Delete old counts of refused webhooks."""
    return await _delete(tx, refused_webhooks, ("source", "reason", "day"), _f.day < (now - REFUSED_FOR).date())


async def forget_logins(tx: Tx, now: datetime) -> int:
    """Delete old logins; none of them opens anything."""
    return await _delete(tx, logins, ("org_id", "id"), logins.c.created_at < now - LOGINS_FOR)


async def forget_links(tx: Tx, now: datetime) -> int:
    """Delete links to sign in that ran out long ago."""
    return await _delete(tx, sign_in_links, ("org_id", "id"), sign_in_links.c.expires_at < now - LOGINS_FOR)


async def _delete(tx: Tx, table: Table, key: tuple[str, ...], *where: ColumnElement[bool]) -> int:
    columns = [table.c[name] for name in key]
    old = select(*columns).where(*where).limit(PIECE)
    return len((await tx.execute(delete(table).where(tuple_(*columns).in_(old)).returning(columns[0]))).all())


STEPS: Mapping[str, Step] = {
    "raw_events": empty_raw_events,
    "webhook_deliveries": forget_deliveries,
    "refused_webhooks": forget_refused,
}
"""By business time."""
ENGINE_STEPS: Mapping[str, Step] = {
    "idempotency_keys": forget_answers,
    "logins": forget_logins,
    "sign_in_links": forget_links,
}
"""By the machine's."""
