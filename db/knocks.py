"""Counting at the front door: failed passwords and requests for links, per e-mail address and per network address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from uuid import uuid4

from sqlalchemy import delete, func, insert, select

from db.engine import Tx
from db.keys import hash_of
from db.login_tables import knocks
from domain.signing_in import PER_ADDRESS, PER_NETWORK, SPAN, Door, waits_until
from domain.value import Id

_k = knocks.c


@dataclass(frozen=True)
class Knock:
    """A try that counts. `wait_until` is set when there were too many: then it is not made, and counts no more."""

    ids: tuple[Id, ...] = ()
    wait_until: datetime | None = None


async def knock(tx: Tx, door: Door, email: str, network: str, now: datetime) -> Knock:
    """Count a try before it is made, so that a hundred at once are not more than ten in a row."""
    tried = {_of_email(email): PER_ADDRESS[door], _of_network(network): PER_NETWORK[door]}
    for whose in sorted(tried):
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"knock:{door}:{whose}", 0))))
    for whose, at_most in tried.items():
        found = await tx.execute(
            select(_k.at).where(_k.door == door, _k.whose == whose, _k.at > now - SPAN).order_by(_k.at)
        )
        if until := waits_until(list(found.scalars()), at_most, now):
            return Knock(wait_until=until)
    await tx.execute(delete(knocks).where(_k.at <= now - SPAN))
    counted = {str(uuid4()): whose for whose in tried}
    await tx.execute(insert(knocks), [{"id": i, "door": door, "whose": w, "at": now} for i, w in counted.items()])
    return Knock(ids=tuple(counted))


async def forgive(tx: Tx, ids: Sequence[Id], email: str) -> None:
    """The password was right: that try does not count, nor do those of this address before it."""
    await tx.execute(delete(knocks).where(_k.id.in_(ids)))
    await tx.execute(delete(knocks).where(_k.door == "password", _k.whose == _of_email(email)))


def _of_email(email: str) -> str:
    return hash_of(f"email:{email.strip().casefold()}")


def _of_network(address: str) -> str:
    """The address; of IPv6 the half that names the network, since one household has the other half to itself."""
    try:
        known = ip_address(address)
    except ValueError:
        return hash_of(f"network:{address}")
    return hash_of(f"network:{ip_network(f'{known}/64', strict=False) if known.version == 6 else known}")
