"""What a form brings: read into the same models the HTTP API takes, its mistakes said beside the fields."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from domain.refusals import Refusal

M = TypeVar("M", bound=BaseModel)
_PLAIN = {
    "missing": "This is needed.",
    "string_too_short": "This is needed.",
    "string_too_long": "This is too long.",
    "int_parsing": "Write a whole number.",
    "date_from_datetime_parsing": "Write a date, such as 2026-03-04.",
    "datetime_from_date_parsing": "Write a date and a time.",
    "literal_error": "Choose one of the list.",
    "enum": "Choose one of the list.",
}
"""Mistakes in plain words, by pydantic's names of them; others are told in the model's own sentence."""


def _of_nothing() -> defaultdict[str, str]:
    return defaultdict(str)


@dataclass
class Filled:
    """A form as it was filled in: values and mistakes by field, empty for fields without. "" is the whole form."""

    values: defaultdict[str, str] = field(default_factory=_of_nothing)
    errors: defaultdict[str, str] = field(default_factory=_of_nothing)

    @classmethod
    def with_values(cls, values: Mapping[str, object]) -> Filled:
        """A form that shows what stands in the books; None is an empty field."""
        return cls(defaultdict(str, {k: str(v) for k, v in values.items() if v is not None}))

    def refused(self, why: Refusal, name: str = "") -> Filled:
        """The same form with the refusal's sentence, beside a field or above all."""
        self.errors[name] = why.detail
        return self


async def sent(request: Request) -> Filled:
    """What was sent, as text; of a field sent several times the last value, files left out."""
    form = await request.form()
    return Filled(defaultdict(str, {k: v.strip() for k, v in form.multi_items() if isinstance(v, str)}))


def read(kind: type[M], filled: Filled) -> M | None:
    """The model made of the form's fields, or None with the mistakes noted in `filled`.

    Empty fields count as not given, and so does a field the model does not know.
    """
    given = {k: v for k, v in filled.values.items() if v and k in kind.model_fields}
    try:
        return kind.model_validate(given)
    except ValidationError as problem:
        for mistake in problem.errors():
            where = str(mistake["loc"][0]) if mistake["loc"] else ""
            said = _PLAIN.get(mistake["type"], mistake["msg"].removeprefix("Value error, "))
            filled.errors[where] = filled.errors[where] or said
        return None
