"""How a text travels as SMS: in which letters, and in how many segments, each of which is paid for.

The alphabet is GSM 03.38 (3GPP TS 23.038) with its extension table, whose letters take the place of two. One letter
outside of it makes the whole text UCS-2, where a segment holds less than half. In a text of several segments each gives
up some room to say where it belongs, and what takes two places is not torn apart.
"""

from __future__ import annotations

from typing import Literal

from domain.value import Value

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_ROOM = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Places in a text of one segment, and in each segment of a longer one."""
_LAST_OF_ONE_UNIT = "\uffff"
"""A letter beyond it takes two UCS-2 units."""


class Measured(Value):
    """The encoding of a text, and how many segments it takes; an empty one takes none."""

    encoding: Literal["GSM-7", "UCS-2"]
    segments: int


def measured(text: str) -> Measured:
    """How this text travels."""
    if set(text) <= _BASIC | _EXTENSION:
        return Measured(encoding="GSM-7", segments=_segments([1 + (c in _EXTENSION) for c in text], *_ROOM["GSM-7"]))
    return Measured(encoding="UCS-2", segments=_segments([1 + (c > _LAST_OF_ONE_UNIT) for c in text], *_ROOM["UCS-2"]))


def _segments(places: list[int], alone: int, each: int) -> int:
    if sum(places) <= alone:
        return min(len(places), 1)
    segments, used = 1, 0
    for taken in places:
        if used + taken > each:
            segments, used = segments + 1, 0
        used += taken
    return segments
