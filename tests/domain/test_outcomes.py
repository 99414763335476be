"""Section 1 of the rules: what each outcome means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.events import OutcomeRecorded
from domain.outcomes import BEFORE_START, FLAGS, Charge, Code, Hears, code_when_told
from tests.builders import a_schedule, an_outcome, on
from tests.domain.books import Books

TABLE = """
code                    delivered charges   pays present miss unannounced place hears                     make_up
attended                y         decrement y    y       -    -           y     nothing                   -
late                    y         decrement y    y       -    -           y     nothing                   -
left_early              y         decrement y    y       -    -           y     nothing                   -
partial                 y         decrement y    -       y    -           y     nothing                   -
no_show                 y         decrement y    -       y    y           y     absence_notice            -
late_cancelled          -         decrement y    -       y    y           y     cancellation_confirmation -
cancelled_by_student    -         hold      -    -       y    -           y     cancellation_confirmation -
excused_absence         y         hold      y    -       y    -           y     cancellation_confirmation -
cancelled_by_instructor -         hold      -    -       -    -           -     called_off                y
instructor_no_show      -         hold      -    -       -    -           -     called_off                y
cancelled_by_operator   -         hold      -    -       -    -           -     called_off                y
technical_failure       -         hold      y    -       -    -           -     called_off                -
scheduled               -         hold      -    -       -    -           -     nothing                   -
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]


@pytest.mark.parametrize("row", ROWS, ids=[r[0] for r in ROWS])
def test_an_outcome_means_what_the_table_says(row: list[str]) -> None:
    flags = FLAGS[Code(row[0])]
    yes = [cell == "y" for cell in row]
    assert (flags.delivered, flags.pays_instructor, flags.present) == (yes[1], yes[3], yes[4])
    assert (flags.miss, flags.unannounced, flags.takes_place) == (yes[5], yes[6], yes[7])
    assert (flags.charge, flags.hears, flags.earns_make_up) == (Charge(row[2]), Hears(row[8]), yes[9])


def test_the_table_names_every_code() -> None:
    assert {Code(r[0]) for r in ROWS} == set(Code) == set(FLAGS)


@pytest.mark.parametrize(
    ("code", "charges", "units_per_session", "taken"),
    [
        (Code.NO_SHOW, {}, 1, 1),
        (Code.NO_SHOW, {}, 2, 2),
        (Code.NO_SHOW, {Code.NO_SHOW: Charge.HOLD}, 1, 0),
        (Code.CANCELLED_BY_STUDENT, {}, 1, 0),
        (Code.CANCELLED_BY_STUDENT, {Code.CANCELLED_BY_STUDENT: Charge.DECREMENT}, 2, 2),
        (Code.TECHNICAL_FAILURE, {}, 3, 0),
    ],
)
def test_the_schedule_decides_what_a_code_takes(
    code: Code, charges: dict[Code, Charge], units_per_session: int, taken: int
) -> None:
    assert a_schedule(charges=charges, units_per_session=units_per_session).units_for(code) == taken


@pytest.mark.parametrize(
    ("kind", "hours_ahead", "told_as", "becomes"),
    [
        ("one_to_one", 24, "late_cancelled", "cancelled_by_student"),
        ("one_to_one", 23.9, "cancelled_by_student", "late_cancelled"),
        ("one_to_one", 48, "excused_absence", "cancelled_by_student"),
        ("one_to_one", 1, "excused_absence", "late_cancelled"),
        ("one_to_one", -1, "excused_absence", "excused_absence"),
        ("one_to_one", -1, "cancelled_by_student", "late_cancelled"),
        ("group", 48, "cancelled_by_student", "excused_absence"),
        ("group", 1, "late_cancelled", "excused_absence"),
        ("one_to_one", 48, "cancelled_by_instructor", "cancelled_by_instructor"),
        ("group", -1, "no_show", "no_show"),
    ],
)
def test_the_server_tells_early_from_late(kind: str, hours_ahead: float, told_as: str, becomes: str) -> None:
    announced_at = on(3) - timedelta(hours=hours_ahead)
    assert code_when_told(Code(told_as), a_schedule(kind=kind), on(3), announced_at) == becomes


def test_the_notice_asked_for_is_the_schedules() -> None:
    strict = a_schedule(cancel_notice=timedelta(hours=48))
    assert code_when_told(Code.CANCELLED_BY_STUDENT, strict, on(3), on(1, 17)) is Code.LATE_CANCELLED


def test_a_session_ahead_takes_only_what_is_told_ahead() -> None:
    assert {
        "cancelled_by_student",
        "late_cancelled",
        "excused_absence",
        "cancelled_by_instructor",
        "cancelled_by_operator",
    } == BEFORE_START


@pytest.mark.parametrize(("hours", "backfill"), [(72, False), (72.1, True)])
def test_an_outcome_more_than_72_hours_old_is_a_backfill(hours: float, backfill: bool) -> None:
    outcome = an_outcome("no_show", on(0), received_at=on(0, 17) + timedelta(hours=hours))
    assert outcome.is_backfill is backfill


def test_a_missed_session_with_a_make_up_is_no_miss() -> None:
    mended = an_outcome("no_show", on(0), made_up=True)
    assert not mended.is_miss
    assert not mended.is_unannounced


# --- what the family hears --------------------------------------------------------------------------------------------


def test_a_no_show_is_told_to_the_first_guardian_by_sms_and_email() -> None:
    books = Books()
    books.records("no_show", on(0))
    assert books.letters("absence_notice") == [("mother", "email"), ("mother", "sms")]
    sms = next(m for m in books.facts.messages if m.channel == "sms")
    assert sms.due_at == on(0, 17, 3), "siblings are waited for"
    assert sms.expires_at == on(0, 17) + timedelta(hours=18)


@pytest.mark.parametrize("code", ["attended", "late", "left_early", "partial"])
def test_presence_is_told_to_nobody(code: str) -> None:
    books = Books()
    books.records(code, on(0))
    assert books.facts.messages == ()


def test_a_cancellation_is_confirmed_with_its_charge_when_it_is_told() -> None:
    books = Books()
    books.records("late_cancelled", on(3), told=on(2, 20))
    (letter,) = books.facts.messages
    assert (letter.purpose, letter.channel, letter.due_at) == ("cancellation_confirmation", "email", on(2, 20))
    assert letter.numbers == {"code": "late_cancelled", "units": 1}
    assert books.facts.enrollments[0].balance == 17


def test_a_session_called_off_ahead_is_told_and_is_useless_after_its_start() -> None:
    books = Books()
    books.records("cancelled_by_instructor", on(3), told=on(2, 20))
    assert books.letters("called_off") == [("mother", "email"), ("mother", "sms")]
    assert {m.expires_at for m in books.facts.messages} == {on(3)}


def test_an_instructor_who_did_not_come_is_too_late_to_tell() -> None:
    books = Books()
    books.records("instructor_no_show", on(0))
    assert books.facts.messages == ()
    assert "too_late_to_tell" in books.rules()


def test_without_a_guardian_somebody_is_asked_to_fix_the_contact_data() -> None:
    books = Books(Books().facts.model_copy(update={"guardians": ()}))
    books.records("no_show", on(0))
    assert books.facts.messages == ()
    assert books.open_kinds() == ["fix_contact"]


def test_an_unknown_outcome_changes_nothing() -> None:
    books = Books()
    decision = books.happens(OutcomeRecorded(outcome_id="nobody's"))
    assert decision.effects == ()
    assert books.rules() == ["outcome_unknown"]
