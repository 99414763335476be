"""What each kind of bad file is told by `bellwether import`, and that nothing of it is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.cli.importing import Academy


def test_latin_1_is_refused_with_what_to_do(academy: Academy) -> None:
    academy.has("students", "ref,name\nS-1,Ben\nS-2,Zoë\n".encode("latin-1"))
    [(file, _, _, message)] = academy.refused()
    assert file == "students.csv"
    assert message.startswith("is not UTF-8 (line 3 holds the byte 0xEB")
    assert "save it as CSV with the encoding UTF-8" in message


def test_a_workbook_is_named_as_one(academy: Academy) -> None:
    academy.has("students", b"PK\x03\x04....")
    assert "is a workbook" in academy.refused()[0][3]


def test_a_missing_column_is_named(academy: Academy) -> None:
    academy.has_examples()
    academy.has("students", "ref,nom\nS-1,Sam\n")
    problems = academy.refused()
    assert problems == [("students.csv", 1, "name", problems[0][3])]
    assert problems[0][3].startswith("is missing")


@pytest.mark.parametrize(
    ("kind", "before", "after", "row", "column", "says"),
    [
        ("guardians", "+44 20 7946 0018", "call me", 2, "phone", "no phone"),
        ("guardians", "john.reed@example.org", "john.reed", 4, "email", "no e-mail address"),
        ("guardians", "America/New_York", "New York", 5, "zone", "no time zone"),
        ("guardians", "G-2,S-1,2", "G-2,S-1,1", 2, "position", "held by two guardians"),
        ("guardians", "G-1,S-2,1,Maria Reed", "G-1,S-2,1,Mary Reed", 3, "name", "differs from row 2"),
        ("guardians", "G-3,S-3,1", "G-3,S-9,1", 5, "student_ref", "no student 'S-9'"),
        ("staff", "coordinator", "boss", 2, "role", "write one of instructor, coordinator, lead, admin"),
        ("staff", "ivan@", "ana@", 3, "email", "another staff member"),
        ("students", "S-2", "S-1", 3, "ref", "stands already in row 2 of students.csv"),
        ("students", "Sam Reed", "", 2, "name", "is empty"),
        ("students", "Sam Reed", "Reed, Sam", 2, None, "more cells (4) than the header (3)"),
        (
            "schedules",
            "MATHS-SAM,Maths,one_to_one,T-2,Europe/London,2",
            "MATHS-SAM,Maths,one_to_one,T-2,,0",
            2,
            "sessions_per_week",
            "from 1",
        ),
        ("schedules", "no_show=hold", "no_show", 3, "charges", "write no_show=hold"),
        ("enrollments", "T-1,2025-09-01,12", "T-2,2025-09-01,12", 2, "coordinator_ref", "active coordinator"),
        ("enrollments", "2025-09-01,12", "01/09/2025,12", 2, "started_on", "write it as 2026-09-14"),
        ("enrollments", "2025-09-01,12", "2025-09-01,-12", 2, "opening_balance", "from 0"),
        ("enrollments", "E-3,S-1,CHESS", "E-3,S-1,MATHS-SAM", 4, "schedule_ref", "enrolled there already by row 2"),
        (
            "sessions",
            "2025-09-08T16:00,2025-09-08T17:00,Europe/London",
            "2025-09-08T16:00,2025-09-08T17:00,",
            2,
            "starts_at",
            "has no offset",
        ),
        ("sessions", "2025-09-08T16:00", "2025-09-08", 2, "starts_at", "no time of day"),
        ("sessions", "2025-09-08T17:00", "2025-09-08T15:00", 2, "ends_at", "not after starts_at"),
        ("sessions", "MS-2,S-1", "MS-2,", 4, "make_up_for_ref", "go together"),
        ("outcomes", "MS-1,S-1,attended", "MS-1,S-1,present", 2, "code", "write one of attended"),
        ("outcomes", "CH-1,S-1,late", "MS-2,S-1,late", 6, "student_ref", "stands already in row 3"),
        ("outcomes", "CH-1,S-1", "CH-1,S-2", 6, "student_ref", "not enrolled"),
        ("outcomes", "MM-1", "MM-7", 5, "session_ref", "no session 'MM-7'"),
    ],
)
def test_a_bad_cell_is_named_with_its_row_and_column_and_nothing_is_written(
    academy: Academy, kind: str, before: str, after: str, row: int, column: str | None, says: str
) -> None:
    academy.has_examples()
    academy.changes(kind, before, after)
    problem = academy.refused()[0]
    assert problem[:3] == (f"{kind}.csv", row, column)
    assert says in problem[3]


def test_an_outcome_of_a_session_that_lies_ahead_is_refused_but_a_cancellation_is_not(academy: Academy) -> None:
    academy.has_examples()
    academy.changes("sessions", "2025-09-08T16:00,2025-09-08T17:00", "2099-09-08T16:00,2099-09-08T17:00")
    assert "until then it can only be cancelled" in academy.refused()[0][3]
    academy.changes("outcomes", "MS-1,S-1,attended", "MS-1,S-1,cancelled_by_student")
    assert academy.imported()["counts"]["outcomes"]["added"] == 6


def test_an_outcome_that_the_books_hold_otherwise_is_sent_to_its_correction(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    academy.changes("outcomes", "MS-2,S-1,no_show", "MS-2,S-1,attended")
    assert "/corrections" in academy.refused()[0][3]


def test_a_session_with_outcomes_keeps_its_times(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    academy.changes("sessions", "2025-09-08T16:00,2025-09-08T17:00", "2025-09-08T18:00,2025-09-08T19:00")
    assert academy.refused()[0][:3] == ("sessions.csv", 2, "starts_at")


def test_one_bad_row_among_ten_thousand_is_found_and_nothing_is_written(academy: Academy) -> None:
    rows = [f"S-{n},Student {n}" for n in range(10_000)]
    rows[7_000] = "S-7000,"
    academy.has("students", "ref,name\n" + "\n".join(rows) + "\n")
    assert academy.refused() == [("students.csv", 7002, "name", "is empty: every row needs it")]


def test_the_first_fifty_problems_are_shown_and_all_are_counted(academy: Academy) -> None:
    academy.has("students", "ref,name\n" + "S-1,\n" * 80)
    done = CliRunner().invoke(app, ["import", str(academy.folder)])
    assert done.exit_code == 2
    assert "students.csv, row 2, name: is empty" in done.stderr
    assert done.stderr.count("students.csv, row") == 50
    assert "more are not shown). Nothing was written." in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv"], "there is no file nowhere.csv"),
        (["."], "holds no CSV file"),
        (["pupils.csv"], "name it after one of staff, students"),
        ([], "name at least one file or folder"),
    ],
)
def test_a_wrong_call_says_what_to_do(academy: Academy, arguments: list[str], says: str) -> None:
    Path("pupils.csv").write_text("ref,name\n")
    if arguments == ["."]:
        Path("pupils.csv").unlink()
    done = CliRunner().invoke(app, ["import", *arguments])
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
