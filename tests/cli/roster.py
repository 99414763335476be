"""A small school as OneRoster tables, packed into a zip by the tests themselves."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from cli.main import app

Row = dict[str, str]
TABLES: dict[str, list[Row]] = {
    "orgs": [{"sourcedId": "north", "name": "North School", "type": "school"}],
    "academicSessions": [
        {
            "sourcedId": "y26",
            "title": "2026",
            "type": "schoolYear",
            "startDate": "2026-01-01",
            "endDate": "2027-01-01",
            "schoolYear": "2026",
        },
        {
            "sourcedId": "autumn",
            "title": "Autumn",
            "type": "term",
            "startDate": "2026-01-01",
            "endDate": "2030-01-01",
            "schoolYear": "2026",
        },
    ],
    "courses": [{"sourcedId": "maths", "title": "Maths", "orgSourcedId": "north"}],
    "classes": [
        {"sourcedId": "m1", "title": "Maths 1", "courseSourcedId": "maths", "termSourcedIds": "autumn"},
        {"sourcedId": "m2", "title": "Maths 2", "courseSourcedId": "maths", "termSourcedIds": "autumn"},
    ],
    "users": [
        {"sourcedId": "t1", "givenName": "Ivan", "familyName": "Petrov", "email": "ivan@north.example"},
        {"sourcedId": "t2", "givenName": "Lea", "familyName": "Winter", "email": "lea@north.example"},
        {
            "sourcedId": "s1",
            "givenName": "Samuel",
            "preferredGivenName": "Sam",
            "familyName": "Reed",
            "email": "sam@north.example",
            "agentSourcedIds": "g1,g2",
            "password": "hunter2",
        },
        {"sourcedId": "s2", "givenName": "Mia", "familyName": "Reed", "agentSourcedIds": "g1"},
        {"sourcedId": "s3", "givenName": "Noor", "familyName": "Haddad", "agentSourcedIds": "g3"},
        {"sourcedId": "g1", "givenName": "Maria", "familyName": "Reed", "sms": "+44 20 7946 0018", "phone": "none"},
        {"sourcedId": "g2", "givenName": "John", "familyName": "Reed", "phone": "+44 20 7946 0019"},
        {"sourcedId": "g3", "givenName": "Layla", "familyName": "Haddad", "email": "layla@example.org"},
        {"sourcedId": "p1", "givenName": "Pat", "familyName": "Head", "email": "head@north.example"},
    ],
    "roles": [
        *({"sourcedId": f"r-{user}", "userSourcedId": user, "role": "teacher"} for user in ("t1", "t2")),
        *({"sourcedId": f"r-{user}", "userSourcedId": user, "role": "student"} for user in ("s1", "s2", "s3")),
        {"sourcedId": "r-g1", "userSourcedId": "g1", "role": "parent"},
        {"sourcedId": "r-g2", "userSourcedId": "g2", "role": "guardian"},
        {"sourcedId": "r-g3", "userSourcedId": "g3", "role": "relative"},
        {"sourcedId": "r-p1", "userSourcedId": "p1", "role": "principal"},
    ],
    "enrollments": [
        {"sourcedId": "e1", "classSourcedId": "m1", "userSourcedId": "s1", "beginDate": "2026-09-07"},
        {"sourcedId": "e2", "classSourcedId": "m1", "userSourcedId": "s2"},
        {"sourcedId": "e3", "classSourcedId": "m2", "userSourcedId": "s3"},
        *(
            {"sourcedId": f"e{n}", "classSourcedId": "m1", "userSourcedId": f"s{n}", "beginDate": "2026-09-07"}
            for n in range(4, 9)
        ),
        {"sourcedId": "et1", "classSourcedId": "m1", "userSourcedId": "t1", "role": "teacher", "primary": "true"},
        {"sourcedId": "et2", "classSourcedId": "m1", "userSourcedId": "t2", "role": "teacher", "primary": "false"},
        {"sourcedId": "et3", "classSourcedId": "m2", "userSourcedId": "t2", "role": "teacher", "primary": "true"},
    ],
}
for _n in range(4, 9):  # enough students that one more or less is no fifth
    TABLES["users"].append({"sourcedId": f"s{_n}", "givenName": f"Student{_n}", "familyName": "Doe"})
    TABLES["roles"].append({"sourcedId": f"r-s{_n}", "userSourcedId": f"s{_n}", "role": "student"})
DEFAULTS: dict[str, Row] = {"users": {"enabledUser": "true"}, "enrollments": {"role": "student"}}
HEADERS = {
    "orgs": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "academicSessions": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "courses": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,"
    "subjectCodes",
    "classes": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods",
    "users": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,"
    "preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.shoe",
    "roles": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId",
    "enrollments": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate",
}


class School:
    """Tables that a test changes and packs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tables = {kind: [{**DEFAULTS.get(kind, {}), **row} for row in rows] for kind, rows in TABLES.items()}
        self.modes = dict.fromkeys(HEADERS, "bulk")
        self.said = {"manifest.version": "1.0", "oneroster.version": "1.2"}
        self.files: dict[str, bytes] = {}
        """Files as they are, in place of a table's or beside them."""

    def row(self, kind: str, ref: str) -> Row:
        return next(row for row in self.tables[kind] if row["sourcedId"] == ref)

    def drops(self, kind: str, *refs: str) -> None:
        self.tables[kind] = [row for row in self.tables[kind] if row["sourcedId"] not in refs]

    def is_delta(self, **rows: list[Row]) -> None:
        """Only these rows, each of them active unless it says otherwise."""
        self.modes = {kind: "delta" if kind in rows else "absent" for kind in HEADERS}
        self.tables = {
            kind: [{"status": "active", **DEFAULTS.get(kind, {}), **row} for row in rows.get(kind, [])]
            for kind in HEADERS
        }

    def contents(self) -> dict[str, bytes]:
        said = self.said | {f"file.{kind}": mode for kind, mode in self.modes.items()} | {"file.results": "absent"}
        files = {"manifest.csv": "\n".join(["propertyName,value", *(f"{k},{v}" for k, v in said.items())]).encode()}
        for kind, mode in self.modes.items():
            if mode != "absent":
                files[f"{kind}.csv"] = _table(HEADERS[kind].split(","), self.tables[kind])
        return {name: content for name, content in (files | self.files).items() if content != b"-"}

    def packed(self) -> Path:
        path = self.folder / "roster.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.contents().items():
                archive.writestr(name, content)
        return path


def _table(header: list[str], rows: list[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def run(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["import", *options, str(path)])


def imported(path: Path, *options: str) -> dict[str, Any]:
    done = run(path, "--json", *options)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def refused(path: Path, *options: str) -> str:
    """What a refused import says, sentences of rows and of the whole package alike."""
    done = run(path, *options)
    assert done.exit_code == 2, done.output
    assert "Traceback" not in done.output
    return done.stderr
