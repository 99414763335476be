"""Families' e-mails: the words that are new in one, and whether a machine wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping

LONGEST = 4000
_ATTRIBUTION = re.compile(
    r"^[ \t>]{0,20}(?:on\b.{5,300}?\bwrote|el\b.{5,300}?\bescribi[oó])[ \t]*:[ \t]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
"""What mail programs put above the words they quote; some break it over several lines."""
_FROM_HERE_ON_OLD = re.compile(
    r"^\s*(?:"
    r"-{2,}\s*(?:original message|mensaje original|forwarded message|mensaje reenviado)\s*-{2,}"
    r"|_{10,}"
    r"|>.*"
    r"|(?:from|de)\s*:.+@.*"
    r"|--\s*"
    r"|(?:sent from my|sent from|enviado desde mi|enviado desde|get outlook for|obtener outlook para)\b.*"
    r")$",
    re.IGNORECASE,
)
_NOT_SAID = frozenset({"style", "script", "blockquote", "head"})
_BREAKS = frozenset({"br", "/p", "/div", "/li", "/tr"})
_ENTITIES = {"&nbsp;": " ", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&"}
_MACHINES = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+.@-]|$)", re.IGNORECASE)
_AWAY = re.compile(
    r"^\s*(?:automatic reply|auto(?:matic)?[- ]?(?:reply|response)|out of (?:the )?office|respuesta autom[aá]tica"
    r"|fuera de (?:la )?oficina|undeliver(?:able|ed)|delivery status notification|mail delivery)\b",
    re.IGNORECASE,
)


def new_words(text: str) -> str:
    """What is new in a reply: without the mail it quotes and without a signature."""
    said = text.replace("\r\n", "\n").replace("\r", "\n")[: 20 * LONGEST]
    cut = _ATTRIBUTION.search(said)
    lines = (said[: cut.start()] if cut else said).split("\n")
    kept: list[str] = []
    for line in lines:
        if _FROM_HERE_ON_OLD.match(line) and (kept or line.lstrip().startswith((">", "_", "-"))):
            break
        kept.append(line.rstrip())
    return "\n".join(kept).strip()[:LONGEST]


def plain(html: str) -> str:
    """The words of an HTML mail, for one that has no plain part. What it quotes is dropped."""
    # by hand and from left to right: expressions over a stranger's HTML can take minutes
    parts, inside = [], ""
    for number, piece in enumerate(html.split("<")):
        tag, closed, words = piece.partition(">") if number else ("", "", piece)
        name = tag.split(maxsplit=1)[0].rstrip("/").lower() if tag.strip() else ""
        if inside:
            inside = "" if name == f"/{inside}" else inside
            continue
        inside = name if closed and name in _NOT_SAID else ""
        parts.append(("\n" if name in _BREAKS else " " if number else "") + ("" if inside else words))
    said = "".join(parts)
    for entity, sign in _ENTITIES.items():
        said = said.replace(entity, sign)
    return "\n".join(" ".join(line.split()) for line in said.split("\n")).strip()


def is_automatic(headers: Mapping[str, str], sender: str, subject: str) -> bool:
    """True for out-of-office notes, lists and bounces. `headers` by lower-case name. (source: RFC 3834)"""
    submitted = headers.get("auto-submitted", "no").split(";")[0].strip().lower()
    precedence = headers.get("precedence", "").strip().lower()
    marks = ("x-autoreply", "x-autorespond", "x-auto-reply", "list-id", "x-failed-recipients")
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or any(mark in headers for mark in marks)
        or headers.get("return-path", "").strip() == "<>"
        or _MACHINES.match(sender) is not None
        or _AWAY.match(subject) is not None
    )
