"""What a statement is made of, read from the books: lessons of a span of days, and each enrollment's lines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, select

from db import attendance_board, ledger, organizations, roster
from db.attendance_board import Span
from db.engine import Tx
from db.listing import Cut
from db.tables import enrollments, guardians, schedules, sessions, student_guardians, students
from domain.balance import WAIVER
from domain.statement import Account, Entry, Lesson, Statement
from domain.value import Id

AT_ONCE = 1000


async def family_of(tx: Tx, org_id: Id, student_id: Id) -> tuple[str, str]:
    """Zone and language of the guardian who is asked first; without one the organization's zone, and English."""
    g, s = guardians.c, student_guardians.c
    found = await tx.execute(
        select(g.zone, g.language)
        .join(student_guardians, and_(s.org_id == g.org_id, s.guardian_id == g.id))
        .where(s.org_id == org_id, s.student_id == student_id)
        .order_by(s.position)
        .limit(1)
    )
    row = found.one_or_none()
    return (row.zone, row.language) if row else (await roster.zone_of(tx, org_id), "en")


async def statement(
    tx: Tx, org_id: Id, student_id: Id, since: date, until: date, now: datetime, *, zone: str, language: str
) -> Statement:
    """The statement of these days, both included, as `zone` counts them. Raises NotFound."""
    student = await roster.one(tx, students, org_id, student_id)
    begin, end = _midnight(since, zone), _midnight(until + timedelta(days=1), zone)
    held = await _lessons(tx, org_id, student_id, begin, end, now)
    accounts = [
        account
        for row in await ledger.balances(tx, org_id, student_id)
        if (account := await _account(tx, org_id, row, begin, end)) is not None
    ]
    return Statement(
        student_id=student_id,
        student=student.name,
        operator=(await organizations.one(tx, org_id)).name,
        language=language,
        zone=zone,
        since=since,
        until=until,
        made_at=now,
        accounts=tuple(accounts),
        lessons=tuple(held),
    ).said()


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


async def _lessons(tx: Tx, org_id: Id, student_id: Id, begin: datetime, end: datetime, now: datetime) -> list[Lesson]:
    held, cursor = list[Lesson](), None
    while True:
        span = Span(begin, end, student_id=student_id)
        part = await attendance_board.attendance(tx, org_id, span, Cut(AT_ONCE, cursor), now)
        held += [_lesson(row) for row in part.rows]
        cursor = part.next_cursor
        if cursor is None:
            return held


def _lesson(row: Row[Any]) -> Lesson:
    return Lesson(
        session_id=row.session_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        subject=row.subject,
        teacher=row.instructor_name,
        minutes=row.minutes,
        code=row.code,
    )


async def _account(tx: Tx, org_id: Id, row: Row[Any], begin: datetime, end: datetime) -> Account | None:
    """The enrollment's part; None for one that was over before and in which nothing moved."""
    lines, cursor = list[Row[Any]](), None
    while True:
        part = await ledger.book(tx, org_id, row.id, Cut(AT_ONCE, cursor))
        lines += part.rows
        cursor = part.next_cursor
        if cursor is None:
            break
    lines.reverse()
    before = [line for line in lines if line.at < begin]
    within = [line for line in lines if begin <= line.at < end]
    if row.ended_at is not None and row.ended_at < begin and not within and not row.balance:
        return None
    opening = before[-1].balance_after if before else 0
    starts = await _starts(tx, org_id, (line.session_id for line in within if line.session_id))
    return Account(
        enrollment_id=row.id,
        subject=await _subject(tx, org_id, row.id),
        opening=opening,
        closing=within[-1].balance_after if within else opening,
        balance=row.balance,
        entries=tuple(_entry(line, starts) for line in within),
    )


def _entry(line: Row[Any], starts: dict[Id, datetime]) -> Entry:
    return Entry(
        at=line.at,
        kind=line.kind,
        units=line.units,
        balance_after=line.balance_after,
        session_id=line.session_id,
        lesson_at=starts.get(line.session_id),
        code=line.code,
        waived=line.key.startswith(WAIVER),
    )


async def _starts(tx: Tx, org_id: Id, ids: Iterable[Id]) -> dict[Id, datetime]:
    s = sessions.c
    rows = await tx.execute(select(s.id, s.starts_at).where(s.org_id == org_id, s.id.in_(sorted(set(ids)))))
    return {row.id: row.starts_at for row in rows}


async def _subject(tx: Tx, org_id: Id, enrollment_id: Id) -> str:
    e, c = enrollments.c, schedules.c
    found: str = (
        await tx.execute(
            select(c.subject)
            .join(enrollments, and_(e.org_id == c.org_id, e.schedule_id == c.id))
            .where(e.org_id == org_id, e.id == enrollment_id)
        )
    ).scalar_one()
    return found
