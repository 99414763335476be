"""Classes, terms and enrollments of a roster as schedules, terms and places in them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from domain.outcomes import SessionKind
from importing.oneroster.columns import STUDENT, TEACHER, TERMS
from importing.oneroster.people import People
from importing.oneroster.reading import Rows
from importing.oneroster.standing import Standing
from importing.reading import Line, Sheets


@dataclass(frozen=True)
class Place:
    """A student in a class, from a day on and until the day before `ends`."""

    line: Line
    ref: str
    student: str
    schedule: str
    begins: date | None
    ends: date | None


@dataclass
class Plans:
    """What the package says of terms, places and who teaches."""

    terms: list[Line] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    teachers: dict[str, str] = field(default_factory=dict)
    """Who teaches each class now, where the package says so."""
    left: set[tuple[str, str]] = field(default_factory=set)
    """Class and teacher whose enrollment is gone or over."""
    begins: dict[str, date] = field(default_factory=dict)
    """First day of the first term of each class listed."""


def plan_classes(rows: Rows, standing: Standing, people: People, sheets: Sheets) -> Plans:
    """Fill the sheet of schedules; note on each row what is wrong with it."""
    plans = Plans()
    _terms(rows, plans)
    _enrollments(rows, standing, people, plans)
    sizes = Counter(place.schedule for place in plans.places if place.ends is None or place.ends > standing.today)
    for ref, line in rows.standing["classes"].items():
        if not line.is_good:
            continue
        schedule = Line(line.file, line.number, "schedules", {"ref": ref})
        course = rows.standing["courses"].get(line.cells["courseSourcedId"])
        stands = standing.rows["schedules"].get(ref)
        if course is None and rows.is_bulk("courses"):
            line.complain("courseSourcedId", "there is no such course in courses.csv: add it, or mend the reference")
        if course is not None and course.is_good:
            schedule.cells["subject"] = course.cells["title"]
        elif stands is None:
            schedule.cells["subject"] = line.cells["title"]
        if stands is None:
            schedule.cells["kind"] = (SessionKind.GROUP if sizes[ref] > 1 else SessionKind.ONE_TO_ONE).value
        if ref in plans.teachers:
            schedule.cells["instructor_ref"] = plans.teachers[ref]
        sheets.lines["schedules"].append(schedule)
        days = [_begin_of(rows, standing, term) for term in line.cells.get("termSourcedIds", ())]
        if known := [day for day in days if day is not None]:
            plans.begins[ref] = min(known)
    return plans


def _terms(rows: Rows, plans: Plans) -> None:
    for ref, line in rows.standing["academicSessions"].items():
        if not line.is_good:
            continue
        starts, ends = line.cells["startDate"], line.cells["endDate"] - timedelta(days=1)
        if ends < starts:
            line.complain("endDate", "is not after startDate: it is the first day that no longer belongs to it")
        elif line.cells["type"] in TERMS:
            values = {"ref": ref, "name": line.cells["title"], "starts_on": starts, "ends_on": ends}
            plans.terms.append(Line(line.file, line.number, "terms", values))


def _begin_of(rows: Rows, standing: Standing, term: str) -> date | None:
    line, stands = rows.standing["academicSessions"].get(term), standing.rows["terms"].get(term)
    day: date | None = line.cells.get("startDate") if line else stands.starts_on if stands else None
    return day


def _enrollments(rows: Rows, standing: Standing, people: People, plans: Plans) -> None:
    best: dict[tuple[str, str], Place] = {}
    main: dict[str, tuple[tuple[bool, bool], str]] = {}
    for ref, line in rows.standing["enrollments"].items():
        if not line.is_good or not _names_known(rows, standing, line):
            continue
        of_class, user = line.cells["classSourcedId"], line.cells["userSourcedId"]
        begins, ends = line.cells.get("beginDate"), line.cells.get("endDate")
        if begins and ends and ends < begins:
            line.complain("endDate", "is before beginDate: mend one of them")
        elif line.cells["role"] == STUDENT:
            if user not in people.kinds["students"] and (
                user in rows.standing["users"] or user not in standing.rows["students"]
            ):
                line.complain("userSourcedId", "is no student: add the role student in roles.csv, or mend the row")
                continue
            place, other = Place(line, ref, user, of_class, begins, ends), best.get((of_class, user))
            if other is None or _later(place) > _later(other):
                best[of_class, user] = place
        elif line.cells["role"] == TEACHER:
            if ends is not None and ends <= standing.today:
                plans.left.add((of_class, user))
                continue
            if user not in people.kinds["staff"] and (
                user in rows.standing["users"] or user not in standing.rows["staff"]
            ):
                line.complain("userSourcedId", "is no teacher: add the role teacher in roles.csv, or mend the row")
                continue
            rank = (begins is None or begins <= standing.today, bool(line.cells.get("primary")))
            stands = standing.rows["schedules"].get(of_class)
            yields = stands is not None and stands.instructor_id and not rows.is_bulk("enrollments") and not rank[1]
            if not yields and (of_class not in main or rank > main[of_class][0]):
                main[of_class] = (rank, user)
    for line in rows.gone["enrollments"].values():
        plans.left.add((line.cells.get("classSourcedId", ""), line.cells.get("userSourcedId", "")))
    plans.places = list(best.values())
    plans.teachers = {of_class: user for of_class, (_, user) in main.items()}


def _later(place: Place) -> tuple[date, date]:
    """Of several rows about the same student and class the one that lasts longest counts."""
    return place.ends or date.max, place.begins or date.min


def _names_known(rows: Rows, standing: Standing, line: Line) -> bool:
    """True when class and user are there. Rows about what this package deletes say nothing; others are noted."""
    is_known = True
    for column, file, kinds in (
        ("classSourcedId", "classes", ("schedules",)),
        ("userSourcedId", "users", ("students", "staff", "guardians")),
    ):
        ref = line.cells[column]
        if ref in rows.gone[file]:
            return False
        stands = not rows.is_bulk(file) and any(ref in standing.rows[kind] for kind in kinds)
        if ref not in rows.standing[file] and not stands:
            line.complain(column, f"there is no {ref!r} in {file}.csv: add it, or mend the reference")
            is_known = False
    return is_known
