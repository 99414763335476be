"""`bellwether import roster.zip` on real books: what a school's roster becomes, changes and ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from db import enrolling
from db.engine import open_books
from domain.value import Id
from tests.cli.importing import Academy
from tests.cli.roster import School, imported, refused, run


def numbers(told: dict[str, Any], what: str) -> dict[str, int]:
    """How many rows of each kind, without those that are none."""
    return {kind: count[what] for kind, count in told["counts"].items() if count[what]}


def everything(academy: Academy) -> list[tuple[Any, ...]]:
    """How often each row was written: any write gives it another number."""
    tables = ("staff", "students", "guardians", "schedules", "enrollments", "terms", "student_guardians", "inbox")
    return [
        (table, *row)
        for table in tables
        for row in sorted(academy.query(f"select xmin::text, * from {table}"), key=str)
    ]


def test_a_roster_becomes_people_schedules_terms_and_enrollments(school: School, academy: Academy) -> None:
    told = imported(school.packed())
    added = {"staff": 2, "students": 8, "guardians": 3, "schedules": 2, "enrollments": 8, "terms": 1, "links": 4}
    assert numbers(told, "added") == added
    assert academy.query("select name, email from students where ref in ('s1', 's2') order by ref") == [
        ("Sam Reed", "sam@north.example"),
        ("Mia Reed", None),
    ]
    assert academy.query("select name, phone, zone from guardians where ref = 'g1'") == [
        ("Maria Reed", "+442079460018", "Europe/London")
    ]
    assert academy.query(
        "select c.ref, subject, kind, zone, s.ref from schedules c join staff s on s.id = c.instructor_id order by 1"
    ) == [("m1", "Maths", "group", "Europe/London", "t1"), ("m2", "Maths", "one_to_one", "Europe/London", "t2")]
    assert academy.query("select ref, started_at::text, imported from enrollments where ref in ('e1', 'e2')") == [
        ("e1", "2026-09-06 23:00:00+00", True),
        ("e2", "2026-01-01 00:00:00+00", True),
    ]
    assert academy.query("select ref, name, starts_on::text, ends_on::text from terms") == [
        ("autumn", "Autumn", "2026-01-01", "2029-12-31")
    ]
    assert academy.query("select role, active, source from staff where ref = 't1'") == [
        ("instructor", True, "oneroster")
    ]
    assert academy.count("staff where ref = 'p1'") == 0
    assert academy.count("enrollments where coordinator_id = (select id from staff where ref = 'ana')") == 8
    assert told["students_left_to_auditor"] == 8


def test_passwords_and_unknown_columns_reach_no_table(school: School, academy: Academy) -> None:
    imported(school.packed())
    for table in ("students", "guardians", "staff", "inbox"):
        assert academy.count(f"{table} where {table}::text like '%hunter2%'") == 0


def test_the_same_roster_again_writes_nothing(school: School, academy: Academy) -> None:
    imported(school.packed())
    before = everything(academy)
    again = imported(school.packed())
    assert [numbers(again, what) for what in ("added", "changed", "ended")] == [{}, {}, {}]
    assert again["counts"]["enrollments"]["unchanged"] == 8
    assert everything(academy) == before


def test_a_folder_is_read_like_its_zip(school: School, academy: Academy) -> None:
    folder = school.folder / "unzipped"
    folder.mkdir()
    for name, content in school.contents().items():
        (folder / name).write_bytes(content)
    assert numbers(imported(folder), "added")["enrollments"] == 8
    assert academy.count("students") == 8


def test_a_dry_run_shows_what_would_change_and_writes_nothing(school: School, academy: Academy) -> None:
    imported(school.packed())
    before = everything(academy)
    school.row("users", "g1")["sms"] = "+44 20 7946 0020"
    school.drops("enrollments", "e8")
    shown = run(school.packed(), "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "~ g1 Maria Reed: phone +442079460018 -> +442079460020" in shown.stdout
    assert "- e8 student s8 in m1: ended_at nothing -> " in shown.stdout
    told = imported(school.packed(), "--dry-run")
    assert {(change["kind"], change["what"]) for change in told["changes"]} == {
        ("guardians", "change"),
        ("enrollments", "end"),
        ("students", "end"),
    }
    assert told["written"] is False
    assert everything(academy) == before


def test_what_is_absent_from_a_bulk_file_ends(school: School, academy: Academy) -> None:
    imported(school.packed())
    school.drops("enrollments", "e8", "et3")
    school.row("users", "s1")["agentSourcedIds"] = "g1"
    told = imported(school.packed(), "--allow-ends")
    assert numbers(told, "ended") == {"enrollments": 1, "links": 1, "students": 1}
    assert academy.query("select ref from enrollments where ended_at <= now()") == [("e8",)]
    assert academy.query("select instructor_id from schedules where ref = 'm2'") == [(None,)]
    assert academy.count("guardians") == 3
    # The student without an enrollment left is withdrawn, once.
    assert academy.count("inbox where event ->> 'kind' = 'withdrawn'") == 1
    imported(school.packed())
    assert academy.count("inbox where event ->> 'kind' = 'withdrawn'") == 1


def test_whoever_returns_to_the_roster_is_enrolled_again(school: School, academy: Academy) -> None:
    imported(school.packed())
    enrolled = academy.query("select id from enrollments where ref = 'e8'")
    kept = school.tables["enrollments"]
    school.drops("enrollments", "e8")
    imported(school.packed())
    school.tables["enrollments"] = kept
    imported(school.packed())
    assert academy.query("select id from enrollments where ref = 'e8' and ended_at is null") == enrolled
    kinds = academy.query(
        "select event ->> 'kind' from inbox where student_id = (select id from students where ref = 's8') order by seq"
    )
    assert kinds == [("enrolled",), ("withdrawn",), ("enrolled",)]


def test_what_did_not_come_from_a_roster_is_not_ended_by_one(school: School, academy: Academy) -> None:
    academy.has("students", "ref,name\nown,Own Student\n")
    academy.has("schedules", "ref,subject\nchess,Chess\n")
    academy.has("enrollments", "student_ref,schedule_ref,started_on\nown,chess,2026-01-01\n")
    academy.has("guardians", "ref,student_ref,name\nown,own,Own Parent\n")
    academy.imported()
    imported(school.packed())
    assert academy.count("enrollments where ended_at is null") == 9
    assert academy.count("staff where active") == 3
    assert academy.count("student_guardians") == 5


async def _withdrawn(database_url: str, org_id: Id, student_id: Id) -> None:
    engine = open_books(database_url)
    async with engine.begin() as tx:
        await enrolling.end_all(tx, org_id, student_id, datetime.now(UTC))
    await engine.dispose()


def test_a_withdrawal_by_people_stands_however_often_the_roster_comes(
    school: School, academy: Academy, database_url: str
) -> None:
    imported(school.packed())
    [(org_id, student_id)] = academy.query("select org_id::text, id::text from students where ref = 's3'")
    asyncio.run(_withdrawn(database_url, org_id, student_id))
    done = run(school.packed())
    assert (done.exit_code, "stay ended" in done.stderr) == (0, True)
    assert academy.count("enrollments where ended_at is null") == 7


def test_a_bulk_file_that_ends_more_than_a_fifth_stops(school: School, academy: Academy) -> None:
    imported(school.packed())
    before = everything(academy)
    school.drops("enrollments", "e7", "e8")
    assert "would end 2 of 8 enrollments, more than a fifth" in refused(school.packed())
    assert everything(academy) == before
    assert numbers(imported(school.packed(), "--allow-ends"), "ended") == {"enrollments": 2, "students": 2}


def test_a_delta_changes_only_what_it_lists(school: School, academy: Academy) -> None:
    imported(school.packed())
    school.is_delta(
        users=[{"sourcedId": "s9", "givenName": "Una", "familyName": "New", "agentSourcedIds": "g3"}],
        roles=[{"sourcedId": "r-s9", "userSourcedId": "s9", "role": "student"}],
        enrollments=[
            {"sourcedId": "e9", "classSourcedId": "m2", "userSourcedId": "s9"},
            {"sourcedId": "e8", "status": "tobedeleted", "role": ""},
            {"sourcedId": "et3", "status": "tobedeleted", "classSourcedId": "m2", "userSourcedId": "t2"},
        ],
    )
    told = imported(school.packed())
    assert numbers(told, "added") == {"students": 1, "enrollments": 1, "links": 1}
    assert numbers(told, "ended") == {"enrollments": 1, "students": 1}
    assert academy.query("select kind, instructor_id from schedules where ref = 'm2'") == [("group", None)]
    assert academy.count("enrollments where ended_at is null") == 8


def test_a_user_deleted_by_a_delta_leaves_each_of_his_places(school: School, academy: Academy) -> None:
    imported(school.packed())
    gone = [{"sourcedId": ref, "status": "tobedeleted", "enabledUser": ""} for ref in ("s1", "g3", "t1", "t2")]
    school.is_delta(users=gone)
    done = run(school.packed())
    assert done.exit_code == 0, done.output
    assert academy.query("select ref from enrollments where ended_at is not null") == [("e1",)]
    assert academy.count("student_guardians where guardian_id = (select id from guardians where ref = 'g3')") == 0
    # Both teachers still hold a class, so they stay until somebody else does.
    assert "Ivan Petrov (t1) is gone from the roster and stays active" in done.stderr
    assert academy.count("staff where active") == 3


def test_a_teacher_who_teaches_nobody_becomes_inactive(school: School, academy: Academy) -> None:
    imported(school.packed())
    for kind, refs in (("users", ["t2"]), ("roles", ["r-t2"]), ("enrollments", ["et2", "et3"])):
        school.drops(kind, *refs)
    assert numbers(imported(school.packed()), "ended") == {"staff": 1}
    assert academy.query("select ref from staff where not active") == [("t2",)]


def test_an_enrollment_with_an_end_ahead_ends_on_that_day(school: School, academy: Academy) -> None:
    school.row("enrollments", "e3")["endDate"] = "2040-07-01"
    imported(school.packed())
    assert academy.query("select ended_at::text from enrollments where ref = 'e3'") == [("2040-06-30 23:00:00+00",)]
    school.row("enrollments", "e3")["endDate"] = ""
    assert numbers(imported(school.packed()), "changed") == {"enrollments": 1}
    school.row("enrollments", "e3")["endDate"] = "2026-10-01"
    assert numbers(imported(school.packed()), "ended") == {"enrollments": 1, "students": 1}


def test_of_several_rows_about_one_place_the_one_that_lasts_counts(school: School, academy: Academy) -> None:
    earlier = {**school.row("enrollments", "e3"), "sourcedId": "e0", "beginDate": "2025-09-01", "endDate": "2026-02-01"}
    school.tables["enrollments"].append(earlier)
    imported(school.packed())
    assert academy.query("select ended_at from enrollments where ref = 'e3'") == [(None,)]
    school.row("enrollments", "e3")["sourcedId"] = "e3-new"
    assert numbers(imported(school.packed()), "ended") == {}
    assert academy.query("select ref from enrollments where ref like 'e3%'") == [("e3-new",)]


def test_a_teacher_whom_the_books_know_by_address_is_that_person(school: School, academy: Academy) -> None:
    academy.has("staff", "ref,name,email,role\nT-7,Ivan P.,IVAN@north.example,lead\n")
    academy.imported()
    imported(school.packed())
    assert academy.query("select name, role from staff where ref = 'T-7'") == [("Ivan P.", "lead")]
    assert academy.query("select s.ref from schedules c join staff s on s.id = c.instructor_id where c.ref = 'm1'") == [
        ("T-7",)
    ]


def test_rights_given_by_hand_are_not_taken_by_a_roster(school: School, academy: Academy) -> None:
    imported(school.packed())
    academy.query("update staff set role = 'coordinator' where ref = 't1'")
    imported(school.packed())
    assert academy.query("select role from staff where ref = 't1'") == [("coordinator",)]
