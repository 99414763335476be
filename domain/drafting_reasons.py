"""Why a draft has the template's words although a language model should have worded it, for the one who reviews."""

from __future__ import annotations

from collections.abc import Mapping

FAULTS: Mapping[str, str] = {
    "channel_missing": "It did not word each channel exactly once.",
    "subject_misplaced": "An e-mail needs a subject, and an SMS has none.",
    "too_long": "It was too long for its channel.",
    "placeholder_unknown": "It had a placeholder that does not exist, or braces that are none.",
    "placeholder_missing": "It left out what the template says, such as the child's name, the date or how to answer.",
    "odd_characters": "It had signs that do not belong in a plain text.",
    "link": "It had a link or an address in it.",
    "phone_number": "It had a phone number in it.",
    "number_invented": "It had a number in it that the facts do not have.",
    "date_invented": "It had a day or a time in it that the facts do not have.",
    "name_invented": "It had a name in it that the facts do not have.",
    "data_asked": "It asked the family for data or money.",
    "claim_forbidden": "It blamed, promised or claimed something that messages must not.",
    "wrong_language": "It was not in the family's language.",
}
"""What was wrong with its words (`domain.drafted_words`), by code."""
NO_WORDS: Mapping[str, str] = {
    "timeout": "It took too long.",
    "not_connected": "It could not be reached.",
    "too_many_requests": "It asked for fewer requests.",
    "not_authorized": "It did not take our key.",
    "refused": "It refused the request: its name or address may be wrong.",
    "provider_error": "It failed on its side.",
    "unreadable": "It answered something that is no draft.",
    "too_many_tokens": "It would have cost more than one draft may.",
    "daily_limit": "What drafts may cost in a day is used up.",
    "personal_data": "The facts had an address, a number or an id in them that must not leave.",
    "unexpected": "It failed in a way we did not foresee.",
}
"""Why it gave no words at all, by code."""


def in_words(code: str) -> str:
    """The sentence of a reason; of one that nobody knows any more, that it gave no draft."""
    return FAULTS.get(code) or NO_WORDS.get(code) or "It gave no draft."
