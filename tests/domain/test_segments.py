"""How texts travel: by the numbers of GSM 03.38 and the joined SMS."""

from __future__ import annotations

import pytest

from domain.segments import Measured, measured


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("", "GSM-7", 0),
        ("a", "GSM-7", 1),
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("¿Qué? ¡Mañana à Ünit Ñ £5\r\n", "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 159 + "€", "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 3),
        ("^{}[]~|\\" * 10, "GSM-7", 1),
        ("í", "UCS-2", 1),
        ("í" * 70, "UCS-2", 1),
        ("í" * 71, "UCS-2", 2),
        ("í" * 134, "UCS-2", 2),
        ("í" * 135, "UCS-2", 3),
        ("a" * 100 + "’", "UCS-2", 2),
        ("`", "UCS-2", 1),
        ("ç", "UCS-2", 1),
        ("😀" * 35, "UCS-2", 1),
        ("😀" * 36, "UCS-2", 2),
        ("a" * 66 + "😀" + "a" * 66, "UCS-2", 3),
    ],
)
def test_a_text_is_measured(text: str, encoding: str, segments: int) -> None:
    assert measured(text) == Measured.model_validate({"encoding": encoding, "segments": segments})
