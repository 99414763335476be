"""What a message may say: its names, made short and plain enough for its channel; and what a language has to say.

A language is a class of this shape in a module of its own (`domain.phrases_en`, `domain.phrases_es`), entered in the
table of `domain.phrases`. Names of people and subjects are said as they are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from domain.plain_words import PLAIN, capital, clean, clock, day, days_ahead, short, when
from domain.sending import Channel, Message, Purpose
from domain.templates import MEANS, OURS, Template, filled
from domain.value import Value
from domain.working_time import local

Parts = tuple[str, str, str]
"""Of a message: the subject of its e-mail, what happened, what to do next."""
LINK_LIMIT = 120
"""Characters of a link in an SMS. A longer one is left out: half a link leads nowhere."""
_EMAIL_LINK_LIMIT = 900


class Names(Value):
    """What a text may say; None is left out. `zone` and `language` are the reader's, times are UTC instants.

    `staff_name`, `due_at`, `link` and `group_size` (students expected in the session) are for messages to staff, which
    may be about no student. `now` tells whether a session is today or tomorrow for the reader. `stop_link` is where a
    family ends what it gets by e-mail. `words` are the operator's own in place of the shipped ones, in this version;
    `written` are a person's or a drafter's for this one message, with nothing left to fill in.
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
    words: Template | None = None
    words_version: int | None = None
    written: Template | None = None
    stop_link: str | None = None


class Said(ABC):
    """One message with its names made short and plain enough for its channel; a subclass has a language's words.

    Each variable of a template is a property of a subclass; `domain.templates.MEANS` says what it stands for.
    """

    CHILD: ClassVar[str]
    """Stands for a child without a name."""
    TUTORS: ClassVar[str]
    """Stands for an organization without a name."""
    SOMEBODY: ClassVar[str]
    """Stands for a coordinator without a name, at the start of a sentence."""
    LOCALE: ClassVar[str]
    """CLDR's name of the language, for its dates and lists."""
    NEAR: ClassVar[tuple[str, str]]
    """ "today" and "tomorrow"."""
    WORDS: ClassVar[Mapping[tuple[Purpose, Channel], Template]]
    """The shipped words; those of `Purpose.PERSONAL` stand in for a purpose that has none."""
    FOR_EACH_CHILD: ClassVar[str]
    """Says in a text about several children that one answer counts for all of them."""
    ANSWERS: ClassVar[Mapping[str, str]]
    """What the answer to a text says, by meaning; ":several" where that differs for several children."""
    IN_SMS: ClassVar[Mapping[int, int]] = {}
    """Letters of this language an SMS has no room for, and what is written there instead. Names keep theirs."""

    def __init__(self, message: Message, names: Names, limit: int, *, with_links: bool = True) -> None:
        def say(name: str | None, instead: str = "") -> str:
            return short(clean(name).translate(PLAIN if sms else {}), limit) or instead

        sms = message.channel is Channel.SMS
        longest = LINK_LIMIT if sms else _EMAIL_LINK_LIMIT
        starts, zone = names.starts_at, names.zone
        self.message, self.names, self.sms = message, names, sms
        self._links_up_to = longest if with_links else 0
        self.student = say(names.student_name, "a student")
        self.first = say(clean(names.student_name).split(" ")[0], self.CHILD)
        self.operator = say(names.operator_name, self.TUTORS)
        self.subject = say(names.subject)
        self.instructor = say(names.instructor_name)
        self.coordinator = say(names.coordinator_name)
        self.reader = say(names.guardian_name if message.recipient_kind == "guardian" else names.staff_name)
        self.starts = self.put(when(starts, zone, with_zone=True, locale=self.LOCALE)) if starts else ""
        self.date = self.put(day(local(starts, zone), self.LOCALE)) if starts else ""

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
    def clock(self) -> str:
        """The time of day at which the session begins."""
        return clock(self.names.starts_at, self.names.zone, self.LOCALE) if self.names.starts_at else ""

    @property
    def near(self) -> str:
        """Today or tomorrow, if the session is and that is known."""
        starts = self.names.starts_at
        ahead = days_ahead(starts, self.names.now, self.names.zone) if starts else None
        return self.NEAR[ahead] if ahead in (0, 1) else ""

    @property
    def charge(self) -> str:
        """What the outcome takes from the balance; a correction may have nothing to say of it."""
        silent = self.message.purpose is Purpose.ALL_CLEAR and "units" not in self.message.numbers
        return "" if silent else self.costs(self.number("units"))

    @property
    def missed(self) -> tuple[int, int]:
        """How many of how many recent sessions were missed; (0, 0) while there is no total to tell."""
        missed, last = self.number("missed"), self.number("last")
        return (missed, last) if missed >= 1 and last >= 2 else (0, 0)

    def number(self, name: str) -> int:
        """A whole number of the message; 0 when it has none of this name."""
        value = self.message.numbers.get(name)
        return value if isinstance(value, int) else 0

    def word(self, name: str) -> str:
        """A word of the message, such as a code; empty when it has none of this name."""
        return str(self.message.numbers.get(name) or "")

    def put(self, template: str, **said: str) -> str:
        """A sentence in the letters of its channel, with these put in as they are."""
        return self.plain(template).format(**said)

    def plain(self, words: str) -> str:
        """Words of ours or of the operator in the letters of its channel."""
        return self.in_sms(words) if self.sms else words

    @classmethod
    def in_sms(cls, words: str) -> str:
        """Words with what costs a whole SMS its alphabet written otherwise, where that can be read as well."""
        return words.translate(PLAIN).translate(cls.IN_SMS)

    def about(self, template: str) -> str:
        """A sentence about the child and the session."""
        return self.put(template, first=self.first, session=self.session, on=self.on)

    def parts(self) -> Parts:
        """The three parts of the message, the first two beginning with a capital; written words as they stand."""
        if written := self.names.written:
            return written.subject, written.story, written.ask
        made = self.words().get(self.message.purpose)
        subject, story, ask = made() if made else self.fill(self.template)
        return capital(subject), capital(story), ask

    @property
    def template(self) -> Template:
        """The operator's own words, or the shipped ones."""
        otherwise = self.WORDS[Purpose.PERSONAL, self.message.channel]
        return self.names.words or self.WORDS.get((self.message.purpose, self.message.channel), otherwise)

    def fill(self, template: Template) -> Parts:
        """The parts of a template with the variables said in this message."""
        parts = (template.subject, template.story, template.ask)
        subject, story, ask = (filled(self.plain(p), self.value) for p in parts)
        return " ".join(subject.split()), story, ask

    def value(self, variable: str) -> str:
        """What a variable stands for in this message; nothing for one that does not exist."""
        return str(getattr(self, variable)) if variable in MEANS or variable in OURS else ""

    def words(self) -> Mapping[Purpose, Callable[[], Parts]]:
        """What says a purpose that has no template."""
        return {Purpose.ANSWER: self.answer}

    def answer(self) -> Parts:
        """How a text from the family was understood."""
        meaning = self.word("meaning")
        several = self.ANSWERS.get(f"{meaning}:several") if self.number("children") > 1 else None
        told = several or self.ANSWERS.get(meaning, self.ANSWERS["unclear"])
        return self.answer_subject(), self.put(told, first=self.first, who=self.coordinator or self.SOMEBODY), ""

    @property
    @abstractmethod
    def session(self) -> str:
        """The session in a sentence."""

    @property
    @abstractmethod
    def on(self) -> str:
        """The day and the time of the session, after a space."""

    @abstractmethod
    def costs(self, units: int) -> str:
        """What an outcome of so many units takes from the balance."""

    @abstractmethod
    def answer_subject(self) -> str:
        """The subject of an answer."""

    @abstractmethod
    def missed_sessions(self, children: list[str], more: int, date: str) -> str:
        """Many children in few words: these, and so many `more`, missed sessions on that date (empty: on several)."""

    @abstractmethod
    def greeting(self) -> str:
        """How an e-mail begins."""

    @abstractmethod
    def why(self, children: list[str]) -> str:
        """Why the reader gets this e-mail: its last line but for `how_to_stop`."""

    @abstractmethod
    def how_to_stop(self, link: str) -> str:
        """Where the reader ends these e-mails."""
