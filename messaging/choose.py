"""What the settings say: which way each channel leaves, and who words drafts.

Messages leave by a provider when it has credentials, else into the outbox. Drafts are the templates' own words unless a
language model is set.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from messaging.drafting import Drafter, TemplateDrafter
from messaging.outbox import Outbox
from messaging.sender import Channel, Sender
from messaging.sendgrid_email import SendGridEmail
from messaging.twilio_sms import TwilioSms
from settings import Settings


def senders(settings: Settings) -> dict[Channel, Sender]:
    """One sender per channel; the caller closes each.

    Raises ValueError for an address or URL that cannot be used.
    """
    return {"sms": _sms(settings), "email": _email(settings)}


def choose_drafter(settings: Settings, spent_today: Callable[[], Awaitable[int]]) -> Drafter:
    """Who words drafts. `spent_today` tells the tokens that drafts have cost since midnight (UTC)."""
    if settings.language_model is None:
        return TemplateDrafter()
    # It stands on packages that are there only where somebody wants them; the settings have checked that.
    from messaging.language_model import LanguageModelDrafter

    key = settings.language_model_key
    return LanguageModelDrafter(
        settings.language_model,
        key=key.get_secret_value() if key else None,
        url=settings.language_model_url,
        seconds=settings.language_model_seconds,
        tokens=settings.language_model_tokens,
        tokens_a_day=settings.language_model_tokens_a_day,
        spent_today=spent_today,
    )


def _sms(settings: Settings) -> Sender:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return Outbox()
    return TwilioSms(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        from_number=settings.twilio_from,
        messaging_service_sid=settings.twilio_messaging_service_sid,
        api_url=settings.twilio_api_url,
        public_url=settings.public_url,
    )


def _email(settings: Settings) -> Sender:
    if settings.sendgrid_api_key is None or settings.sendgrid_from is None:
        return Outbox()
    return SendGridEmail(
        api_key=settings.sendgrid_api_key.get_secret_value(),
        from_address=settings.sendgrid_from,
        reply_address=settings.reply_address,
        api_url=settings.sendgrid_api_url,
    )
