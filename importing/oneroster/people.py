"""Users with their roles: who is a student, who a guardian, who holds sessions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from domain.tasks import Role
from importing import cells
from importing.cells import Read
from importing.oneroster.columns import GUARDIANS, STUDENT, TEACHER
from importing.oneroster.reading import Rows
from importing.oneroster.standing import SOURCE, Standing
from importing.reading import Line, Sheets

KINDS = ("students", "guardians", "staff")


@dataclass
class People:
    """Who is who. `users` are the refs listed in this package, `kinds` by what they are."""

    users: set[str]
    kinds: dict[str, set[str]] = field(default_factory=lambda: {kind: set() for kind in KINDS})
    agents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Guardians of each student listed, where the file has that column."""
    disabled: set[str] = field(default_factory=set)
    """Staff listed whose user is not enabled."""
    same: dict[str, Any] = field(default_factory=dict)
    """Staff of the books under another ref, by the sourcedId of the user with the same address."""


def who_is_who(rows: Rows, standing: Standing, sheets: Sheets) -> People:
    """Fill the sheets of staff, students and guardians; note on each row what is wrong with it."""
    people, roles = People(set(rows.standing["users"])), _roles(rows, standing)
    left_out: Counter[str] = Counter()
    for ref, line in rows.standing["users"].items():
        held = roles.get(ref)
        kinds = _kinds(held) if held is not None else {kind for kind in KINDS if ref in standing.rows[kind]}
        if held is None and not kinds and line.is_good:
            line.complain("sourcedId", "has no row in roles.csv: add one that says what this user is")
        if held and not kinds:
            left_out.update(held)
        for kind in kinds:
            people.kinds[kind].add(ref)
            if line.is_good:
                sheets.lines[kind].append(_READ[kind](line, people, standing))
    _know_agents(rows, standing, people)
    if left_out:
        told = ", ".join(f"{count} {role}" for role, count in sorted(left_out.items()))
        sheets.remarks.append(
            f"left out, because a roster gives nobody work or rights of your staff: {told}. "
            "Add coordinators, leads and admins by staff.csv or the API"
        )
    return people


def _roles(rows: Rows, standing: Standing) -> dict[str, set[str]]:
    """Roles by user; an empty set for one whose roles have all ended."""
    roles: dict[str, set[str]] = {}
    known = {*rows.standing["users"], *rows.gone["users"]}
    if not rows.is_bulk("users"):
        known |= {ref for kind in KINDS for ref in standing.rows[kind]}
    for line in rows.standing["roles"].values():
        user, ended = line.cells.get("userSourcedId"), line.cells.get("endDate")
        if user is None or not line.is_good:
            continue
        if user not in known:
            line.complain("userSourcedId", f"there is no user {user!r} in users.csv: add it, or mend the reference")
        held = roles.setdefault(user, set())
        if ended is None or ended > standing.today:
            held.add(line.cells["role"])
    return roles


def _kinds(roles: set[str]) -> set[str]:
    return (
        ({"students"} if STUDENT in roles else set())
        | ({"guardians"} if roles & set(GUARDIANS) else set())
        | ({"staff"} if TEACHER in roles else set())
    )


def _person(line: Line, kind: str) -> Line:
    """The row of a person, with ref and name. What is wrong with it is told under the columns of the user."""
    person = Line(line.file, line.number, kind, {"ref": line.cells["sourcedId"]})
    told = (line.cells.get(f"preferred{part}") or line.cells[f"{part[0].lower()}{part[1:]}"] for part in _NAMES)
    _take(person, "name", cells.words, " ".join(told), "familyName")
    return person


_NAMES = ("GivenName", "FamilyName")


def _take(person: Line, name: str, read: Read, cell: str | None, column: str) -> None:
    if not cell:
        return
    try:
        person.cells[name] = read(cell)
    except ValueError as problem:
        person.complain(column, str(problem))


def _student(line: Line, people: People, standing: Standing) -> Line:
    del standing
    person = _person(line, "students")
    _take(person, "email", cells.email, line.cells.get("email"), "email")
    people.agents[person.cells["ref"]] = line.cells.get("agentSourcedIds", ())
    return person


def _guardian(line: Line, people: People, standing: Standing) -> Line:
    del people, standing
    person = _person(line, "guardians")
    column = "sms" if line.cells.get("sms") else "phone"
    _take(person, "phone", cells.phone, line.cells.get(column), column)
    _take(person, "email", cells.email, line.cells.get("email"), "email")
    return person


def _instructor(line: Line, people: People, standing: Standing) -> Line:
    person = _person(line, "staff")
    ref, address = person.cells["ref"], line.cells.get("email")
    stands = standing.rows["staff"].get(ref)
    other = standing.by_address.get(address.lower()) if address and stands is None else None
    if other is not None and other.ref not in people.users:
        # He is in the books already; what stands there was written by people.
        people.same[ref] = other
        person.cells = {"ref": ref, "role": other.role}
        return person
    _take(person, "email", cells.email, address, "email")
    if address is None and stands is None:
        person.complain("email", "is empty: a teacher needs an own address")
    # The role in the books may have been raised by hand; a roster takes nobody's rights either.
    person.cells["role"] = stands.role if stands is not None else Role.INSTRUCTOR.value
    if not line.cells["enabledUser"]:
        people.disabled.add(ref)
        if stands is None:
            person.cells["active"] = False
    elif stands is not None and not stands.active and stands.source == SOURCE:
        person.cells["active"] = True
    return person


_READ = {"students": _student, "guardians": _guardian, "staff": _instructor}


def _know_agents(rows: Rows, standing: Standing, people: People) -> None:
    """Keep of each student's agents those who are guardians. Note references to nobody."""
    if "agentSourcedIds" not in rows.sheets.headers.get("users", []):
        people.agents = {}
    guardians, users = people.kinds["guardians"], {*rows.standing["users"], *rows.gone["users"]}
    if not rows.is_bulk("users"):
        guardians = guardians | {ref for ref in standing.rows["guardians"] if ref not in users}
        users |= {ref for kind in KINDS for ref in standing.rows[kind]}
    for student, named in people.agents.items():
        line = rows.standing["users"][student]
        for ref in named:
            if ref not in users:
                line.complain(
                    "agentSourcedIds", f"there is no user {ref!r} in users.csv: add it, or mend the reference"
                )
        people.agents[student] = tuple(ref for ref in named if ref in guardians)
