"""Joins and leaves become stays, whatever was lost, doubled or out of order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.attendance import Segment, measure
from domain.evidence import Evidence, EvidenceKind, segments
from tests.domain.test_attendance import ENDS, STARTS, minute, stays

KINDS = {"J": EvidenceKind.JOINED, "L": EvidenceKind.LEFT, "O": EvidenceKind.ROOM_OPENED, "C": EvidenceKind.ROOM_CLOSED}


def event(drawn: str) -> Evidence:
    """An event as it is drawn: "J5" a join at minute 5, "L7b" a leave of connection b, "C", "O" closing and opening."""
    connection = drawn[-1] if drawn[-1].isalpha() else None
    kind, at = KINDS[drawn[0]], minute(float(drawn[1:].rstrip("ab")))
    who = {} if drawn[0] in "OC" else {"participant_id": "sam", "connection": connection}
    return Evidence(id=drawn, kind=kind, at=at, received_at=at, **who)


def seen(drawn: str) -> tuple[Segment, ...]:
    """The stays of everything Sam has with him."""
    events = [event(d) for d in drawn.split()]
    devices = sorted({e.device for e in events if e.device})
    return tuple(sorted((s for d in devices for s in segments(events, d, STARTS, ENDS)), key=lambda s: s.joined_at))


@pytest.mark.parametrize(
    ("drawn", "spans"),
    [
        pytest.param("J0 L60", [(0, 60)], id="came and went"),
        pytest.param("J-10 L70", [(-10, 70)], id="came early, stayed on"),
        pytest.param("J0 L10 J15 L60", [(0, 10), (15, 60)], id="rejoined"),
        pytest.param("J0 L10 J10 L60", [(0, 60)], id="rejoined within the second"),
        pytest.param("J0 J10 L60", [(0, 60)], id="a leave was lost before a rejoin"),
        pytest.param("J5", [(5, 60)], id="the leave was lost"),
        pytest.param("L40", [(0, 40)], id="the join was lost"),
        pytest.param("O3 L40", [(3, 40)], id="the join was lost in a room that opened late"),
        pytest.param("L-5 J20 L60", [(20, 60)], id="left before the start"),
        pytest.param("J20 L20", [], id="a glance"),
        pytest.param("J20 L20 L40", [(20, 40)], id="a glance, and a join that was lost"),
        pytest.param("J0 L30 L31", [(0, 30)], id="left twice"),
        pytest.param("J0 C30", [(0, 30)], id="the room closed"),
        pytest.param("J0 C30 O32 J33 L60", [(0, 30), (33, 60)], id="the room closed and opened again"),
        pytest.param("J0 C30 O32 L60", [(0, 30), (32, 60)], id="the rejoin after it was lost"),
        pytest.param("J0 L30 C30 L32", [(0, 30), (30, 32)], id="the room closed with him in it"),
        pytest.param("J0 C30 J30 L60", [(0, 30), (30, 60)], id="the room closed for a second"),
        pytest.param("C30", [], id="never there"),
        pytest.param("J0a J5b L10a L60b", [(0, 10), (5, 60)], id="two devices"),
        pytest.param("J0a L60a L60b", [(0, 60), (0, 60)], id="two devices, one join lost"),
        pytest.param("J0a L10a L60b", [(0, 10), (10, 60)], id="a rejoin that was lost counts from the last leave"),
        pytest.param("J0a J10b L12a L60b", [(0, 12), (10, 60)], id="the old connection timed out after the rejoin"),
        pytest.param("J0a J5b C20", [(0, 20), (5, 20)], id="the room closed on both"),
    ],
)
def test_events_become_stays(drawn: str, spans: list[tuple[float, float]]) -> None:
    assert seen(drawn) == tuple(stays(*spans))


def test_two_devices_at_once_count_once() -> None:
    assert measure(seen("J0a J5b L10a L60b"), STARTS, ENDS).minutes == 60


def test_two_people_are_never_one() -> None:
    events = [event("J0"), event("L60").model_copy(update={"participant_id": "mia"})]
    assert segments(events, "sam", STARTS, ENDS) == tuple(stays((0, 60)))
    assert segments(events, "mia", STARTS, ENDS) == tuple(stays((0, 60)))  # her join was lost


EVENTS = st.builds(
    lambda kind, at, device: event(f"{kind}{at}{device if kind in 'JL' else ''}"),
    st.sampled_from("JJLLOC"),
    st.integers(-10, 70),
    st.sampled_from(["", "a", "b"]),
)


@given(st.lists(EVENTS, max_size=12).flatmap(lambda e: st.tuples(st.just(e), st.permutations(e + e[: len(e) // 2]))))
def test_neither_order_nor_repetition_matters(told: tuple[list[Evidence], list[Evidence]]) -> None:
    once, shuffled = told
    for device in {e.device for e in once if e.device}:
        found = segments(once, device, STARTS, ENDS)
        assert found == segments(shuffled, device, STARTS, ENDS)
        assert all(s.joined_at < s.left_at for s in found)
        assert all(a.left_at <= b.joined_at for a, b in pairwise(found))
