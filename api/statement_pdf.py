"""A statement as a PDF that screen readers can read: the template is `statement.typ`, the data travel as JSON.

It stands beside the CSV form: one more shape in which this door answers. Typst runs within the process, takes about
30 ms, and needs no program and no font of the machine.
"""

from __future__ import annotations

import json
import logging
import re
import unicodedata
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst

from domain.plain_words import day
from domain.statement import Account, Entry, Lesson, Statement, date_of, minutes_there, written
from domain.statement_words import WORDS, Words
from domain.working_time import local

TEMPLATE = Path(__file__).with_name("statement.typ")
_NOT_PRINTED = ("So", "Sk", "Cc", "Co", "Cs", "Cn", "Me")
_LONG_WORD = re.compile(r"\S{24}(?=\S)")
log = logging.getLogger("bellwether.api")


def pdf_of(statement: Statement) -> bytes:
    """The PDF, by PDF/UA-1. A name in a script that no font here has would break that rule: then a tagged one."""
    data = json.dumps(_data(statement), ensure_ascii=False)
    try:
        return _compiled(data, statement.made_at, ["ua-1"])
    except typst.TypstError as problem:
        log.info("a statement is no PDF/UA: %s", problem)
        return _compiled(data, statement.made_at, [])


def _printed(name: str) -> str:
    """A name as paper can show it: without emoji, for which no font is here, and with places to break a long word."""
    plain = "".join(c for c in name if unicodedata.category(c) not in _NOT_PRINTED)
    return _LONG_WORD.sub("\\g<0>\u200b", plain)


def _compiled(data: str, made_at: datetime, standards: list[Literal["ua-1"]]) -> bytes:
    root = str(TEMPLATE.parent)
    made = typst.compile(
        str(TEMPLATE),
        root=root,
        format="pdf",
        sys_inputs={"data": data},
        pdf_standards=[*standards],
        timestamp=made_at,
    )
    return bytes(made)


def _data(statement: Statement) -> dict[str, Any]:
    words = WORDS[statement.language]
    labels, zone = words.labels, statement.zone
    return {
        "language": words.language,
        "labels": dict(labels),
        "student": _printed(statement.student),
        "operator": _printed(statement.operator),
        "period": labels["period"].format(since=written(statement.since, words), until=written(statement.until, words)),
        "made": labels["made"].format(date=date_of(statement.made_at, zone, words), zone=zone.replace("_", " ")),
        "summary": statement.summary,
        "accounts": [_account(account, words, zone) for account in statement.accounts],
        "lessons": [_lesson(lesson, words, zone) for lesson in statement.lessons],
    }


def _account(account: Account, words: Words, zone: str) -> dict[str, Any]:
    return {
        "subject": _printed(account.subject),
        "heading": words.labels["book"].format(subject=_printed(account.subject)),
        "words": account.words,
        "opening": str(account.opening),
        "closing": str(account.closing),
        "entries": [_entry(entry, words, zone) for entry in account.entries],
    }


def _entry(entry: Entry, words: Words, zone: str) -> dict[str, str]:
    return {
        "date": date_of(entry.at, zone, words),
        "words": entry.words,
        "units": f"{entry.units:+d}".replace("-", "−"),
        "after": str(entry.balance_after),
    }


def _lesson(lesson: Lesson, words: Words, zone: str) -> dict[str, str]:
    starts, ends = local(lesson.starts_at, zone), local(lesson.ends_at, zone)
    return {
        "date": f"{day(starts, words.locale)} {starts.year}",
        "time": f"{starts:%H:%M}–{ends:%H:%M}",
        "subject": _printed(lesson.subject),
        "teacher": _printed(lesson.teacher or ""),
        "minutes": minutes_there(lesson, words),
        "words": lesson.words,
    }
