"""Rows checked against each other and against the books. Nothing is written while one of them is wrong."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from db.roster import ONE
from domain.outcomes import BEFORE_START, TOLD_AHEAD, Code, code_when_told
from domain.tasks import Role
from domain.value import Id
from importing.columns import KINDS
from importing.plan import Plan
from importing.reading import Line


def check(plan: Plan) -> None:
    """Note on each row what is wrong with it beyond its single cells."""
    for line in plan.sheets.every():
        _references(plan, line)
    _twice(plan)
    checks = {
        "staff": _staff,
        "guardians": _guardian,
        "enrollments": _enrollment,
        "sessions": _session,
        "outcomes": _outcome,
    }
    for line in plan.sheets.every():
        if line.is_good and line.kind in checks:
            checks[line.kind](plan, line)
    _emails(plan)
    _positions(plan)
    _places(plan)


def _references(plan: Plan, line: Line) -> None:
    for column in KINDS[line.kind]:
        ref, kind = line.cells.get(column.name), column.refers_to
        if kind and ref is not None and (kind, ref) not in plan.ids:
            line.complain(
                column.name,
                f"there is no {ONE[kind]} {ref!r} in the files or in the books: add it, or mend the reference",
            )


_KEYS = {"guardians": ("ref", "student_ref"), "outcomes": ("session_ref", "student_ref")}


def _twice(plan: Plan) -> None:
    for kind, lines in plan.sheets.lines.items():
        seen: dict[tuple[Any, ...], Line] = {}
        names = _KEYS.get(kind, ("ref",))
        for line in lines:
            key = tuple(line.cells.get(name) for name in names)
            if None in key:
                continue
            if key in seen:
                line.complain(names[-1], f"stands already in {seen[key]}: keep one of them")
            seen.setdefault(key, line)


def _staff(plan: Plan, line: Line) -> None:
    before = plan.known.row("staff", line.cells["ref"])
    loses = line.cells["role"] == Role.INSTRUCTOR or line.cells.get("active") is False
    if loses and before is not None and before.id in plan.known.busy:
        line.complain("role", "owns enrollments or open tasks: give them to another coordinator first")


def _guardian(plan: Plan, line: Line) -> None:
    first = plan.lines[plan.id_in(line, "ref")]
    for name in ("name", "phone", "email", "zone", "language"):
        if line is not first and first.is_good and line.cells.get(name) != first.cells.get(name):
            line.complain(name, f"differs from {first}, which is about the same guardian: write the same in both")


def _enrollment(plan: Plan, line: Line) -> None:
    place = (plan.id_in(line, "student_ref"), plan.id_in(line, "schedule_ref"))
    ref, stands = line.cells.get("ref"), plan.known.places.get(place)
    named = plan.known.row("enrollments", ref)
    if named is not None and (named.student_id, named.schedule_id) != place:
        line.complain("ref", "belongs to another student or schedule in the books: take a new ref")
    elif ref and stands is not None and stands.ref not in (None, ref):
        line.complain("ref", f"is enrolled already, with the ref {stands.ref!r}: use that one")
    if "coordinator_ref" in line.cells:
        coordinator = plan.id_in(line, "coordinator_ref")
        if coordinator not in plan.owners:
            line.complain("coordinator_ref", "cannot own follow-ups: name an active coordinator, lead or admin")
    elif stands is None and not plan.owners:
        line.complain("coordinator_ref", "nobody can own what follows: name a coordinator here and in staff.csv")


def _session(plan: Plan, line: Line) -> None:
    if line.cells["ends_at"] <= line.cells["starts_at"]:
        line.complain("ends_at", "is not after starts_at: mend one of them")
    if ("make_up_for_ref" in line.cells) != ("make_up_student_ref" in line.cells):
        line.complain("make_up_for_ref", "and make_up_student_ref go together: fill both or none")
    stands = plan.known.row("sessions", line.cells["ref"])
    if stands is None or stands.id not in plan.known.settled:
        return
    for name, value in (
        ("schedule_ref", (stands.schedule_id, plan.id_in(line, "schedule_ref"))),
        ("starts_at", (stands.starts_at, line.cells["starts_at"])),
        ("ends_at", (stands.ends_at, line.cells["ends_at"])),
    ):
        if value[0] != value[1]:
            line.complain(name, "can no longer change: the session holds outcomes. Correct these, or use a new ref")


def _outcome(plan: Plan, line: Line) -> None:
    session_id, student_id = plan.id_in(line, "session_ref"), plan.id_in(line, "student_ref")
    session = plan.lines.get(session_id)
    if session is not None and not session.is_good:
        return  # what is wrong with it is said there
    schedule_id = plan.schedule_of(session_id)
    if (student_id, schedule_id) not in plan.places:
        line.complain("student_ref", "is not enrolled in this session's schedule: add the enrollment first")
        return
    starts_at = plan.cell(session_id, "starts_at", plan.known.sessions)
    code, told = Code(line.cells["code"]), line.cells.get("announced_at") or plan.known.now
    rule = plan.rule_of(schedule_id)
    if plan.known.now < starts_at and code_when_told(code, rule, starts_at, told) not in BEFORE_START:
        start = starts_at.astimezone(UTC)
        line.complain("code", f"the session starts at {start:%Y-%m-%dT%H:%MZ}; until then it can only be cancelled")
    stands = plan.known.outcomes.get((session_id, student_id))
    if stands is not None and not _is_the_same(code, stands):
        line.complain("code", f"the books hold {stands.code}: correct it by POST /v1/outcomes/{stands.id}/corrections")


def _is_the_same(code: Code, stands: Any) -> bool:
    if stands.code == Code.SCHEDULED.value:  # it was taken back: the next counts as the first
        return True
    first = Code(stands.first_code)
    return code in (first, stands.code) or (code in TOLD_AHEAD and first in TOLD_AHEAD)


def _emails(plan: Plan) -> None:
    """Each e-mail address belongs to one staff member once the files are written."""
    owners = {row.email.lower(): row.id for row in plan.known.staff.values() if row.id not in plan.lines}
    for line in plan.sheets.lines["staff"]:
        address = line.cells.get("email", "").lower()
        me = plan.id_in(line, "ref")
        if address and owners.setdefault(address, me) != me:
            line.complain("email", "belongs to another staff member: each needs an own address")


def _positions(plan: Plan) -> None:
    """Each position beside a student is held by one guardian; a row without one comes last."""
    taken = {student: dict(held) for student, held in plan.known.positions.items()}
    for line in plan.sheets.lines["guardians"]:
        if line.is_good and "position" in line.cells and "student_ref" in line.cells:
            student, me = plan.id_in(line, "student_ref"), plan.id_in(line, "ref")
            taken.setdefault(student, {})[me] = line.cells["position"]
    for line in plan.sheets.lines["guardians"]:
        if not line.is_good or "student_ref" not in line.cells:
            continue  # a roster tells guardians apart from their students
        student, me = plan.id_in(line, "student_ref"), plan.id_in(line, "ref")
        held = taken.setdefault(student, {})
        mine = held.setdefault(me, max(held.values(), default=0) + 1)
        if any(position == mine and other != me for other, position in held.items()):
            line.complain("position", f"{mine} is held by two guardians of this student: choose another")
    plan.positions = taken


def _places(plan: Plan) -> None:
    """A student is enrolled once in a schedule."""
    seen: dict[tuple[Id, Id], Line] = {}
    for line in plan.sheets.lines["enrollments"]:
        place = (plan.id_in(line, "student_ref"), plan.id_in(line, "schedule_ref"))
        if "" in place:
            continue
        if place in seen:
            line.complain("schedule_ref", f"this student is enrolled there already by {seen[place]}: keep one of them")
        seen.setdefault(place, line)
