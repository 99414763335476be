"""What the providers report afterwards: signed as they sign it; late, doubled, out of order or never, as scripted.

callbacks = Callbacks(providers, PUBLIC_URL)
reports = [callbacks.sms(text, "sent"), callbacks.sms(text, "undelivered", 30005)]
await callbacks.send(client, twice(reports[::-1]))
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from twilio.request_validator import RequestValidator

from tests.stand_in.request import Received
from tests.stand_in.server import StandIn

EVENTS_PATH = "/v1/webhooks/sendgrid/events"


@dataclass(frozen=True)
class Callback:
    """One request of a provider to us."""

    address: str
    body: bytes
    headers: dict[str, str]


class Callbacks:
    """Both providers' reports to one deployment, whose own address is `public_url`."""

    def __init__(self, providers: StandIn, public_url: str) -> None:
        self.providers, self.public_url = providers, public_url
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """SendGrid's public key as it shows it: base64, without the PEM lines."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(self._key.public_key().public_bytes(serialization.Encoding.DER, form)).decode()

    def settings(self) -> dict[str, Any]:
        """What `Settings` needs besides the stand-in's own, so that reports are asked for and understood."""
        return {"public_url": self.public_url, "sendgrid_webhook_public_key": self.public_key}

    def sms(self, text: Received, status: str, code: int | None = None) -> Callback:
        """Twilio reports of a text it took. It stands so at Twilio from now on."""
        assert text.provider_id
        self.providers.statuses[text.provider_id] = (status, code)
        fields = {
            "AccountSid": self.providers.twilio.account_sid,
            "ErrorCode": str(code) if code else "",  # an empty field is signed like any other
            "From": self.providers.twilio.number,
            "MessageSid": text.provider_id,
            "MessageStatus": status,
            "SmsSid": text.provider_id,
            "To": text.to or "",
        }
        return self.form(str(text.fields["StatusCallback"]), fields)

    def form(self, address: str, fields: dict[str, str]) -> Callback:
        """A form of Twilio, signed over the address."""
        signature = RequestValidator(self.providers.twilio.auth_token).compute_signature(address, fields)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return Callback(address, urlencode(fields).encode(), headers)

    def email(self, *events: dict[str, Any], seconds_ago: float = 0) -> Callback:
        """SendGrid reports events of `event`, in one request."""
        return self.events(json.dumps(events).encode(), seconds_ago)

    def events(self, body: bytes, seconds_ago: float = 0) -> Callback:
        """A body of SendGrid, signed with its time."""
        sent = str(int(self.providers.clock().timestamp() - seconds_ago))
        signature = self._key.sign(sent.encode() + body, ec.ECDSA(hashes.SHA256()))
        headers = {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": sent,
            "Content-Type": "application/json",
        }
        return Callback(f"{self.public_url}{EVENTS_PATH}", body, headers)

    async def send(self, http: httpx.AsyncClient, callbacks: Iterable[Callback]) -> list[httpx.Response]:
        """Deliver them in this order: left out, repeated or turned round is for the test to say."""
        return [await self.post(http, callback) for callback in callbacks]

    async def post(self, http: httpx.AsyncClient, callback: Callback) -> httpx.Response:
        """One request as a proxy hands it on: to another host, without the prefix it serves us under."""
        return await http.post(
            callback.address.removeprefix(self.public_url),
            content=callback.body,
            headers={**callback.headers, "Host": "10.0.0.7:8000", "X-Forwarded-Proto": "http", "Authorization": ""},
        )


def event(mail: Received, kind: str, **more: Any) -> dict[str, Any]:
    """One event of a mail SendGrid took, as it publishes them."""
    return {
        "email": mail.to,
        "timestamp": int(time.time()),
        "event": kind,
        "sg_event_id": secrets.token_urlsafe(16),
        "sg_message_id": f"{mail.provider_id}.filter0001.1234.5678-0",
        "nid": mail.nid,
        **more,
    }


def twice(callbacks: Sequence[Callback]) -> list[Callback]:
    """Each comes doubled."""
    return [again for callback in callbacks for again in (callback, callback)]
