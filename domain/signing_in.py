"""Rules of the front door: what a password must be, how often one may fail, how long a link opens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

Door = Literal["password", "link"]
Purpose = Literal["welcome", "choice", "family"]
SPAN = timedelta(minutes=15)
"""The span failures are counted in."""
PER_ADDRESS: dict[Door, int] = {"password": 10, "link": 3}
"""How often an e-mail address may be tried in it. Ten guesses a quarter of an hour find no password that we take;
three messages are what somebody needs who looks into the wrong folder first."""
PER_NETWORK: dict[Door, int] = {"password": 30, "link": 30}
"""How often one network address may try in it, whatever e-mail addresses: a school shares one."""
LASTS: dict[Purpose, timedelta] = {
    "welcome": timedelta(days=7),
    "choice": timedelta(minutes=5),
    "family": timedelta(days=7),
}
"""How long a link opens if nobody uses it."""
FORGOTTEN_LASTS = timedelta(hours=1)
"""How long a link opens that somebody asked for who forgot the password: he is waiting for it."""
SHORTEST, LONGEST = 12, 128
"""Characters of a password. Length is what resists guessing, so nothing else is asked for (source: NIST SP 800-63B,
section 3.1.1, which asks for 8 at least, forbids rules of composition, and wants 64 to be possible)."""


def waits_until(tried: Sequence[datetime], at_most: int, now: datetime) -> datetime | None:
    """When the door may be tried again; None when it may be tried now. `tried` are the times it was, in any order."""
    recent = sorted(at for at in tried if at > now - SPAN)
    return recent[-at_most] + SPAN if len(recent) >= at_most else None


def weakness(password: str, known: Sequence[str]) -> str | None:
    """Why a password will not do, in words; None when it will. `known` are names that others try first."""
    if len(password) < SHORTEST:
        return f"Use at least {SHORTEST} characters. Several words in a row are easy to remember."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if len(set(password)) < 5:
        return "Use more than a few different characters."
    plain = password.casefold()
    if any(len(name) >= 4 and plain.replace(name.casefold(), "").strip("0123456789 .-_!") == "" for name in known):
        return "Use something other than your name or address."
    return None
