"""Who takes over what a colleague leaves behind."""

from __future__ import annotations

from collections.abc import Sequence

from domain.tasks import Colleague, fewest_open, lead_of
from domain.value import Id


def deal_out(number: int, team: Sequence[Colleague], besides: Id) -> tuple[Id, ...]:
    """Who gets each of so many open tasks: the coordinator with the fewest then; without one the lead, then an admin.

    Shorter than `number` (empty) when nobody else is there.
    """
    loads, dealt = list(team), list[Id]()
    for _ in range(number):
        to = fewest_open(loads, besides) or lead_of(loads, besides)
        if to is None:
            break
        dealt.append(to.id)
        loads = [c.model_copy(update={"open_tasks": c.open_tasks + 1}) if c.id == to.id else c for c in loads]
    return tuple(dealt)
