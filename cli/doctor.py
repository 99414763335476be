"""`bellwether doctor`: every part checked, in words, with what to do about it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from cli import doctor_checks as checks
from cli.configured import settings
from cli.doctor_checks import Finding, State
from cli.problems import CommandError
from cli.reaching import temporal_address
from cli.running import find
from cli.terminal import data, show, show_json
from settings import Settings

_MARKS = {State.OK: ("ok", "green"), State.NOTE: ("note", "yellow"), State.WRONG: ("WRONG", "red")}


def examine(*, as_json: bool) -> int:
    """Print a finding per part; the exit code is 1 when something is wrong."""
    findings = [checks.versions()]
    try:
        given = settings()
    except CommandError as problem:
        findings.append(checks.wrong("settings", str(problem), "mend them in the environment or in .env"))
    else:
        findings += _examined(given)
    is_well = all(finding.state is not State.WRONG for finding in findings)
    if as_json:
        show_json({"ok": is_well, "findings": [asdict(finding) for finding in findings]})
    else:
        _tell(findings, is_well=is_well)
    return 0 if is_well else 1


def _examined(given: Settings) -> list[Finding]:
    found = find(given.data_dir)
    url = given.database_url or (found.database_url if found else None)
    address = temporal_address(given)
    api_url = found.api_url if found and found.api_url else checks.configured_api_url(given)
    stands_alone = given.database_url is not None and given.temporal_address is not None
    return [
        checks.ok("settings", "can be used"),
        checks.data_folder(given.data_dir),
        *checks.books(url),
        *asyncio.run(checks.temporal(given, address)),
        asyncio.run(checks.api(api_url, may_be_elsewhere=stands_alone)),
        checks.pages(),
        *checks.ways_out(given),
        checks.business_clock(given, url),
    ]


def _tell(findings: Sequence[Finding], *, is_well: bool) -> None:
    for finding in findings:
        mark, colour = _MARKS[finding.state]
        data.print(f"{mark:<6}", style=colour, end="")
        show(f"{finding.part}: {finding.words}")
        if finding.hint:
            show(f"       -> {finding.hint}")
    show("")
    show("Everything is well." if is_well else "Something is wrong: see the lines marked WRONG.")
