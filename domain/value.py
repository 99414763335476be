"""What every value of the domain has in common: frozen, checked, and able to travel as JSON."""

from __future__ import annotations

from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

Id = str
"""A UUID in text. Business ids only; names never stand in for them."""

_NAMESPACE = UUID("6e0f7b1a-5f0e-4a5e-9c57-1d5bb0c7f1a9")


class Value(BaseModel):
    """Base of all domain values: immutable and compared by content."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def id_of(*parts: object) -> Id:
    """The id that belongs to a business key: the same parts give the same id in any process, at any time."""
    return str(uuid5(_NAMESPACE, ":".join(str(p) for p in parts)))


class Because(Value):
    """Why something was decided: the rule by name and the numbers that made it fire. Words are made when drawn."""

    rule: str
    numbers: dict[str, int | str | None] = {}
