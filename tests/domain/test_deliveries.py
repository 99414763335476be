"""When a webhook is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.deliveries import WAITS, Answered, DeliveryState, after
from tests.builders import on


def test_ten_attempts_span_three_days() -> None:
    assert len(WAITS) == 10
    assert sum(WAITS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_ends_it(status: int) -> None:
    assert after(Answered(status=status), 3, on(0)).state is DeliveryState.DELIVERED


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 302}, {"status": 404}, {"problem": "timeout"}])
def test_everything_else_is_tried_again_after_its_wait(answer: dict[str, object]) -> None:
    for tried, wait in enumerate(WAITS[1:], start=1):
        follows = after(Answered.model_validate(answer), tried, on(0))
        assert (follows.state, follows.due_at) == (DeliveryState.QUEUED, on(0) + wait)
    last = after(Answered.model_validate(answer), len(WAITS), on(0))
    assert (last.state, last.due_at) == (DeliveryState.FAILED, None)
    assert last.reason


def test_a_receiver_that_is_gone_is_not_asked_again() -> None:
    follows = after(Answered(status=410), 1, on(0))
    assert (follows.state, follows.reason) == (DeliveryState.FAILED, "gone")
