"""Whether events come from SendGrid: its own helper, over the time of sending and the raw body."""

from __future__ import annotations

from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader

SIGNATURE_HEADER = str(EventWebhookHeader.SIGNATURE)
TIMESTAMP_HEADER = str(EventWebhookHeader.TIMESTAMP)


def is_from_sendgrid(public_key: str, timestamp: str, body: bytes, signature: str) -> bool:
    """True when the signature (base64) fits. `public_key` is the one SendGrid shows, without the PEM lines.

    Raises ValueError for a key that is none.
    """
    webhook = EventWebhook(public_key)
    try:
        # Signed are bytes and the helper takes text: only UTF-8 comes back as the same bytes.
        return bool(webhook.verify_signature(body.decode("utf-8"), signature, timestamp))
    except ValueError:  # no base64, or no UTF-8
        return False
