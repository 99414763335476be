"""A session is decided once, from all the evidence there is; what cannot be told stays open."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.attendance import Thresholds
from domain.evidence import Evidence, EvidenceKind
from domain.outcomes import Code
from domain.settling import Room, Verdict, judge
from tests.builders import on

STARTS, ENDS = on(0, 17), on(0, 18)
SAM, MIA = "sam", "mia"


def minute(n: float) -> datetime:
    """An instant so many minutes after the start."""
    return STARTS + timedelta(minutes=n)


def seen(who: str, *stays: tuple[float, float | None]) -> list[Evidence]:
    """Joins and leaves, in minutes; None is a leave that never came. "ivan" is staff, "guest" is nobody we know."""
    field = {"ivan": "staff_id", "guest": "participant_id"}.get(who, "student_id")
    found = []
    for joined, left in stays:
        for kind, at in ((EvidenceKind.JOINED, joined), (EvidenceKind.LEFT, left)):
            if at is not None:
                key = f"{who}{kind}{at}"
                found.append(Evidence(id=key, kind=kind, at=minute(at), received_at=minute(at), **{field: who}))
    return found


def mark(who: str, code: Code, at: float = 62) -> Evidence:
    """What the instructor marked."""
    named = {"student_id": who, "code": code, "by": "ivan"}
    return Evidence(id=f"mark{who}{at}", kind=EvidenceKind.MARK, at=minute(at), received_at=minute(at), **named)


def judged(*evidence: Evidence, students: tuple[str, ...] = (SAM, MIA)) -> dict[str, Verdict]:
    """The verdict on each student."""
    room = Room(STARTS, ENDS, evidence, Thresholds())
    return {v.student_id: v for v in judge(room, students)}


def codes(*evidence: Evidence) -> tuple[Code | None, Code | None]:
    """Sam's and Mia's codes."""
    found = judged(*evidence)
    return found[SAM].code, found[MIA].code


WHOLE = (0, 60)
TAUGHT = seen("ivan", WHOLE)


@pytest.mark.parametrize(
    ("stays", "code"),
    [
        ((WHOLE,), Code.ATTENDED),
        (((-5, 70),), Code.ATTENDED),
        (((5, 60),), Code.ATTENDED),
        (((5.1, 60),), Code.LATE),
        (((0, 50),), Code.ATTENDED),
        (((0, 49.9),), Code.LEFT_EARLY),
        (((0, 20), (40, 60)), Code.ATTENDED),
        (((0, 35.9),), Code.PARTIAL),
        (((24, 60),), Code.LATE),
        (((10, 16),), Code.PARTIAL),
        (((10, 15.9),), Code.NO_SHOW),
        (((0, 0.5),), Code.NO_SHOW),
        (((-30, -1),), Code.NO_SHOW),
        (((61, 90),), Code.NO_SHOW),
        ((), Code.NO_SHOW),
        (((0, None),), Code.ATTENDED),
    ],
)
def test_minutes_make_the_outcome(stays: tuple[tuple[float, float | None], ...], code: Code) -> None:
    assert judged(*TAUGHT, *seen(SAM, *stays))[SAM].code is code


def test_an_instructor_who_never_came_costs_nobody_anything() -> None:
    assert codes(*seen(SAM, WHOLE)) == (Code.INSTRUCTOR_NO_SHOW, Code.INSTRUCTOR_NO_SHOW)


def test_an_instructor_who_left_after_twenty_minutes_did_not_deliver() -> None:
    assert codes(*seen("ivan", (0, 20)), *seen(SAM, (0, 60))) == (Code.INSTRUCTOR_NO_SHOW,) * 2


def test_an_instructor_who_waited_for_nobody_did_his_part() -> None:
    assert codes(*seen("ivan", (2, 13))) == (Code.NO_SHOW, Code.NO_SHOW)
    assert codes(*seen("ivan", (2, 11))) == (Code.INSTRUCTOR_NO_SHOW,) * 2


def test_a_student_who_came_after_the_instructor_had_waited_is_measured() -> None:
    assert codes(*seen("ivan", (0, 16)), *seen(SAM, (20, 50))) == (Code.PARTIAL, Code.NO_SHOW)


def test_nothing_seen_is_never_a_no_show() -> None:
    found = judged()
    assert {v.code for v in found.values()} == {None}
    assert {v.because.rule for v in found.values()} == {"nothing_seen"}


def test_somebody_unmatched_may_be_the_student_who_is_missing() -> None:
    assert codes(*TAUGHT, *seen(SAM, WHOLE), *seen("guest", (3, 58))) == (Code.ATTENDED, None)
    assert codes(*TAUGHT, *seen(SAM, WHOLE), *seen("guest", (3, 5))) == (Code.ATTENDED, Code.NO_SHOW)


def test_somebody_unmatched_whose_line_drops_again_and_again_is_one_person() -> None:
    drops = [
        e.model_copy(update={"connection": str(n), "id": f"{e.id}{n}"})
        for n in range(12)
        for e in seen("guest", (n * 5, n * 5 + 4))
    ]
    assert codes(*TAUGHT, *seen(SAM, WHOLE), *drops) == (Code.ATTENDED, None)


def test_somebody_unmatched_may_be_the_instructor() -> None:
    found = judged(*seen(SAM, WHOLE), *seen("guest", WHOLE))
    assert found[SAM].code is None
    assert found[SAM].because.rule == "stranger_may_be_instructor"


def test_a_mark_is_the_instructors_word_and_the_newest_counts() -> None:
    sheet = [mark(SAM, Code.NO_SHOW, 61), mark(SAM, Code.ATTENDED, 63)]
    assert codes(*sheet) == (Code.ATTENDED, None)
    assert codes(*TAUGHT, *seen(SAM, WHOLE), mark(SAM, Code.PARTIAL)) == (Code.PARTIAL, Code.NO_SHOW)


def test_who_marks_was_there_himself() -> None:
    assert codes(*seen(SAM, WHOLE), mark(MIA, Code.NO_SHOW)) == (Code.ATTENDED, Code.NO_SHOW)


def test_engagement_and_comprehension_are_kept_beside_the_outcome() -> None:
    def said(kind: EvidenceKind, value: float, at: float) -> Evidence:
        named = {"student_id": SAM, "value": value}
        return Evidence(id=f"{kind}{at}", kind=kind, at=minute(at), received_at=minute(at), **named)

    scores = [said(EvidenceKind.ENGAGEMENT, v, t) for v, t in ((0.9, 20), (0.4, 50))]
    found = judged(*TAUGHT, *seen(SAM, WHOLE), *scores, said(EvidenceKind.COMPREHENSION, 0.7, 55))[SAM]
    assert (found.code, found.engagement, found.comprehension) == (Code.ATTENDED, 0.4, 0.7)
