"""What a message may say: its names, made short and plain enough for its channel."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.plain_words import PLAIN, clean, clock, counted, day, short, soon, when
from domain.sending import Channel, Message
from domain.value import Value
from domain.working_time import local

LINK_LIMIT = 120
"""Characters of a link in an SMS. A longer one is left out: half a link leads nowhere."""
_EMAIL_LINK_LIMIT = 900


class Names(Value):
    """What a text may say; None is left out. `zone` is the reader's, times are UTC instants.

    `staff_name`, `due_at`, `link` and `group_size` (students expected in the session) are for messages to staff, which
    may be about no student. `now` tells whether a session is today or tomorrow for the reader.
    """

    student_name: str | None = None
    operator_name: str
    zone: str = "UTC"
    language: str = "en"
    guardian_name: str | None = None
    subject: str | None = None
    instructor_name: str | None = None
    starts_at: datetime | None = None
    coordinator_name: str | None = None
    staff_name: str | None = None
    due_at: datetime | None = None
    link: str | None = None
    join_url: str | None = None
    cancel_notice: timedelta | None = None
    group_size: int | None = None
    now: datetime | None = None


class Said:
    """One message with its names made short and plain enough for its channel."""

    def __init__(self, message: Message, names: Names, limit: int, *, with_links: bool = True) -> None:
        def say(name: str | None, instead: str = "") -> str:
            return short(clean(name).translate(PLAIN if sms else {}), limit) or instead

        sms = message.channel is Channel.SMS
        longest = LINK_LIMIT if sms else _EMAIL_LINK_LIMIT
        self.message, self.names, self.sms = message, names, sms
        self._links_up_to = longest if with_links else 0
        self.student = say(names.student_name, "a student")
        self.first = say(clean(names.student_name).split(" ")[0], "your child")
        self.operator = say(names.operator_name, "Your tutors")
        self.subject = say(names.subject)
        self.instructor = say(names.instructor_name)
        self.coordinator = say(names.coordinator_name)
        self.reader = say(names.guardian_name if message.recipient_kind == "guardian" else names.staff_name)
        self.us = self.coordinator or "us"
        self.lesson = self.subject or "the session"
        self.session = f"the {self.subject} session" if self.subject else "the session"
        self.on = f" on {when(names.starts_at, names.zone, with_zone=True)}" if names.starts_at else ""
        self.day = f" on {day(local(names.starts_at, names.zone))}" if names.starts_at else ""

    @property
    def link(self) -> str | None:
        """Where a member of staff acts on it, if that fits."""
        return self._fitting(self.names.link)

    @property
    def join_link(self) -> str | None:
        """Where the session is joined, if that fits."""
        return self._fitting(self.names.join_url)

    def _fitting(self, url: str | None) -> str | None:
        """A link as it stands or not at all; signs outside of ASCII would double an SMS and may not lead anywhere."""
        fine = url and len(url) <= self._links_up_to and url.isascii() and url.isprintable() and " " not in url
        return url if fine else None

    @property
    def soon(self) -> str:
        """When the session begins, near as it is: "tomorrow, Tue 3 Mar, 17:00 CET", in an SMS "today at 17:00 CET"."""
        if self.names.starts_at is None:
            return "soon"
        near = soon(self.names.starts_at, self.names.now, self.names.zone)
        if not near:
            return self.on.strip()
        return f"{near} at {self.clock}" if self.sms else f"{near}, {self.on.removeprefix(' on ')}"

    @property
    def clock(self) -> str:
        """The time of day at which the session begins."""
        return clock(self.names.starts_at, self.names.zone) if self.names.starts_at else ""

    def number(self, name: str) -> int:
        """A whole number of the message; 0 when it has none of this name."""
        value = self.message.numbers.get(name)
        return value if isinstance(value, int) else 0

    def word(self, name: str) -> str:
        """A word of the message, such as a code; empty when it has none of this name."""
        return str(self.message.numbers.get(name) or "")

    def fill(self, template: str) -> str:
        """A sentence with child, session, time and person put in."""
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
