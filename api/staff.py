"""Staff: who owns follow-ups, teaches, leads and administers; taken in, changed, and seen off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import ConfigDict
from sqlalchemy import Row

from api.access import Caller, Here
from api.once import router as doors
from api.problem_kinds import OWN
from api.values import Asked, Email, FreeText, Listed, Lister, Name, Reference, RowId, Told
from db import audit_log, enrolling, notes, roster, team
from db.engine import Tx
from db.listing import Cut
from db.tables import staff
from db.team import HandedOver
from domain.refusals import Forbidden, Invalid
from domain.tasks import Role
from domain.value import Id

router = doors("people")


class StaffIn(Asked):
    """A staff member to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"ref": "C-1", "name": "Alice Moreno", "email": "alice@example.com", "role": "coordinator"}]
        }
    )
    ref: Reference | None = None
    name: Name
    email: Email
    role: Role


class StaffMember(Told):
    """A staff member."""

    id: str
    ref: str | None
    name: str
    email: str
    role: Role
    active: bool
    open_tasks: int = 0
    enrollments: int = 0


class StaffChange(Asked):
    """What is to change; what is left out stays.

    Who can no longer own tasks hands over tasks and enrollments: to `hand_over_to`, or each to the coordinator with the
    fewest. `reason` is kept.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"active": False, "reason": "left the academy"}]})
    ref: Reference | None = None
    name: Name = ""
    email: Email = ""
    role: Role = Role.INSTRUCTOR
    active: bool = True
    hand_over_to: RowId | None = None
    reason: FreeText | None = None


class StaffChanged(StaffMember):
    """The staff member, and how many tasks and enrollments were handed over."""

    tasks_handed_over: int
    enrollments_handed_over: int


@router.post("/staff", status_code=201)
async def create_staff(here: Here, asked: StaffIn, response: Response) -> StaffMember:
    """Create a staff member. The first admin may be made by any key; later ones by an admin."""
    async with here.transaction() as tx:
        if asked.role is Role.ADMIN and (here.actor is None or here.actor.role is not Role.ADMIN):
            admins = await roster.listed(tx, staff, here.org_id, Cut(1), role=Role.ADMIN.value, active=True)
            if admins.rows:
                raise Forbidden("first_admin_only", OWN["first_admin_only"])
        row = await roster.add(tx, staff, here.org_id, here.new_id(), asked.model_dump(mode="json"))
        now = await here.now(tx)
        await audit_log.write(
            tx, here.org_id, here.by, "staff", "staff_added", now, about=row.id, role=asked.role.value
        )
    response.headers["Location"] = f"/v1/staff/{row.id}"
    return StaffMember.of(row)


@router.get("/staff")
async def list_staff(
    here: Here,
    listing: Lister,
    ref: Reference | None = None,
    role: Role | None = None,
    email: Annotated[str | None, Query(max_length=254)] = None,
    active: bool | None = None,
) -> Listed[StaffMember]:
    """List staff by name, each with the open tasks and the enrollments owned."""
    async with here.transaction() as tx:
        part = await team.listed(tx, here.org_id, listing.cut, ref=ref, role=role, email=email, active=active)
    return listing.answer(part, StaffMember.of)


@router.get("/staff/{staff_id}")
async def get_staff(here: Here, staff_id: RowId) -> StaffMember:
    """One staff member."""
    async with here.transaction() as tx:
        return StaffMember.of(await team.one(tx, here.org_id, staff_id))


@router.patch("/staff/{staff_id}")
async def change_staff(here: Here, staff_id: RowId, asked: StaffChange) -> StaffChanged:
    """Change somebody's name, address or role, or see him off with `active` false; an admin's act.

    Nobody changes his own role or leaves by himself, so an admin always stays.
    """
    by = here.person(Role.ADMIN).id
    given = asked.model_dump(mode="json", exclude_unset=True)
    reason, to = given.pop("reason", None), given.pop("hand_over_to", None)
    async with here.transaction() as tx:
        now, row = await here.now(tx), await team.one(tx, here.org_id, staff_id)
        values = {name: value for name, value in given.items() if getattr(row, name) != value}
        if staff_id == by and values.keys() & {"role", "active"}:
            raise Forbidden("not_yourself", OWN["not_yourself"])
        handed = await _see_off(here, tx, row, values, to, by, now)
        await team.change(tx, here.org_id, staff_id, values)
        reason_id = await notes.write(tx, here.org_id, here.new_id(), reason, by, now)
        for act, numbers in _acts(row, values):
            await audit_log.write(
                tx, here.org_id, by, "staff", act, now, about=staff_id, reason_id=reason_id, **numbers
            )
        changed = await team.one(tx, here.org_id, staff_id)
    return StaffChanged.of(changed, tasks_handed_over=handed.tasks, enrollments_handed_over=handed.enrollments)


async def _see_off(
    here: Caller, tx: Tx, row: Row[Any], values: Mapping[str, Any], to: Id | None, by: Id, now: datetime
) -> HandedOver:
    """Hand over what he owns who is no longer active, or no longer somebody who owns tasks."""
    leaves = values.get("active") is False
    if leaves:
        await team.teaches_no_more(tx, here.org_id, row.id, now)
    if not leaves and values.get("role") != Role.INSTRUCTOR.value:
        return HandedOver()
    if to is not None:
        if to == row.id:
            raise Invalid("nobody_to_take_over", OWN["nobody_to_take_over"])
        enrolling.check_coordinator(await roster.one(tx, staff, here.org_id, to))
    handed = await team.hand_over(tx, here.org_id, row.id, to, by, now)
    for student_id, row_id in handed.students:
        here.wake(student_id, row_id)
    return handed


def _acts(row: Row[Any], values: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """What was done, for the log: roles as codes; names and addresses are not repeated there."""
    if "role" in values:
        yield "role_changed", {"from": row.role, "to": values["role"]}
    if "active" in values:
        yield "staff_activated" if values["active"] else "staff_deactivated", {}
    if values.keys() & {"name", "email", "ref"}:
        yield "staff_changed", {}
