"""Where one can go: the tabs of each area of the house, and who enters which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain.tasks import Role

ON_A_PHONE = 5
"""Tabs that fit beside each other at the foot of a phone; of more, the last ones are found under "More"."""


@dataclass(frozen=True)
class Tab:
    """One entry. `counts` names a number of `db.pages_shell.counts` or `db.pages_teaching.counts`; `key` goes there
    after `g`. With a `role` it is there for that role and those above it, and not for all who enter the area."""

    href: str
    icon: str
    words: str
    counts: str | None = None
    key: str | None = None
    is_here: bool = False
    folded: bool = False
    count: int = 0
    role: Role | None = None


@dataclass(frozen=True)
class Area:
    """A part of the house with tabs of its own, for a role and those above it."""

    name: str
    href: str
    words: str
    role: Role
    tabs: tuple[Tab, ...]


DESK = Area(
    "desk",
    "/inbox",
    "desk",
    Role.COORDINATOR,
    (
        Tab("/inbox", "inbox", "Today", "today", "i"),
        Tab("/drafts", "pen", "Drafts", "drafts", "d"),
        Tab("/replies", "reply", "Replies", "replies", "r"),
        Tab("/students", "people", "Students", key="s"),
        Tab("/lessons", "calendar", "Lessons", key="l"),
    ),
)
OFFICE = Area(
    "admin",
    "/admin",
    "admin",
    Role.LEAD,
    (
        Tab("/admin", "pulse", "Health"),
        Tab("/admin/workflows", "bolt", "Automation"),
        Tab("/admin/policies", "sliders", "Policies"),
        Tab("/admin/messages", "mail", "Messages"),
        Tab("/admin/reports", "chart", "Reports"),
        Tab("/admin/templates", "pen", "Templates"),
        Tab("/admin/imports", "up", "Imports", role=Role.ADMIN),
        Tab("/admin/integrations", "key", "Integrations", role=Role.ADMIN),
        Tab("/admin/people", "people", "People", role=Role.ADMIN),
        Tab("/admin/audit", "book", "Audit"),
    ),
)
TEACHING = Area(
    "teach",
    "/teach",
    "lessons",
    Role.INSTRUCTOR,
    (
        Tab("/teach", "calendar", "Lessons", "unrecorded", "l"),
        Tab("/teach/alerts", "alert", "Alerts", "alerts", "a"),
        Tab("/teach/students", "people", "Students", key="s"),
    ),
)
AREAS = (DESK, OFFICE, TEACHING)
_BELOW = {"/inbox": "/tasks/", "/lessons": "/groups"}
"""Pages that lie under a tab though their address does not begin with its own."""
_RANK = tuple(Role)


def _is_for(needed: Role | None, role: Role) -> bool:
    return needed is None or _RANK.index(needed) <= _RANK.index(role)


def _as_seen(area: Area, role: Role) -> Area:
    return replace(area, tabs=tuple(t for t in area.tabs if _is_for(t.role, role)))


_ENTERED = {r: [_as_seen(a, r) for a in (DESK, OFFICE) if _is_for(a.role, r)] for r in Role}


def areas_of(role: Role) -> list[Area]:
    """The areas a role enters. Who teaches has the teaching area alone; nobody else has it."""
    if role is Role.INSTRUCTOR:
        return [TEACHING]
    return _ENTERED[role]


def area_at(path: str, role: Role) -> Area:
    """The area a page lies in; elsewhere the first one of the role."""
    theirs = areas_of(role)
    inside = [a for a in theirs if path == a.href or path.startswith(f"{a.href}/")]
    return inside[0] if inside else theirs[-1 if role is Role.ADMIN and path in ("/more", "/account") else 0]


def tabs_at(path: str, role: Role, counts: Mapping[str, int]) -> Sequence[Tab]:
    """The tabs beside a page, the one it lies under marked, with their counts."""
    area = area_at(path, role)
    under = [t for t in area.tabs if path == t.href or path.startswith(f"{t.href}/")]
    here = max(under, key=lambda t: len(t.href), default=None)
    if here is None and area.name == DESK.name:
        here = next((t for t in area.tabs if path.startswith(_BELOW.get(t.href, "-"))), None)
    most = len(area.tabs) if len(area.tabs) <= ON_A_PHONE else ON_A_PHONE - 1
    return [
        replace(t, is_here=t is here, folded=i >= most, count=counts.get(t.counts or "", 0))
        for i, t in enumerate(area.tabs)
    ]
