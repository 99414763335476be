"""The words of every message, made from values: short, plain, in the reader's local time, with one thing to do next.

An SMS has at most 300 characters, in the GSM-7 alphabet unless a name leaves it (one typographic quote would double
its segments); an e-mail at most 150 words. Texts are plain: who shows one inside HTML escapes it there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime

from domain.outcomes import FLAGS, Code, Hears
from domain.sending import Channel, Message, Purpose
from domain.tasks import Escalation, TaskKind
from domain.value import Value
from domain.working_time import local

SMS_LIMIT = 300
"""Characters. Two joined GSM-7 segments hold 306."""
LINK_LIMIT = 120
"""Characters. A longer link is left out: it would not fit into an SMS, and half a link leads nowhere."""

_TASKS: dict[str, str] = {TaskKind.READ_REPLY: "reply to read", TaskKind.FIX_CONTACT: "contact data to fix"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
_JOINERS = "\u200c\u200d"
"""Zero-width characters that belong to spelling and to emoji; all other invisible ones are dropped."""


class Names(Value):
    """What a text may say; None is left out. `zone` is the reader's, times are UTC instants.

    `staff_name`, `due_at` and `link` are for reminders to staff.
    """

    student_name: str
    operator_name: str
    zone: str = "UTC"
    guardian_name: str | None = None
    subject: str | None = None
    instructor_name: str | None = None
    starts_at: datetime | None = None
    coordinator_name: str | None = None
    staff_name: str | None = None
    due_at: datetime | None = None
    link: str | None = None


class Text(Value):
    """A message in words. An SMS has no subject."""

    subject: str | None = None
    body: str


def compose(message: Message, names: Names, also: tuple[tuple[Message, Names], ...] = ()) -> Text:
    """The text of a message. `also` are siblings' absence messages that travel in it; every child is named."""
    told = ((message, names), *also)
    if message.channel is Channel.EMAIL:
        return _email(told)
    return Text(body=next(text for text in _versions(told) if len(text) <= SMS_LIMIT))


def when(at: datetime, zone: str, *, with_zone: bool = False) -> str:
    """An instant as people of that zone say it: "Tue 3 Mar 17:40", with the zone "Tue 3 Mar, 17:40 CET"."""
    wall = local(at, zone)
    return f"{_day(wall)}, {wall:%H:%M} {_zone_words(wall)}" if with_zone else f"{_day(wall)} {wall:%H:%M}"


def task_in_words(kind: str) -> str:
    """What a kind of task asks for: "follow up", "welcome call", "contact data to fix"."""
    return _TASKS.get(kind, kind.replace("_", " "))


def listed(items: tuple[str, ...] | list[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cleo"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def counted(number: int | str, unit: str) -> str:
    """A number with its unit: "1 session", "2 sessions"."""
    return f"{number} {unit}" if str(number) == "1" else f"{number} {unit}s"


def capital(sentence: str) -> str:
    """The sentence with its first letter large, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def _day(wall: datetime) -> str:
    return f"{_DAYS[wall.weekday()]} {wall.day} {_MONTHS[wall.month - 1]}"


def _zone_words(wall: datetime) -> str:
    """The zone's abbreviation; where it has none but digits ("+0545"), the distance to UTC ("UTC+5:45")."""
    name, ahead = f"{wall:%Z}", f"{wall:%z}"
    if name.isalpha() or ahead in ("+0000", "-0000"):
        return name if name.isalpha() else "UTC"
    minutes = f":{ahead[3:5]}" if ahead[3:5] != "00" else ""
    return f"UTC{ahead[0]}{int(ahead[1:3])}{minutes}"


def _clean(name: str | None) -> str:
    """One line without invisible characters: controls, direction marks and halves of characters are dropped."""
    spaced = " ".join(unicodedata.normalize("NFC", name or "").split())
    return "".join(c for c in spaced if c in _JOINERS or unicodedata.category(c)[0] != "C").strip(" " + _JOINERS)


def _short(name: str, limit: int) -> str:
    """The name in at most `limit` characters and five words; cut between words, or else marked with three dots."""
    words = name.split(" ")
    kept = [" ".join(words[:n]) for n in range(min(len(words), 5), 0, -1)]
    fits = next((k for k in kept if len(k) <= limit), None)
    return words[0][: limit - 3].rstrip(_JOINERS) + "..." if fits is None else fits


class _Said:
    """One message with its names made short and plain enough for its channel."""

    def __init__(self, message: Message, names: Names, limit: int) -> None:
        def say(name: str | None, instead: str = "") -> str:
            return _short(_clean(name).translate(_PLAIN if sms else {}), limit) or instead

        sms = message.channel is Channel.SMS
        self.message, self.names = message, names
        self.student = say(names.student_name, "a student")
        self.first = say(_clean(names.student_name).split(" ")[0], "your child")
        self.operator = say(names.operator_name, "Your tutors")
        self.subject = say(names.subject)
        self.instructor = say(names.instructor_name)
        self.coordinator = say(names.coordinator_name)
        self.reader = say(names.guardian_name if message.recipient_kind == "guardian" else names.staff_name)
        self.us = self.coordinator or "us"
        self.lesson = self.subject or "the session"
        self.session = f"the {self.subject} session" if self.subject else "the session"
        self.on = f" on {when(names.starts_at, names.zone, with_zone=True)}" if names.starts_at else ""
        self.day = f" on {_day(local(names.starts_at, names.zone))}" if names.starts_at else ""

    def number(self, name: str) -> int:
        value = self.message.numbers.get(name)
        return value if isinstance(value, int) else 0

    def word(self, name: str) -> str:
        return str(self.message.numbers.get(name) or "")

    def fill(self, template: str) -> str:
        who = self.coordinator or "One of us"
        return template.format(first=self.first, session=self.session, on=self.on, who=who)

    @property
    def charge(self) -> str:
        """What the outcome takes from the balance."""
        units = counted(self.number("units"), "session")
        return f"This uses {units} of your balance." if self.number("units") else "No session is used."

    @property
    def total(self) -> str:
        """The running total: "3 of the last 8 Maths sessions"; empty while there is none to tell."""
        missed, last = self.number("missed"), self.number("last")
        if missed < 1 or last < 2:
            return ""
        part = "" if missed >= last else f"{missed} of "
        return f"{part}the last {last} {self.subject} sessions".replace("  ", " ")


_Parts = tuple[str, str, str]
"""Of each purpose: the subject of its e-mail, what happened, what to do next."""
_CLEARED: dict[str, str] = {
    Code.PARTIAL: "{first} was there for part of {session}{on}.",
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.CANCELLED_BY_STUDENT: "{session} for {first}{on} was cancelled in time.",
    Code.LATE_CANCELLED: "{session} for {first}{on} was cancelled before it began.",
    **{c: "{session} for {first}{on} did not take place." for c, f in FLAGS.items() if f.hears is Hears.CALLED_OFF},
}
_CANCELLED: dict[str, str] = {
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.LATE_CANCELLED: "{session} for {first}{on} is cancelled. We heard close to the start.",
}
_ANSWERS = {
    "ill": "Thank you. We have noted that {first} is ill. Get well soon!",
    "clash": "Thank you. We have noted that the time did not suit {first}.",
    "call_me": "Thank you. {who} will call you.",
    "stop": "You will get no more texts from us. Reply START to get them again.",
    "start": "You will get texts from us again. Reply STOP to end them.",
}
_REMINDERS: dict[str, str] = {
    Escalation.REMINDED: "It waits for you. Nobody has claimed it yet.",
    Escalation.REASSIGNED: "It is past its due time. It is with you now.",
    Escalation.LEAD: "It is well past its due time. It is with you now.",
}
_LEAD_IN = {0: "How can we help?", 1: "We are checking in again."}


def _absence_notice(s: _Said) -> _Parts:
    not_at = f"{s.first} was not at"
    return f"{not_at} {s.lesson}{s.day}", f"{not_at} {s.session}{s.on}.", _ask(s, "Is all well?")


def _concern(s: _Said) -> _Parts:
    latest = f", the latest{s.on}" if s.on else ""
    story = f"{s.first} missed {s.total}{latest}." if s.total else f"{s.first} missed {s.session}{s.on}."
    ask = _ask(s, _LEAD_IN.get(s.number("step"), "We would like to help."))
    return f"{s.first} missed {s.total or s.lesson + s.day}", story, ask


def _ask(s: _Said, lead_in: str) -> str:
    if not s.message.offers_replies:
        return f"{lead_in} Please contact {s.us}."
    if s.message.channel is Channel.SMS:
        return f"{lead_in} Reply 1 ill, 2 clash, 3 please call me."
    return f"{lead_in} Please reply with one number:\n1 = ill\n2 = the time clashed\n3 = please call me"


def _called_off(s: _Said) -> _Parts:
    cause = " because of a technical problem" if s.word("code") == Code.TECHNICAL_FAILURE else ""
    if s.word("code") == Code.CANCELLED_BY_INSTRUCTOR and s.instructor:
        cause = f", as {s.instructor} is not available"
    story = f"{s.session} for {s.first}{s.on} will not take place{cause}. We are sorry. {s.charge}"
    return f"{s.lesson}{s.day} will not take place", story, f"Please tell {s.first}."


def _cancellation_confirmation(s: _Said) -> _Parts:
    story = s.fill(_CANCELLED.get(s.word("code"), "{session} for {first}{on} is cancelled."))
    ask = f"If this is not right, please contact {s.us}."
    return f"{s.lesson}{s.day}: cancellation for {s.first}", f"{story} {s.charge}", ask


def _all_clear(s: _Said) -> _Parts:
    story = s.fill(_CLEARED.get(s.word("code"), "{first} was at {session}{on}."))
    charge = f" {s.charge}" if "units" in s.message.numbers else ""
    sorry = "We are sorry for the mix-up. Please ignore our earlier message."
    return f"Correction for {s.first}: {s.lesson}{s.day}", f"{story}{charge}", sorry


def _answer(s: _Said) -> _Parts:
    answer = _ANSWERS.get(s.word("meaning"), "Thank you. {who} will read your message.")
    return f"Your message to {s.operator}", s.fill(answer), ""


def _task_reminder(s: _Said) -> _Parts:
    task = f"{task_in_words(s.word('kind') or 'task')} for {s.student}"
    due, zone = s.names.due_at, s.names.zone
    due_at = f", due {when(due, zone, with_zone=True)}" if due else ""
    waits = _REMINDERS.get(s.word("step"), "It is with you.")
    link = s.names.link if len(s.names.link or "") <= LINK_LIMIT else None
    ask = f"Please claim it, or finish it with its outcome{f': {link}' if link else '.'}"
    return f"Task: {task}{due_at}", f"{task}{due_at}. {waits}", ask


_WORDS: dict[Purpose, Callable[[_Said], _Parts]] = {
    Purpose.ABSENCE_NOTICE: _absence_notice,
    Purpose.CONCERN: _concern,
    Purpose.CALLED_OFF: _called_off,
    Purpose.CANCELLATION_CONFIRMATION: _cancellation_confirmation,
    Purpose.ALL_CLEAR: _all_clear,
    Purpose.ANSWER: _answer,
    Purpose.TASK_REMINDER: _task_reminder,
}


def _parts(s: _Said) -> _Parts:
    subject, story, ask = _WORDS[s.message.purpose](s)
    return capital(subject), capital(story), ask


def _versions(told: tuple[tuple[Message, Names], ...]) -> Iterator[str]:
    """An SMS from the most telling version on: full names, then shorter ones, then the children's names alone."""
    for limit in (40, 24, 16):
        said = [_Said(m, n, limit) for m, n in told]
        yield _signed(said, " ".join(dict.fromkeys(_parts(s)[1] for s in said)))
    for limit, shown in ((16, len(told)), (9, len(told)), (9, 8)):
        said = [_Said(m, n, limit) for m, n in told]
        children = [s.first for s in said]
        more = [f"{len(children) - shown} more"] if len(children) > shown else []
        day = said[0].day if len({s.day for s in said}) == 1 else ""
        yield _signed(said, f"{listed(children[:shown] + more)} missed sessions{day}.")


def _signed(said: list[_Said], story: str) -> str:
    s = said[0]
    ask = _parts(s)[2]
    for_all = "Your answer counts for each child." if len(said) > 1 and s.message.offers_replies else ""
    return " ".join(filter(None, (f"{s.operator}:", story, ask, for_all)))


def _email(told: tuple[tuple[Message, Names], ...]) -> Text:
    said = [_Said(m, n, 40) for m, n in told]
    s = said[0]
    subject, _, ask = _parts(s)
    to_staff = s.message.recipient_kind == "staff"
    paragraphs = [
        f"Hello {s.reader}," if s.reader else "Hello,",
        *(_parts(x)[1] for x in said),
        ask,
        s.operator if to_staff or not s.coordinator else f"{s.coordinator}\n{s.operator}",
        "" if to_staff else f"You get this because you are a contact for {listed([x.first for x in said])}.",
    ]
    return Text(subject=subject, body="\n\n".join(filter(None, paragraphs)))
