"""What a package that is not in order is told, and that nothing of it is written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.organizations import Organization
from domain.refusals import Invalid
from importing.oneroster import package as packages
from importing.oneroster.package import Package, read_package
from importing.oneroster.people import who_is_who
from importing.oneroster.plans import plan_classes
from importing.oneroster.reading import rows_of
from importing.oneroster.standing import Standing
from importing.reading import Sheets
from tests.cli.importing import Academy
from tests.cli.roster import HEADERS, School, refused


def _sets(kind: str, ref: str, column: str, value: str) -> Callable[[School], None]:
    def change(school: School) -> None:
        school.row(kind, ref)[column] = value

    return change


BAD_CELLS = [
    (_sets("users", "g2", "phone", "020 7946 0019"), "users.csv, row 8, phone: '020 7946 0019' is a number that is no"),
    (_sets("users", "s1", "email", "sam"), "users.csv, row 4, email: 'sam' is no e-mail address"),
    (_sets("users", "t1", "email", ""), "users.csv, row 2, email: is empty: a teacher needs an own address"),
    (_sets("users", "t2", "email", "ivan@north.example"), "email: belongs to another staff member"),
    (_sets("users", "s2", "enabledUser", "yes"), "users.csv, row 5, enabledUser: 'yes' is neither true nor false"),
    (_sets("users", "s2", "familyName", ""), "users.csv, row 5, familyName: is empty: every row needs it"),
    (_sets("users", "s2", "agentSourcedIds", "g1,g9"), "agentSourcedIds: there is no user 'g9' in users.csv"),
    (_sets("users", "s2", "status", "inactive"), "'inactive' is not known: write one of active, tobedeleted"),
    (_sets("users", "s2", "sourcedId", "x" * 256), "is 256 characters long: a sourcedId has at most 255"),
    (_sets("roles", "r-s2", "sourcedId", "r-s1"), "roles.csv, row 5, sourcedId: stands already in row 4 of roles.csv"),
    (_sets("roles", "r-s2", "role", "pupil"), "roles.csv, row 5, role: 'pupil' is not known"),
    (_sets("roles", "r-s2", "userSourcedId", "s99"), "userSourcedId: there is no user 's99' in users.csv"),
    (_sets("classes", "m1", "courseSourcedId", "art"), "classes.csv, row 2, courseSourcedId: there is no such course"),
    (_sets("academicSessions", "autumn", "endDate", "01/09/2026"), "'01/09/2026' is no date"),
    (_sets("academicSessions", "autumn", "endDate", "2026-01-01"), "endDate: is not after startDate"),
    (_sets("academicSessions", "autumn", "type", "week"), "type: 'week' is not known"),
    (_sets("enrollments", "e3", "classSourcedId", "m9"), "row 4, classSourcedId: there is no 'm9' in classes.csv"),
    (_sets("enrollments", "e3", "userSourcedId", "s99"), "row 4, userSourcedId: there is no 's99' in users.csv"),
    (_sets("enrollments", "e3", "userSourcedId", "g1"), "row 4, userSourcedId: is no student"),
    (_sets("enrollments", "et3", "userSourcedId", "g1"), "userSourcedId: is no teacher"),
    (_sets("enrollments", "e1", "endDate", "2026-09-01"), "row 2, endDate: is before beginDate"),
    (lambda s: s.drops("roles", "r-s2"), "users.csv, row 5, sourcedId: has no row in roles.csv"),
]


def test_every_bad_cell_is_named_with_row_and_column_and_nothing_is_written(school: School, academy: Academy) -> None:
    before = academy.counts()
    for change, says in BAD_CELLS:
        fresh = School(school.folder)
        change(fresh)
        told = refused(fresh.packed())
        assert says in told
        assert "Nothing was written" in told
    assert academy.counts() == before


def test_a_delta_row_must_say_what_happens_to_it(school: School) -> None:
    school.is_delta(users=[{"sourcedId": "s1", "status": "", "givenName": "A", "familyName": "B"}])
    assert "users.csv, row 2, status: is empty: a row of a delta file is active or tobedeleted" in refused(
        school.packed()
    )


BAD_PACKAGES: list[tuple[Callable[[School], object], str]] = [
    (lambda s: s.said.update({"oneroster.version": "1.1"}), "is OneRoster 1.1: export it as OneRoster 1.2 CSV"),
    (lambda s: s.said.pop("oneroster.version"), "does not tell its oneroster.version"),
    (lambda s: s.modes.update({"users": "full"}), "file.users: 'full' is none of bulk, delta, absent"),
    (lambda s: s.files.update({"users.csv": b"-"}), "the manifest announces users.csv, which is not there"),
    (lambda s: s.files.update({"manifest.csv": b"-"}), "holds no manifest.csv, so it is no OneRoster package"),
    (lambda s: s.files.update({"manifest.csv": b"a,b\n"}), "manifest.csv, row 1, propertyName: is missing"),
    (lambda s: s.files.update({"../users.csv": b""}), "holds '../users.csv', a folder or a path"),
    (lambda s: s.files.update({"a\\users.csv": b""}), "a folder or a path"),
    (lambda s: s.files.update({"USERS.csv": b""}), "holds USERS.csv twice"),
    (lambda s: s.files.update({f"{n}.csv": b"" for n in range(100)}), "a roster at most 100"),
    (lambda s: s.files.update({"users.csv": "sourcedId\nZoë".encode("latin-1")}), "users.csv: is not UTF-8"),
    (lambda s: s.files.update({"users.csv": b"sourcedId,status\n"}), "users.csv, row 1, givenName: is missing"),
    (lambda s: s.files.update({"users.csv": b'sourcedId,"open\n'}), "look for a quote that is not closed"),
]


@pytest.mark.parametrize(("change", "says"), BAD_PACKAGES)
def test_a_package_that_is_not_in_order_is_told_in_a_sentence(
    tmp_path: Path, change: Callable[[School], object], says: str
) -> None:
    school = School(tmp_path)
    change(school)
    assert says in _told(school.packed())


def _told(path: Path) -> str:
    """What is wrong with a package before anything is compared with the books; empty when nothing is."""
    try:
        problems = rows_of(read_package(path)).sheets.all_problems()
    except Invalid as problem:
        return str(problem)
    return "; ".join(
        f"{p.file}, row {p.row}, {p.column}: {p.message}" if p.row else f"{p.file}: {p.message}" for p in problems
    )


def test_an_encrypted_and_a_torn_zip_are_told_apart(tmp_path: Path) -> None:
    path = School(tmp_path).packed()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read as a zip" in _told(path)
    first = whole.index(b"PK\x01\x02")
    path.write_bytes(whole[: first + 8] + bytes([whole[first + 8] | 1]) + whole[first + 9 :])
    assert "is encrypted: pack it without a password" in _told(path)


def test_a_zip_that_unpacks_to_too_much_is_refused_whatever_it_says_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MOST_BYTES", 100_000)
    school = School(tmp_path)
    school.files["orgs.csv"] = b"sourcedId,name\n" + b" " * 200_000
    assert "orgs.csv: the files are larger than" in _told(school.packed())


def test_unused_files_are_named_and_not_read(tmp_path: Path) -> None:
    school = School(tmp_path)
    school.modes["courses"] = "absent"
    school.files |= {"results.csv": b"\xff", "courses.csv": b"\xff", "notes.txt": b"x"}
    assert read_package(school.packed()).remarks == [
        "courses.csv is left out: the manifest does not announce it",
        "not used: results.csv, notes.txt",
    ]


def test_a_package_is_imported_alone(school: School, academy: Academy) -> None:
    academy.has("students", "ref,name\nS-1,Sam\n")
    assert "import it alone" in refused(school.packed(), str(academy.folder))


# --- whatever bytes and cells come: a sentence, never a traceback -----------------------------------------------------


@given(content=st.binary(max_size=300), at=st.integers(0, 3000), name=st.sampled_from(["manifest", *HEADERS, "zip"]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_arbitrary_bytes_end_in_a_sentence(tmp_path: Path, content: bytes, at: int, name: str) -> None:
    school = School(tmp_path)
    if name != "zip":
        school.files[f"{name}.csv"] = content
    path = school.packed()
    if name == "zip":
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + content + whole[at + len(content) :])
    assert isinstance(_told(path), str)


NOW = datetime(2026, 11, 22, tzinfo=UTC)
_NOTHING: dict[str, dict[str, Any]] = {
    kind: {} for kind in ("students", "guardians", "staff", "schedules", "terms", "enrollments")
}
_CELL = st.one_of(
    st.sampled_from(
        ["", "s1", "g1", "t1", "m1", "e1", "student", "true", "tobedeleted", "active", "2026-09-01", "parent"]
    ),
    st.text(max_size=12),
)


@given(data=st.data(), mode=st.sampled_from(["bulk", "delta"]))
@settings(max_examples=60)
def test_arbitrary_cells_end_in_rows_or_in_problems(data: st.DataObject, mode: str) -> None:
    contents = {}
    for kind, header in HEADERS.items():
        drawn = data.draw(st.lists(st.lists(_CELL, min_size=3, max_size=15), max_size=4))
        lines = [header, *(",".join('"' + cell.replace('"', "") + '"' for cell in row) for row in drawn)]
        contents[kind] = "\n".join(lines).encode("utf-8", "replace")
    rows = rows_of(Package({kind: packages.Mode(mode) for kind in HEADERS}, contents))
    sheets, empty = Sheets(), Standing(Organization("o", "Northstar", "Europe/London", None), NOW, rows=_NOTHING)
    people = who_is_who(rows, empty, sheets)
    plan_classes(rows, empty, people, sheets)
    assert all(problem.message for problem in [*rows.sheets.all_problems(), *sheets.all_problems()])
