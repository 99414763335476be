"""Who a classroom shows: a student or staff member by our own names, or somebody it knows by an address or number."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from api.values import Asked, Email, Reference, RowId
from db.participants import Shown, clean

Number = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
"""A number or name that another system gives somebody."""


class NamedIn(Asked):
    """A student or a staff member, by id or by ref."""

    student_id: RowId | None = None
    student_ref: Reference | None = None
    staff_id: RowId | None = None
    staff_ref: Reference | None = None

    @property
    def is_named(self) -> bool:
        """True when it names one of ours."""
        return any((self.student_id, self.student_ref, self.staff_id, self.staff_ref))


class ShownIn(Asked):
    """What a classroom knows of somebody. The numbers may be your own ids or refs: then he is matched at sight."""

    email: Email | None = None
    identity: Number | None = None
    registrant_id: Number | None = None
    customer_key: Number | None = None
    name: Number | None = None

    def shown(self, seat: str | None = None) -> Shown:
        """The same as the books compare it."""
        numbers = {n: clean(getattr(self, n)) for n in ("identity", "registrant_id", "customer_key", "email", "name")}
        return Shown(**numbers, seat=seat)


class PersonIn(NamedIn, ShownIn):
    """Somebody in a room. `connection` tells two devices of one person apart."""

    connection: Number | None = Field(None, description="the classroom's own number of this connection")
