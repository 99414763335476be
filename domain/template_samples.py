"""Made-up families, to show an operator its words on and to measure them by: a usual one, and one with long names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from domain.outcomes import Code
from domain.plain_words import clean
from domain.sending import ABOUT_ABSENCE, Channel, Message, Purpose
from domain.wording import Names

_STARTS = datetime(2026, 9, 23, 16, tzinfo=UTC)
LONGEST_NAME = 16
"""Letters a name keeps in an SMS that is short of room (`domain.wording`)."""

USUAL = Names(
    student_name="Ana Lopez",
    operator_name="Bright Path",
    zone="Europe/Madrid",
    guardian_name="Maria Lopez",
    subject="Maths",
    instructor_name="Sam Reed",
    starts_at=_STARTS,
    coordinator_name="Alice",
    join_url="https://meet.example/j/98765432101",
    cancel_notice=timedelta(hours=24),
    now=_STARTS - timedelta(days=1),
)
_LONG = "W" * LONGEST_NAME
_WORDY = "Wolfe von und zu Hohenlohe"
SMS_AT_ITS_LONGEST = USUAL.model_copy(
    update={
        **dict.fromkeys(("student_name", "operator_name", "subject", "instructor_name", "coordinator_name"), _LONG),
        "zone": "Asia/Kathmandu",
        "join_url": None,
        "now": None,
    }
)
"""Long names and no link: a link gives way before the words do."""
EMAIL_AT_ITS_LONGEST = SMS_AT_ITS_LONGEST.model_copy(
    update=dict.fromkeys(("operator_name", "subject", "instructor_name", "coordinator_name", "guardian_name"), _WORDY)
)
_NUMBERS = {"missed": 3, "last": 8, "step": 0, "units": 1}
_CODES = {
    Purpose.CALLED_OFF: Code.CANCELLED_BY_INSTRUCTOR,
    Purpose.CANCELLATION_CONFIRMATION: Code.LATE_CANCELLED,
    Purpose.ALL_CLEAR: Code.ATTENDED,
}


def sample(purpose: Purpose, channel: Channel, numbers: dict[str, int | str | None] | None = None) -> Message:
    """A message of this purpose to nobody; usual numbers stand in for those it is not given."""
    usual = _NUMBERS | {"code": _CODES.get(purpose, Code.NO_SHOW).value}
    return Message(
        id="sample",
        key=f"sample:{channel}",
        purpose=purpose,
        channel=channel,
        recipient_id="sample",
        due_at=_STARTS,
        expires_at=_STARTS,
        created_at=_STARTS,
        numbers=usual | (numbers or {}),
        offers_replies=purpose in ABOUT_ABSENCE,
    )


def every_kind(purpose: Purpose, channel: Channel) -> Iterator[Message]:
    """Samples with every outcome and each step of the ladder, and many units."""
    if purpose in _CODES:
        yield from (sample(purpose, channel, {"code": code.value, "units": 10}) for code in Code)
    else:
        yield from (sample(purpose, channel, {"step": step, "missed": 10, "last": 20}) for step in range(3))


def masked(names: Names) -> Names:
    """The same with a child's and a guardian's names as their first letter, and no way into their session."""

    def letter(name: str | None) -> str | None:
        return f"{clean(name)[:1]}..." if name else None

    hidden = {"student_name": letter(names.student_name), "guardian_name": letter(names.guardian_name)}
    return names.model_copy(update=hidden | {"join_url": USUAL.join_url if names.join_url else None})
