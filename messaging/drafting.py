"""A drafter words a notice for a person to review. The template's own words are the default and the fallback."""

from __future__ import annotations

from typing import Protocol

from domain.drafts import Drafted, DrafterName, FactSheet


class DraftingFailed(Exception):  # noqa: N818  the fallback is an answer, not a failure of ours
    """A drafter gave no words that may be shown. `reason` is a code that people read beside the template's draft."""

    def __init__(self, reason: str, tokens: int = 0) -> None:
        """`tokens` were spent all the same and count for the day."""
        super().__init__(reason)
        self.reason = reason
        self.tokens = tokens


class Drafter(Protocol):
    """Words for each channel of a fact sheet, with its placeholders where names go."""

    @property
    def name(self) -> DrafterName:
        """Who words it."""
        ...

    async def draft(self, sheet: FactSheet) -> Drafted:
        """Words for every channel in `sheet.like`. Raises DraftingFailed with the reason."""
        ...


class TemplateDrafter:
    """The words of the template as they are: always there, the same each time, and free of charge."""

    name: DrafterName = "template"

    async def draft(self, sheet: FactSheet) -> Drafted:
        """The template's own words for each channel."""
        return Drafted(words=sheet.like)


async def worded(drafter: Drafter, sheet: FactSheet) -> Drafted:
    """The drafter's words, or the template's with the reason why it gave none."""
    try:
        return await drafter.draft(sheet)
    except DraftingFailed as failure:
        return Drafted(words=sheet.like, fell_back=failure.reason, tokens=failure.tokens)
