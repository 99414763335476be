"""Drafts by a language model, over any OpenAI-compatible API or Anthropic's. Only imported when one is set.

It is given a fact sheet without names and gives back typed words, which are checked. It never sends, is bounded in time
and tokens, and whatever goes wrong is a DraftingFailed with a code of `domain.drafting_reasons`: the template is next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from pydantic import BaseModel, ConfigDict
from pydantic_ai import Agent, UsageLimits
from pydantic_ai.exceptions import (
    ModelAuthenticationError,
    ModelConnectionError,
    ModelHTTPError,
    ModelRateLimitError,
    ModelRequestTimeout,
    ModelTimeoutError,
    OutputTokenLimitExceeded,
    UsageLimitExceeded,
    UserError,
)
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RunUsage

from domain.drafted_words import fault_in
from domain.drafting_reasons import FAULTS, in_words
from domain.drafts import Drafted, DrafterName, FactSheet
from domain.plain_words import PLAIN
from domain.sending import Channel
from domain.templates import Template
from messaging.drafting import DraftingFailed
from messaging.drafting_prompt import has_personal_data, instructions, question

log = logging.getLogger("bellwether.drafting")

OPENAI_URL, ANTHROPIC_URL = "https://api.openai.com/v1", "https://api.anthropic.com"
"""Said here, as the makers' clients would ask the environment."""
LONGEST_ANSWER = 600
"""Tokens of one answer: an e-mail of 80 words and a text take about 250 as JSON, in Spanish some more."""
SHORTEST_ANSWER = 150
CHARACTERS_PER_TOKEN = 3
"""Less than the four of English prose, so that an estimate is rather too high."""
AROUND_A_QUESTION = 400
"""Tokens that the form of the answer takes in each request, and what the makers put around it."""


class Words(BaseModel):
    """One message, as the model is to give it."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    subject: str = ""
    story: str
    ask: str = ""


class Reply(BaseModel):
    """What the model is to give: one message per channel."""

    model_config = ConfigDict(extra="forbid")

    messages: list[Words]


@dataclass
class _Bill:
    """Tokens that one draft has cost; of a request without an answer, what it may have cost."""

    tokens: int = 0


class LanguageModelDrafter:
    """Words drafts by a language model. Safe to use for several drafts at once."""

    name: DrafterName = "language_model"

    def __init__(
        self,
        model: str,
        *,
        key: str | None,
        url: str | None,
        seconds: float,
        tokens: int,
        tokens_a_day: int,
        spent_today: Callable[[], Awaitable[int]],
    ) -> None:
        """`model` is "openai:<model>" or "anthropic:<model>"; `seconds` and `tokens` bound one draft, both tries of it.

        `spent_today` tells the tokens that the books have of today. Raises ValueError for another maker.
        """
        self._maker, _, self._model = model.partition(":")
        if self._maker not in ("openai", "anthropic"):
            raise ValueError(f"{model} is neither openai:<model> nor anthropic:<model>")
        self._key, self._url = key or "none", url
        self._seconds, self._tokens, self._tokens_a_day = seconds, tokens, tokens_a_day
        self._spent_today, self._under_way = spent_today, 0
        self._day, self._spent = datetime.now(UTC).date(), 0

    async def draft(self, sheet: FactSheet) -> Drafted:
        """Words for every channel of the sheet. Raises DraftingFailed with a code of `domain.drafting_reasons`."""
        if has_personal_data(question(sheet)):
            raise DraftingFailed("personal_data")
        spent = max(await self._spent_today(), self._spent_here())
        if spent + (self._under_way + 1) * self._tokens > self._tokens_a_day:
            raise DraftingFailed("daily_limit")
        bill = _Bill()
        self._under_way += 1
        try:
            async with asyncio.timeout(self._seconds):
                words = await self._worded(sheet, bill)
        except Exception as trouble:
            reason = _reason(trouble)
            if reason == "unexpected":
                # Only what it is: its text may hold what the model said.
                log.warning("a draft failed by %s", type(trouble).__name__)
            raise DraftingFailed(reason, bill.tokens) from trouble
        finally:
            self._under_way -= 1
            self._spent = self._spent_here() + bill.tokens
        return Drafted(words=words, drafter=self.name, tokens=bill.tokens)

    def _spent_here(self) -> int:
        """Tokens of today (UTC) that went through here: words that were never written down have cost something too."""
        today = datetime.now(UTC).date()
        if today != self._day:
            self._day, self._spent = today, 0
        return self._spent

    async def _worded(self, sheet: FactSheet, bill: _Bill) -> dict[Channel, Template]:
        """Ask, check, and where the answer cannot be used and tokens are left for it, ask once more."""
        asked = question(sheet)
        async with self._open() as model:
            try:
                return await self._answer(model, sheet, asked, bill)
            except DraftingFailed as first:
                if first.reason not in (*FAULTS, "unreadable") or not self._room_for(sheet, asked, bill):
                    raise
                again = f"{asked}\nAn earlier answer was refused: {in_words(first.reason)}"
                return await self._answer(model, sheet, again, bill)

    async def _answer(self, model: Model, sheet: FactSheet, asked: str, bill: _Bill) -> dict[Channel, Template]:
        room, before, usage = self._room_for(sheet, asked, bill), bill.tokens, RunUsage()
        if not room:
            raise DraftingFailed("too_many_tokens")
        agent = Agent(model, output_type=Reply, instructions=instructions(sheet.language), retries=0, name="drafter")
        bill.tokens = before + _estimate(sheet, asked) + room
        try:
            result = await agent.run(
                asked,
                usage=usage,
                usage_limits=UsageLimits(request_limit=1, total_tokens_limit=self._tokens - before),
                model_settings=ModelSettings(temperature=0, max_tokens=room, thinking=False, max_retries=0),
            )
        except Exception as trouble:
            if isinstance(trouble, (ModelHTTPError, ModelConnectionError)):
                # No answer, no charge.
                bill.tokens = before
            elif usage.total_tokens:
                bill.tokens = before + usage.total_tokens
            # The clients stumble in many ways over an answer of another shape; nothing else of ours runs in there.
            raise DraftingFailed(_reason(trouble, otherwise="unreadable")) from trouble
        if usage.total_tokens:
            bill.tokens = before + usage.total_tokens
        return _checked(sheet, result.output.messages)

    def _room_for(self, sheet: FactSheet, asked: str, bill: _Bill) -> int:
        """Tokens that the answer to a further request may take; 0 when they would be too few."""
        room = min(LONGEST_ANSWER, self._tokens - bill.tokens - _estimate(sheet, asked))
        return room if room >= SHORTEST_ANSWER else 0

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[Model]:
        """The model, with a client of its own for one draft."""
        if self._maker == "anthropic":
            async with AsyncAnthropic(api_key=self._key, base_url=self._url or ANTHROPIC_URL) as client:
                yield AnthropicModel(self._model, provider=AnthropicProvider(anthropic_client=client))
            return
        async with AsyncOpenAI(api_key=self._key, base_url=self._url or OPENAI_URL) as client:
            provider = OpenAICompatibleProvider("own", openai_client=client) if self._url else None
            yield OpenAIChatModel(self._model, provider=provider or OpenAIProvider(openai_client=client))


def _checked(sheet: FactSheet, messages: Sequence[Words]) -> dict[Channel, Template]:
    words = {m.channel: Template(subject=_plain(m.subject), story=_plain(m.story), ask=_plain(m.ask)) for m in messages}
    fault = "channel_missing" if len(words) != len(messages) else fault_in(sheet, words)
    if fault:
        raise DraftingFailed(fault)
    return words


def _plain(text: str) -> str:
    """Without typographic signs, which models love and texts pay for."""
    return text.translate(PLAIN).strip()


def _estimate(sheet: FactSheet, asked: str) -> int:
    """Tokens of a request, rather too many than too few."""
    return (len(instructions(sheet.language)) + len(asked)) // CHARACTERS_PER_TOKEN + AROUND_A_QUESTION


_REASONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    ((TimeoutError, ModelRequestTimeout, ModelTimeoutError), "timeout"),
    (ModelRateLimitError, "too_many_requests"),
    (ModelAuthenticationError, "not_authorized"),
    (ModelConnectionError, "not_connected"),
    ((UsageLimitExceeded, OutputTokenLimitExceeded), "too_many_tokens"),
    (UserError, "refused"),
)


def _reason(trouble: Exception, otherwise: str = "unexpected") -> str:
    if isinstance(trouble, DraftingFailed):
        return trouble.reason
    if isinstance(trouble, ModelHTTPError) and trouble.status_code >= 500:
        return "provider_error"
    known = next((reason for kinds, reason in _REASONS if isinstance(trouble, kinds)), None)
    return known or ("refused" if isinstance(trouble, ModelHTTPError) else otherwise)
