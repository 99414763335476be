"""`bellwether import` on real books: what comes in cleanly, and what it means there."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app
from domain.outcomes import REPORTABLE
from importing.columns import KINDS
from importing.examples import TEMPLATES
from tests.cli.importing import Academy


def test_the_examples_import_cleanly_and_doing_it_again_changes_nothing(academy: Academy) -> None:
    academy.folder.rmdir()
    assert CliRunner().invoke(app, ["import", "--template", str(academy.folder)]).exit_code == 0
    first = academy.imported()
    assert first["counts"]["guardians"] == {"added": 4, "changed": 0, "unchanged": 0}
    assert first["counts"]["outcomes"] == {"added": 6, "changed": 0, "unchanged": 0}
    assert first["students_left_to_auditor"] == 3
    waiting = academy.count("inbox")

    again = academy.imported()
    assert {(c["added"], c["changed"]) for c in again["counts"].values()} == {(0, 0)}
    assert {kind: c["unchanged"] for kind, c in again["counts"].items()} == {
        kind: text.count("\n") - 1 for kind, text in TEMPLATES.items()
    }
    assert academy.count("inbox") == waiting


def test_the_examples_also_import_one_file_after_the_other(academy: Academy) -> None:
    academy.has_examples()
    for kind in TEMPLATES:
        done = CliRunner().invoke(app, ["import", str(academy.folder / f"{kind}.csv")])
        assert done.exit_code == 0, done.output
    assert academy.count("outcomes") == 6


def test_imported_rows_mean_what_the_file_says(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    assert academy.query("select phone, zone from guardians where ref = 'G-3'") == [
        ("+12025550143", "America/New_York")
    ]
    assert academy.query(
        "select starts_at::text, created_at > now() - interval '1 hour' from sessions where ref = 'MS-1'"
    ) == [("2025-09-08 15:00:00+00", True)]
    assert academy.query("select started_at::text, imported from enrollments where ref = 'E-1'") == [
        ("2025-08-31 23:00:00+00", True)
    ]
    assert academy.query(
        "select o.code, o.imported, v.source from outcomes o join outcome_versions v on v.outcome_id = o.id "
        "where o.announced_at is not null order by o.code"
    ) == [("excused_absence", True, "import"), ("late_cancelled", True, "import")]
    assert academy.query("select event ->> 'units' from inbox where event ->> 'kind' = 'topped_up'") == [
        ("12",),
        ("8",),
        ("10",),
        ("10",),
    ]
    assert academy.query(
        "select make_up_for = (select id from sessions where ref = 'MS-2') from sessions where ref = 'MS-3'"
    ) == [(True,)]


def test_a_dry_run_counts_and_writes_nothing(academy: Academy) -> None:
    academy.has_examples()
    told = academy.imported("--dry-run")
    assert (told["written"], told["counts"]["students"]["added"]) == (False, 3)
    assert academy.count("students") == 0


def test_changed_cells_are_changed_and_empty_ones_leave_what_stands(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    academy.changes("students", "Noor Haddad", "Noor Haddad-Lee")
    academy.has("guardians", "ref,student_ref,name,phone,position\nG-3,S-3,Layla H.,,2\n")
    counts = academy.imported()["counts"]
    assert counts["students"] == {"added": 0, "changed": 1, "unchanged": 2}
    assert counts["guardians"] == {"added": 0, "changed": 1, "unchanged": 0}
    assert academy.query("select name, phone, email from guardians where ref = 'G-3'") == [
        ("Layla H.", "+12025550143", "layla@example.org")
    ]
    assert academy.query(
        "select position from student_guardians sg join students s on s.id = student_id where s.ref = 'S-3'"
    ) == [(2,)]


def test_two_guardians_may_change_places(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    header = "ref,student_ref,position,name\n"
    academy.has("guardians", header + "G-1,S-1,2,Maria Reed\nG-2,S-1,1,John Reed\n")
    academy.imported()
    assert academy.query(
        "select g.ref from student_guardians sg join guardians g on g.id = guardian_id "
        "join students s on s.id = student_id where s.ref = 'S-1' order by position"
    ) == [("G-2",), ("G-1",)]


def test_a_byte_order_mark_semicolons_and_blank_lines_are_no_problem(academy: Academy) -> None:
    academy.has("students", b"\xef\xbb\xbfRef;Name\r\nS-1;Zo\xc3\xab, the first\r\n\r\nS-2;Ben\r\n")
    assert academy.imported()["counts"]["students"]["added"] == 2
    assert academy.query("select name from students where ref = 'S-1'") == [("Zoë, the first",)]


def test_columns_that_are_not_known_are_said_to_be_left_out(academy: Academy) -> None:
    academy.has("students", "ref,name,shoe size\nS-1,Sam,38\n")
    done = CliRunner().invoke(app, ["import", str(academy.folder)])
    assert done.exit_code == 0
    assert "left out the columns shoe size" in done.stderr


def test_references_are_looked_up_in_the_books_of_this_organization_only(academy: Academy) -> None:
    academy.has_examples()
    academy.imported()
    academy.query("insert into organizations (name) values ('Charlie')")
    lone = academy.folder / "outcomes.csv"
    asked = ["import", "--json", str(lone), "--org"]
    refused = CliRunner().invoke(app, [*asked, "Charlie"])
    assert refused.exit_code == 2
    assert json.loads(refused.stdout)["problem_count"] == 12
    assert CliRunner().invoke(app, [*asked, "Northstar"]).exit_code == 0
    unclear = CliRunner().invoke(app, asked[:-1])
    assert (unclear.exit_code, "there are several organizations" in unclear.stderr) == (2, True)


def test_every_column_is_told_in_the_documentation_and_shown_in_an_example() -> None:
    text = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
    for kind, columns in KINDS.items():
        section = text.split(f"\n## {kind}\n")[1].split("\n## ")[0]
        header = TEMPLATES[kind].splitlines()[0].split(",")
        cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| ")]
        told = [name.strip() for cell in cells for name in cell.split(",")]
        assert told[2:] == [f"**{column.name}**" if column.is_required else column.name for column in columns]
        assert header == [column.name for column in columns]
    for code in REPORTABLE:
        assert f"`{code}`" in text
