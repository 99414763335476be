"""The students the demo tells nothing about: they fill the calendar, attend about 92 %, give the team its routine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from cli.demo.cast import CAST
from cli.demo.parts import CHICAGO, NEW_YORK, WEEKS, Parent, Part

FIRST = (
    "Adam", "Bella", "Chidi", "Dana", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mila",
    "Nils", "Olga", "Pablo", "Quinn", "Rosa", "Samir", "Tara", "Umar", "Vera", "Wen", "Xenia", "Yara",
)  # fmt: skip
LAST = (
    "Abbott", "Brooks", "Castillo", "Dahl", "Egan", "Flores", "Gupta", "Holm", "Ito", "Jensen", "Kaya", "Lopez",
    "Meyer", "Nash", "Okafor", "Park", "Quist", "Rossi", "Silva", "Tran", "Ueda", "Vidal", "Wong", "Young", "Zeller",
)  # fmt: skip
PARENTS = ("Ada", "Boris", "Celia", "David", "Edith", "Felix", "Gina", "Henry", "Irene", "Jack", "Kate", "Luis")
GROUPS = (
    ("chess", "Chess", "ken", "alice", ("Tue 17:00", "Fri 17:00")),
    ("writing", "Creative writing", "julia", "bob", ("Tue 18:00", "Thu 18:00")),
    ("robots", "Robotics", "ivan", "carol", ("Wed 18:00", "Fri 16:00")),
)
GROUP_SIZE = 4
SUBJECTS = ("Maths", "Physics", "English", "Spanish", "Biology", "Geography")
INSTRUCTORS = ("ivan", "julia", "ken", "mei", "ruth")
COORDINATORS = ("alice", "bob", "carol")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
CLOCKS = ("16:00", "17:00", "18:00")
PACKAGES = (4, 8, 10, 12, 20)
OUTCOMES = (
    ("attended", 84), ("late", 6), ("left_early", 2), ("no_show", 3), ("cancelled_by_student", 4),
    ("technical_failure", 1),
)  # fmt: skip
"""In percent: 92 present."""
MISSES_AT_THE_END = "adam"
"""Whose case is still open when the month is over, for people who look around then."""


@dataclass(frozen=True)
class Extra:
    """A student of the background with what will happen: (week, day and clock; code)."""

    part: Part
    schedule: str
    kind: str
    outcomes: tuple[tuple[str, str], ...]


def background(rng: random.Random) -> Iterator[Extra]:
    """25 students: three groups of four twice a week, the rest one to one; every fourth family is in another zone."""
    groups = [group for group in GROUPS for _ in range(GROUP_SIZE)]
    teaches = {(p.instructor, slot) for p in CAST for slot in p.times} | {(g[2], slot) for g in GROUPS for slot in g[4]}
    for number, (first, last) in enumerate(zip(FIRST, LAST, strict=True)):
        ref = first.lower()
        times: tuple[str, ...]
        if number < len(groups):
            schedule, subject, instructor, coordinator, times = groups[number]
        else:
            schedule, coordinator = ref, COORDINATORS[number % 3]
            subject, instructor = rng.choice(SUBJECTS), rng.choice(INSTRUCTORS)
            instructor, slot = _free(instructor, rng.choice(DAYS), rng.choice(CLOCKS), teaches)
            times = (slot,)
            teaches.add((instructor, slot))
        part = Part(
            ref,
            f"{first} {last}",
            "",
            subject,
            instructor,
            coordinator,
            times,
            (),
            _parents(rng, number, last),
            units=rng.choice(PACKAGES),
        )
        slots = [f"{week} {slot}" for week in range(1, WEEKS + 1) for slot in times]
        codes = rng.choices([code for code, _ in OUTCOMES], [share for _, share in OUTCOMES], k=len(slots))
        if ref == MISSES_AT_THE_END:
            codes[-2:] = ["no_show", "no_show"]
        kind = "one_to_one" if schedule == ref else "group"
        yield Extra(part, schedule, kind, tuple(zip(slots, codes, strict=True)))


def _free(wanted: str, day: str, clock: str, teaches: set[tuple[str, str]]) -> tuple[str, str]:
    """Nobody teaches in two rooms at once: the next instructor and slot, from those wanted on, that are free."""
    first = INSTRUCTORS.index(wanted)
    in_turn = (*INSTRUCTORS[first:], *INSTRUCTORS[:first])
    slots = (f"{day} {at}" for at in (clock, *CLOCKS))
    return next((i, slot) for slot in slots for i in in_turn if (i, slot) not in teaches)


def _parents(rng: random.Random, number: int, last: str) -> tuple[Parent, ...]:
    """One or two guardians. Two students share theirs, and one family has no phone."""
    zone = NEW_YORK if number % 4 == 3 else CHICAGO
    if number in (20, 21):
        return (Parent("Nadia Haddad", zone=CHICAGO),)
    first = Parent(f"{rng.choice(PARENTS)} {last}", zone, has_phone=number != 16)
    second = Parent(f"{rng.choice(('Tom', 'Una', 'Vic', 'Zoe'))} {last}", zone)
    return (first, second) if rng.random() < 0.5 else (first,)
