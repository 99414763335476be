"""Times as a person reads them: his own zone first, the other party's beside it when the clocks differ.

Every instant becomes a `<time>` whose `datetime` is exact, so no page has to be trusted about what "today" means.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_timedelta, get_timezone_location
from jinja2.runtime import Context
from markupsafe import Markup, escape

NEAR_DAYS = {"en": ("yesterday", "today", "tomorrow"), "es": ("ayer", "hoy", "mañana")}
LONG_DAYS = {"en": "EEEE d MMMM", "es": "EEEE d 'de' MMMM"}
_HOUR = timedelta(hours=1)
_TWO_DAYS = timedelta(days=2)
_WITH_YEAR = timedelta(days=300)
"""Further away than this a date is told with its year."""


@lru_cache
def city(zone: str, lang: str = "en") -> str:
    """What a zone is called after: "America/New_York" is "New York". UTC is UTC."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone.removeprefix("Etc/").replace("_", " ")
    return str(get_timezone_location(ZoneInfo(zone), locale=lang, return_city=True))


@lru_cache(maxsize=4096)
def said(at: datetime, pattern: str, zone: str, lang: str) -> str:
    """An instant in a pattern of Unicode's CLDR: "EEE d MMM HH:mm" is "Tue 3 Mar 17:40"."""
    return format_datetime(at, pattern, tzinfo=ZoneInfo(zone), locale=_locale(lang))


@lru_cache
def _locale(lang: str) -> Locale:
    return Locale.parse(lang)


def day_of(at: datetime, now: datetime, zone: str, lang: str) -> str:
    """A local day: "today", "tomorrow", or else "Tue 3 Mar"."""
    wall = ZoneInfo(zone)
    away = (at.astimezone(wall).date() - now.astimezone(wall).date()).days
    if -1 <= away <= 1:
        return NEAR_DAYS[lang][away + 1]
    return said(at, "EEE d MMM y" if abs(at - now) > _WITH_YEAR else "EEE d MMM", zone, lang)


def is_today(context: Context, at: datetime) -> bool:
    """Whether the instant lies in the viewer's present day."""
    wall = ZoneInfo(context["zone"])
    return bool(at.astimezone(wall).date() == context["now"].astimezone(wall).date())


def span(length: timedelta) -> str:
    """A length of time, short: "55 min", "2 h 55 min", "11 h", "3 days"."""
    minutes = int(length / timedelta(minutes=1))
    if length < _HOUR:
        return f"{minutes} min"
    if length >= _TWO_DAYS:
        return f"{length.days} days"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def late(length: timedelta) -> str:
    """How long something is overdue, in the largest unit: "20 min late", "4 h late", "3 days late"."""
    return f"{span(length if length < _HOUR or length >= _TWO_DAYS else length // _HOUR * _HOUR)} late"


def _tag(context: Context, at: datetime, words: str) -> Markup:
    zone, lang = context["zone"], context["lang"]
    exact = f"{said(at, 'EEEE d MMMM y HH:mm:ss', zone, lang)} ({city(zone, lang)})"
    stamp = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return Markup(f'<time datetime="{stamp}" title="{escape(exact)}">{escape(words)}</time>')


def when(context: Context, at: datetime) -> Markup:
    """Day and time: "today 17:00", "Fri 20 Nov 19:00"."""
    zone, lang = context["zone"], context["lang"]
    return _tag(context, at, f"{day_of(at, context['now'], zone, lang)} {said(at, 'HH:mm', zone, lang)}")


def clock(context: Context, at: datetime) -> Markup:
    """The time of day: "17:00"."""
    return _tag(context, at, said(at, "HH:mm", context["zone"], context["lang"]))


def to_the_second(context: Context, at: datetime) -> Markup:
    """The time of day with its seconds: "17:00:04"."""
    return _tag(context, at, said(at, "HH:mm:ss", context["zone"], context["lang"]))


def clock_in(context: Context, at: datetime, zone: str) -> str:
    """The other party's time alone: "18:00", and "Thu 01:00" where it is another day there."""
    there, lang = at.astimezone(ZoneInfo(zone)), context["lang"]
    other_day = there.date() != at.astimezone(ZoneInfo(context["zone"])).date()
    return said(at, "EEE HH:mm" if other_day else "HH:mm", zone, lang)


def day(context: Context, at: datetime) -> Markup:
    """The day alone: "today", "Fri 20 Nov"."""
    return _tag(context, at, day_of(at, context["now"], context["zone"], context["lang"]))


def long_day(context: Context, at: datetime) -> Markup:
    """The day in full: "Monday 23 November"."""
    return _tag(context, at, said(at, LONG_DAYS[context["lang"]], context["zone"], context["lang"]))


def relative(context: Context, at: datetime) -> Markup:
    """How far away: "in 2 h 55 min", "4 h ago", "just now"."""
    away: timedelta = at - context["now"]
    if context["lang"] != "en":
        return _tag(context, at, format_timedelta(away, add_direction=True, locale=_locale(context["lang"])))
    if abs(away) < timedelta(minutes=1):
        return _tag(context, at, "just now" if away <= timedelta(0) else "now")
    return _tag(context, at, f"in {span(away)}" if away > timedelta(0) else f"{span(-away)} ago")


def both(context: Context, at: datetime, zone: str, whose: str | None = None) -> Markup:
    """The viewer's day and time, and beside it the other party's when the clocks differ.

    "Wed 25 Nov 18:00 (17:00 in Mexico City)"; the other day is named where it is another one. `whose` stands in for
    the place: "hers", "for the family".
    """
    return when(context, at) + beside(context, at, zone, whose)


def beside(context: Context, at: datetime, zone: str, whose: str | None = None) -> Markup:
    """The other party's time in brackets; nothing when the viewer's clock shows the same."""
    here, there = at.astimezone(ZoneInfo(context["zone"])), at.astimezone(ZoneInfo(zone))
    if here.replace(tzinfo=None) == there.replace(tzinfo=None):
        return Markup("")
    lang = context["lang"]
    other_day = f"{said(at, 'EEE', zone, lang)} " if here.date() != there.date() else ""
    of = whose or f"{'en' if lang == 'es' else 'in'} {city(zone, lang)}"
    clock_there = said(at, "HH:mm", zone, lang)
    return Markup(f' <span class="soft keep">({escape(other_day)}{clock_there} {escape(of)})</span>')
