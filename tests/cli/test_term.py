"""Reading a real term: what is in it, and what a wrong folder is told."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from cli.problems import UnusableInputError
from cli.replay.term import Held, Learner, read_term
from tests.cli.terms import REAL_TERMS, write_term

AAA_IN_8_WEEKS = {
    "enrolled": 383,
    "with_sessions": 376,
    "outcomes": 8857,
    "absences": 2988,
    "tier_2_students": 301,
}


def test_the_real_class_has_the_counts_it_is_known_for(tmp_path: Path) -> None:
    if REAL_TERMS.is_dir():
        term = read_term(REAL_TERMS, "AAA-2013J", 8)
        assert term.counts == AAA_IN_8_WEEKS
    else:  # the generated folder has the same shape
        expected = write_term(tmp_path, students=10, weeks=8)
        assert read_term(tmp_path, "GEN-2013J", 8).counts == expected


def test_what_was_read_is_counted(tmp_path: Path) -> None:
    expected = write_term(tmp_path, students=10, weeks=8)
    assert read_term(tmp_path, "GEN-2013J", 8).counts == expected


def test_only_the_weeks_asked_for_are_read(tmp_path: Path) -> None:
    write_term(tmp_path, students=4, weeks=3)
    term = read_term(tmp_path, "GEN-2013J", 1)
    assert {held.day for x in term.learners for held in x.sessions} == {0, 2, 4}


def test_a_student_without_sessions_is_enrolled_all_the_same(tmp_path: Path) -> None:
    write_term(tmp_path, students=3, weeks=1)
    learners = read_term(tmp_path, "GEN-2013J", 1).learners
    assert len(learners) == 3
    assert [x.ref for x in learners if not x.sessions] == ["0"]
    assert learners[0].withdrew_day == -3


@pytest.mark.parametrize(
    ("attended", "alarmed_on"),
    [
        ("1111111111", None),
        ("0111111111", None),
        ("0011111111", 2),
        ("1110110111", 14),
        ("0111110111", None),
        ("1110111101", None),
        ("01111011011", 18),
        ("1011110110", 21),
    ],
)
def test_the_first_alarm_is_worked_out_from_the_attendance_alone(attended: str, alarmed_on: int | None) -> None:
    days = [7 * (at // 3) + 2 * (at % 3) for at in range(len(attended))]
    sessions = tuple(Held(day, mark == "1") for day, mark in zip(days, attended, strict=True))
    assert Learner("1", 0, None, sessions).alarmed_on == alarmed_on


def test_an_unknown_class_is_told_which_there_are(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)
    with pytest.raises(UnusableInputError, match="choose one of GEN-2013J"):
        read_term(tmp_path, "AAA-2013J", 8)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match=r"there is no sessions\.csv\.gz"):
        read_term(tmp_path, "AAA-2013J", 8)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)
    with gzip.open(tmp_path / "sessions.csv.gz", "wt") as file:
        file.write("student_ref,class_ref,attended\n")
    with pytest.raises(UnusableInputError, match="lacks the column session_day"):
        read_term(tmp_path, "GEN-2013J", 1)


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)
    (tmp_path / "sessions.csv.gz").write_text("student_ref,class_ref,session_day,attended\n")
    with pytest.raises(UnusableInputError, match="cannot be read as gzipped CSV"):
        read_term(tmp_path, "GEN-2013J", 1)


def test_an_attendance_that_is_neither_0_nor_1_is_refused(tmp_path: Path) -> None:
    write_term(tmp_path, students=2, weeks=1)
    with gzip.open(tmp_path / "sessions.csv.gz", "at") as file:
        file.write("1,GEN-2013J,5,yes,3\n")
    with pytest.raises(UnusableInputError, match="attended is 'yes'"):
        read_term(tmp_path, "GEN-2013J", 1)
