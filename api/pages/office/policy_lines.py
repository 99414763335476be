"""A policy as a form: its numbers as people write them, read back into the model of the API; and how two differ."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from api.pages.forms import Filled
from api.pages.office.policy_numbers import HANDLINGS, LENGTHS, NUMBERS, Number
from api.policies import STEPS, PolicyIn
from domain.drafts import Difference, differences
from domain.plain_words import lasting
from domain.policy import LadderStep, Policy

NEEDED, NO_NUMBER = "This is needed.", "Write a number."
_HANDLED = dict(HANDLINGS)
_ONE = {"misses": "miss", "passes": "pass", "tries": "try"}
_ROW = ("after", "guardian", "same_day_task", "handling")


@dataclass(frozen=True)
class Change:
    """A number that differs: what it is called, what it was, and what it is."""

    number: Number
    before: str
    after: str

    @property
    def runs(self) -> Sequence[Difference]:
        """Its words, as they were and as they are."""
        return differences(self.before, self.after)


def value_of(policy: Policy, key: str) -> Any:
    """The value of a number."""
    part, _, name = key.rpartition(".")
    return getattr(policy.attendance if part else policy, name)


def said(value: Any, number: Number) -> str:
    """A value in words: "3", "24 hours", "60 %", "leaves by itself"."""
    if value is None:
        return number.when_empty or "none"
    if number.unit == "percent":
        return f"{_plain(value * 100)} %"
    if number.unit == "handling":
        return _HANDLED[value]
    if number.unit == "chases":
        return ", ".join(_long(v) for v in value) or "never"
    if number.unit == "ladder":
        return "; ".join(_step(s) for s in value) or "none"
    return _long(value) if number.unit in LENGTHS else _counted(value, number.unit)


def _counted(value: int, units: str) -> str:
    return f"{value} {_ONE.get(units, units.removesuffix('s')) if value == 1 else units}"


def _long(value: timedelta) -> str:
    seconds = value.total_seconds()
    return lasting(value) if value and seconds % 60 == 0 else f"{_plain(seconds)} seconds"


def _step(step: LadderStep) -> str:
    task = ", follow-up due the same day" if step.same_day_task else ""
    return f"after {_long(step.after)} to contact {step.guardian}, {_HANDLED[step.handling]}{task}"


def changes(before: Policy, after: Policy) -> list[Change]:
    """What differs, in the order of the form."""
    pairs = ((n, value_of(before, n.key), value_of(after, n.key)) for n in NUMBERS.values())
    return [Change(n, said(old, n), said(new, n)) for n, old, new in pairs if old != new]


def as_filled(policy: Policy) -> Filled:
    """The form with the numbers of a policy."""
    values = {n.key: _written(value_of(policy, n.key), n) for n in NUMBERS.values() if n.unit != "ladder"}
    for i, step in enumerate(policy.ladder):
        row = (_written_in(step.after, "hours"), step.guardian, "yes" if step.same_day_task else "", step.handling)
        values |= {f"ladder.{i}.{name}": str(value) for name, value in zip(_ROW, row, strict=True)}
    return Filled.with_values(values)


def rows(filled: Filled) -> Sequence[int]:
    """The rows of the ladder to draw: those that are filled in, and one more while there may be more."""
    used = [i for i in range(STEPS) if filled.values[f"ladder.{i}.after"]]
    return range(min(max(used, default=-1) + 2, STEPS))


def _plain(number: float) -> str:
    return f"{round(number, 4):g}" if abs(number) < 1e6 else f"{number:.0f}"


def _written_in(value: timedelta, unit: str) -> str:
    return _plain(value / LENGTHS[unit])


def _written(value: Any, number: Number) -> str:
    if value is None:
        return ""
    if number.unit == "percent":
        return _plain(value * 100)
    if number.unit == "chases":
        return ", ".join(_written_in(v, "minutes") for v in value)
    return _written_in(value, number.unit) if number.unit in LENGTHS else str(value)


def asked(filled: Filled) -> PolicyIn | None:
    """The policy that the form asks for, or None with the mistakes noted beside their fields."""
    document: dict[str, Any] = {"attendance": {}}
    for number in NUMBERS.values():
        if number.unit == "ladder":
            continue
        part, _, name = number.key.rpartition(".")
        try:
            (document[part] if part else document)[name] = _read(filled.values[number.key], number)
        except ValueError as wrong:
            filled.errors[number.key] = str(wrong)
    used = _ladder(document, filled)
    if filled.errors:
        return None
    try:
        return PolicyIn.model_validate(document)
    except ValidationError as problem:
        for mistake in problem.errors():
            _note(filled, mistake, used)
        return None


def _number(text: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(NO_NUMBER) from None
    if not math.isfinite(value) or abs(value) > 1e7:
        raise ValueError("This is too much.")
    return value


def _read(text: str, number: Number) -> Any:
    """The value a field holds. Raises ValueError with what is wrong with it."""
    if number.unit == "chases":
        return [timedelta(minutes=_number(part)) for part in re.split(r"[,;\s]+", text) if part]
    if not text and number.when_empty is not None:
        return None
    if not text:
        raise ValueError(NEEDED)
    if number.unit == "handling":
        return text
    value = _number(text)
    if number.unit == "percent":
        return round(value / 100, 6)
    if number.unit in LENGTHS:
        return value * LENGTHS[number.unit]
    if value != int(value):
        raise ValueError("Write a whole number.")
    return int(value)


def _ladder(document: dict[str, Any], filled: Filled) -> Sequence[int]:
    """Read the rows of the ladder that say when; returns which they are."""
    used, steps = [], []
    for i in range(STEPS):
        at = f"ladder.{i}"
        after, guardian, task, handling = (filled.values[f"{at}.{name}"] for name in _ROW)
        if not after:
            continue
        try:
            wait, position = _number(after), _number(guardian or "1")
        except ValueError as wrong:
            filled.errors[at] = str(wrong)
            continue
        used.append(i)
        step = {"guardian": int(position), "same_day_task": task == "yes", "handling": handling or "send"}
        steps.append(step | {"after": timedelta(hours=wait)})
    document["ladder"] = steps
    return used


def _note(filled: Filled, mistake: Mapping[str, Any], used: Sequence[int]) -> None:
    """Put a mistake of the model beside its field, in words that speak of fields."""
    place = [str(part) for part in mistake["loc"]]
    words = str(mistake["msg"]).removeprefix("Value error, ")
    if place[:1] == ["ladder"] and len(place) > 1:
        filled.errors[f"ladder.{used[int(place[1])]}"] = _limit(mistake, NUMBERS["ladder"]) or words
        return
    part = "attendance." if place == ["attendance"] else ""
    key = ".".join(place)
    if key not in NUMBERS:
        named = [f"{part}{word}" for word in re.findall(r"\w+", words) if f"{part}{word}" in NUMBERS]
        key = named[0] if named else ""
        for one in named:
            words = words.replace(one.removeprefix(part), f"“{NUMBERS[one].label}”", 1)
        words = f"{words}."
    filled.errors[key] = (_limit(mistake, NUMBERS[key]) if key else None) or words


def _limit(mistake: Mapping[str, Any], number: Number) -> str | None:
    """A limit in words: "At least 2."."""
    given = mistake.get("ctx") or {}
    for name, words in (("ge", "At least {}."), ("le", "At most {}.")):
        if name in given:
            limit = given[name]
            if isinstance(limit, timedelta):
                return words.format(_long(limit) if limit else "0")
            return words.format(f"{_plain(limit * 100)} %" if number.unit == "percent" else limit)
    return "Choose one of the list." if mistake["type"] == "literal_error" else None
