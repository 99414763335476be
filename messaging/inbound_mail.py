"""An e-mail as SendGrid's Inbound Parse posts it: a multipart form of its parts. Attachments are left where they are.

(source: SendGrid, "Setting up the Inbound Parse Webhook": fields headers, envelope, to, from, subject, text, html,
charsets; a field's bytes are in the charset that `charsets` names for it)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.message import Message
from email.parser import BytesParser, HeaderParser
from email.utils import getaddresses, parseaddr
from typing import Any
from uuid import UUID

from domain.letters import is_automatic, new_words, plain
from domain.stopping import without_secret

LARGEST_FIELD = 200_000
"""Characters kept of a field."""
_FIELDS = ("headers", "envelope", "to", "from", "subject", "text", "html", "SPF", "dkim")
_OUR_ID = re.compile(r"\+([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]{1,200}>")


@dataclass(frozen=True)
class InboundMail:
    """One e-mail to us. `words` are the new ones; `answers` are ids of ours in the address it was sent to, `refers_to`
    the provider's ids of mails it answers."""

    sender: str
    words: str
    automatic: bool
    message_id: str | None
    answers: tuple[str, ...]
    refers_to: tuple[str, ...]


def fields_of(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of the form, as text. Raises ValueError when it is no form of an e-mail."""
    if not content_type.lower().startswith("multipart/form-data"):
        raise ValueError("no multipart form")
    head = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n"
    form: Message = BytesParser(policy=policy.compat32).parsebytes(head + body)
    if not form.is_multipart():
        raise ValueError("a multipart form without parts")
    raw: dict[str, bytes] = {}
    for part in form.get_payload():
        name = part.get_param("name", header="content-disposition") if isinstance(part, Message) else None
        if isinstance(name, str) and name in (*_FIELDS, "charsets"):
            content = part.get_payload(decode=True) if isinstance(part, Message) else None
            raw[name] = content if isinstance(content, bytes) else b""
    if "from" not in raw and "envelope" not in raw:
        raise ValueError("a form without a sender")
    charsets = _json(raw.pop("charsets", b"{}").decode("ascii", "replace"))
    return {name: _text(raw[name], charsets.get(name)) for name in _FIELDS if name in raw}


def read(fields: Mapping[str, str]) -> InboundMail:
    """What the fields say. Raises ValueError without a sender's address."""
    headers = _headers(fields.get("headers", ""))
    envelope = _json(fields.get("envelope", ""))
    sender = parseaddr(fields.get("from", ""))[1] or str(envelope.get("from") or "")
    if "@" not in sender:
        raise ValueError("no sender")
    bounce = {"return-path": "<>"} if envelope.get("from") == "" else {}
    recipients = [str(a) for a in envelope.get("to") or []] if isinstance(envelope.get("to"), list) else []
    recipients += [address for _, address in getaddresses([fields.get("to", "")])]
    answers = [str(UUID(m)) for to in recipients for m in _OUR_ID.findall(to)]
    earlier = " ".join(headers.get(name, "") for name in ("in-reply-to", "references"))
    said = fields.get("text") or plain(fields.get("html", ""))
    return InboundMail(
        sender=sender.lower(),
        words=without_secret(new_words(said)),
        automatic=is_automatic(headers | bounce, sender, fields.get("subject", "")),
        message_id=headers.get("message-id") or None,
        answers=tuple(dict.fromkeys(answers)),
        refers_to=tuple(dict.fromkeys(_MESSAGE_ID.findall(earlier)))[:20],
    )


def _headers(raw: str) -> dict[str, str]:
    parsed = HeaderParser(policy=policy.compat32).parsestr(raw)
    return {name.lower(): " ".join(str(value).split()) for name, value in parsed.items()}


def _json(raw: str) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(raw: bytes, charset: object) -> str:
    """In the charset that is named; one that is none, or does not fit, is read as UTF-8."""
    try:
        said = raw.decode(str(charset or "utf-8"))
    except (LookupError, UnicodeError):
        said = raw.decode("utf-8", "replace")
    whole = said.encode("utf-8", "replace").decode()  # some charsets make halves of characters
    return whole.replace("\0", "").strip("\r\n")[:LARGEST_FIELD]
