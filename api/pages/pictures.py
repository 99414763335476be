"""The small pictures, made here: no script, no library. Each says in its label what it shows, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup, escape

from domain.outcomes import Code

MARKS: dict[str, str] = {
    Code.ATTENDED: "p",
    Code.LATE: "l",
    Code.LEFT_EARLY: "l",
    Code.PARTIAL: "l",
    Code.NO_SHOW: "a",
    Code.LATE_CANCELLED: "c",
    Code.EXCUSED_ABSENCE: "e",
    Code.CANCELLED_BY_STUDENT: "e",
}
"""How a lesson is drawn: there, half there, missed, cancelled late, excused. What took no place leaves no mark."""
_WORDS = {"p": "attended", "l": "late or in part", "a": "missed", "c": "cancelled late", "e": "excused"}
STEP, WIDE, TALL = 7, 5, 24


def strip(
    codes: Sequence[str],
    whose: str | None = None,
    *,
    step: int = STEP,
    tall: int = TALL,
    words: dict[str, str] = _WORDS,
) -> Markup:
    """The attendance strip: a bar up for there, half a bar for late, down for missed, a ring for excused.

    `codes` are outcomes from the oldest to the newest. Without `whose` it is decoration (`aria-hidden`), as in a key.
    """
    marks = [MARKS[c] for c in codes if c in MARKS]
    width = max(len(marks) * step + 1, step + 1)
    base = tall / 2 + 0.5
    shapes = "".join(_bar(m, i * step + 1, step, tall) for i, m in enumerate(marks))
    seen = 'aria-hidden="true"' if whose is None else f'role="img" aria-label="{escape(_label(marks, whose, words))}"'
    return Markup(
        f'<svg class="strip" {seen} width="{width}" height="{tall}" viewBox="0 0 {width} {tall}">'
        f'<path class="base" d="M0 {base:g}H{width}"/>{shapes}</svg>'
    )


def _label(marks: Sequence[str], whose: str, words: dict[str, str]) -> str:
    if not marks:
        return f"{whose}: no lessons yet"
    counted = Counter(marks)
    last = f"last {len(marks)} lessons" if len(marks) > 1 else "one lesson"
    return f"{whose}, {last}: " + ", ".join(f"{counted[m]} {w}" for m, w in words.items() if counted[m])


def _bar(mark: str, x: int, step: int, tall: int) -> str:
    half, wide = tall / 2, step - 2
    match mark:
        case "p":
            return f'<rect class="p" x="{x}" y="1" width="{wide}" height="{half - 1:g}" rx="1"/>'
        case "l":
            return f'<rect class="l" x="{x}" y="{half / 2 + 0.5:g}" width="{wide}" height="{half / 2 - 0.5:g}" rx="1"/>'
        case "a":
            return f'<rect class="a" x="{x}" y="{half + 1:g}" width="{wide}" height="{half - 2:g}" rx="1"/>'
        case "c":
            size = f'width="{wide - 1.2:g}" height="{half - 3.2:g}"'
            return f'<rect class="c" x="{x + 0.6:g}" y="{half + 1.6:g}" {size} rx="1"/>'
        case _:
            return f'<circle class="e" cx="{x + wide / 2:g}" cy="{half + 0.5:g}" r="2.25"/>'


def strip_key() -> Markup:
    """How to read the strip."""
    shown = ((Code.ATTENDED, "there"), (Code.LATE, "late"), (Code.NO_SHOW, "missed"), (Code.EXCUSED_ABSENCE, "excused"))
    items = Markup("").join(Markup("<li>{}{}</li>").format(strip([code], tall=16), words) for code, words in shown)
    return Markup('<ul class="key" aria-label="How to read the strip">{}</ul>').format(items)


def spark(values: Sequence[float | None], edge: float | None, label: str) -> Markup:
    """Shares between 0 and 1 over some weeks as a line, the last point marked; `edge` is drawn as a dashed line.

    A week without a value leaves no point. `label` says in words what is seen: "Attendance over 8 weeks: ...".
    """
    wide, tall = 112, 32
    step = (wide - 8) / max(len(values) - 1, 1)
    points = [(2 + i * step, 3 + (1 - v) * (tall - 8)) for i, v in enumerate(values) if v is not None]
    line = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f'<path class="edge" d="M0 {3 + (1 - edge) * (tall - 8):.1f}H{wide}"/>' if edge is not None else ""
    drawn = f'<path d="M{line}"/><circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="2.75"/>' if points else ""
    return Markup(
        f'<svg class="spark" role="img" aria-label="{escape(label)}" width="{wide}" height="{tall}" '
        f'viewBox="0 0 {wide} {tall}">{dashed}{drawn}</svg>'
    )


def segments(parts: int, most: int, filled: float = 1) -> Markup:
    """Of how many text parts a message is made: `parts` of `most`, the last one filled up to `filled`."""
    kinds = ["f"] * (parts - 1) + (["h" if filled < 0.75 else "f"] if parts else []) + [""] * max(most - parts, 0)
    boxes = "".join(f'<i class="{k}"></i>' if k else "<i></i>" for k in kinds)
    return Markup(f'<span class="segs" role="img" aria-label="{parts} of {most} text parts">{boxes}</span>')


def initials(name: str) -> str:
    """Two letters that stand for a person: "Alice Whitcombe" is "AW"."""
    words = name.split()
    return "".join(w[0] for w in (words[:1] + words[-1:] if len(words) > 1 else words)).upper()
