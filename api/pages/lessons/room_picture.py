"""Who was in a lesson's room and when, as one track for each person: server-made, and said in words as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from domain.attendance import Presence, Segment
from domain.value import Id

TALL = 12


@dataclass(frozen=True)
class Track:
    """One person in the room. `kind` is student, staff or guest; `is_here` while nothing has ended the last stay."""

    id: Id
    kind: str
    name: str
    presence: Presence
    segments: tuple[Segment, ...]
    is_here: bool
    picture: Markup


def track(
    row_id: Id, kind: str, name: str, presence: Presence, starts_at: datetime, ends_at: datetime, now: datetime
) -> Track:
    """A person's track, from the lesson's start to its end. A stay that nothing has ended is drawn up to now."""
    kept = tuple(
        Segment(joined_at=s.joined_at, left_at=min(s.left_at, now)) for s in presence.segments if s.joined_at <= now
    )
    is_here = bool(presence.segments) and now < ends_at and presence.segments[-1].left_at > now
    picture = _drawn(kept, starts_at, ends_at, now, kind)
    return Track(row_id, kind, name, presence, kept, is_here, picture)


def _drawn(stays: Sequence[Segment], starts_at: datetime, ends_at: datetime, now: datetime, kind: str) -> Markup:
    whole = ends_at - starts_at

    def x(at: datetime) -> float:
        return min(max((at - starts_at) / whole * 1000, 0), 1000)

    bars = "".join(
        f'<rect class="{kind}" x="{x(s.joined_at):.0f}" y="2" width="{max(x(s.left_at) - x(s.joined_at), 3):.0f}" '
        f'height="{TALL - 4}"/>'
        for s in stays
    )
    mark = f'<path class="now" d="M{x(now):.0f} 0V{TALL}"/>' if starts_at <= now < ends_at else ""
    return Markup(
        f'<svg class="track" aria-hidden="true" viewBox="0 0 1000 {TALL}" preserveAspectRatio="none">'
        f'<rect class="held" width="1000" height="{TALL}"/>{bars}{mark}</svg>'
    )
