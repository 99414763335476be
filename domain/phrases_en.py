"""What families are told in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from domain.outcomes import FLAGS, Code, Hears
from domain.plain_words import ENGLISH, counted, lasting, listed
from domain.said import Said
from domain.sending import Channel, Purpose
from domain.templates import Template, alike

P = Purpose
_CLEARED: Mapping[str, str] = {
    Code.PARTIAL: "{first} was there for part of {session}{on}.",
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.CANCELLED_BY_STUDENT: "{session} for {first}{on} was cancelled in time.",
    Code.LATE_CANCELLED: "{session} for {first}{on} was cancelled before it began.",
    **{c: "{session} for {first}{on} did not take place." for c, f in FLAGS.items() if f.hears is Hears.CALLED_OFF},
}
_CANCELLED: Mapping[str, str] = {
    Code.EXCUSED_ABSENCE: "{first} is excused from {session}{on}.",
    Code.LATE_CANCELLED: "{session} for {first}{on} is cancelled. We heard close to the start.",
}
_LEAD_IN = {0: "How can we help?", 1: "We are checking in again."}


class English(Said):
    """A message to a family in English."""

    LOCALE = ENGLISH
    NEAR = ("today", "tomorrow")
    CHILD = "your child"
    TUTORS = "Your tutors"
    SOMEBODY = "One of us"
    FOR_EACH_CHILD = "Your answer counts for each child."
    WORDS: ClassVar[Mapping[tuple[Purpose, Channel], Template]] = {
        **alike(
            P.ABSENCE_NOTICE,
            subject="{first} was not at {lesson} {day}",
            story="{first} was not at {session} {on}.",
            ask="Is all well? {ask}",
        ),
        **alike(
            P.CONCERN,
            subject="{first} missed {total}",
            story="{first} missed {total_and_latest}.",
            ask="{lead_in} {ask}",
        ),
        **alike(
            P.CALLED_OFF,
            subject="{lesson} {day} will not take place",
            story="{session} for {first} {on} will not take place {cause}. We are sorry. {charge}",
            ask="Please tell {first}.",
        ),
        **alike(
            P.CANCELLATION_CONFIRMATION,
            subject="{lesson} {day}: cancellation for {first}",
            story="{what} {charge}",
            ask="If this is not right, please contact {us}.",
        ),
        **alike(
            P.ALL_CLEAR,
            subject="Correction for {first}: {lesson} {day}",
            story="{what} {charge}",
            ask="We are sorry for the mix-up. Please ignore our earlier message.",
        ),
        (P.REMINDER, Channel.SMS): Template(
            story="{first} has {a_session} {teacher} {soon}.",
            ask="If {first} cannot come, please {tell_us}. {join}",
        ),
        (P.REMINDER, Channel.EMAIL): Template(
            subject="{a_session} {teacher} {soon}",
            story="{first} has {a_session} {teacher} {soon}.\n\n{join}",
            ask="If {first} cannot come, please {tell_us} as soon as you can. {notice}",
        ),
        **alike(
            P.LIVE_RESCUE,
            subject="{first} is not in {session} yet",
            story="{first} is not in {session} yet. {began} {join_now}",
            ask="If {first} cannot come, please {tell_us}.",
        ),
        **alike(
            P.PERSONAL,
            subject="About {first}",
            story="{matter}",
            ask="Please contact {us}.",
        ),
    }
    ANSWERS: ClassVar[Mapping[str, str]] = {
        "ill": "Thank you. We have noted that {first} is ill. Get well soon!",
        "clash": "Thank you. We have noted that the time did not suit {first}.",
        "call_me": "Thank you. {who} will call you.",
        "stop": "You will get no more texts from us. Reply START to get them again.",
        "start": "You will get texts from us again. Reply STOP to end them.",
        "help": "These texts are about the sessions of {first}. Reply in your own words and {who} will read it. "
        "Reply STOP to end them.",
        "ill:several": "Thank you. We have noted that your children are ill. Get well soon!",
        "clash:several": "Thank you. We have noted that the time did not suit your children.",
        "unclear": "Thank you. {who} will read your message.",
    }

    @property
    def matter(self) -> str:
        if "left" not in self.message.numbers:
            return f"This is about {self.first}."
        return f"{self.first} has {counted(self.number('left'), 'session')} left."

    @property
    def us(self) -> str:
        return self.coordinator or "us"

    @property
    def tell_us(self) -> str:
        return f"tell {self.us}"

    @property
    def lesson(self) -> str:
        return self.subject or "the session"

    @property
    def a_session(self) -> str:
        return self.subject or "a session"

    @property
    def session(self) -> str:
        return f"the {self.subject} session" if self.subject else "the session"

    @property
    def on(self) -> str:
        return f" on {self.starts}" if self.starts else ""

    @property
    def day(self) -> str:
        return f" on {self.date}" if self.date else ""

    @property
    def soon(self) -> str:
        if not self.near:
            return self.on.strip() or "soon"
        return f"{self.near} at {self.clock}" if self.sms else f"{self.near}, {self.starts}"

    @property
    def teacher(self) -> str:
        return f" with {self.instructor}" if self.instructor else ""

    @property
    def cause(self) -> str:
        if self.word("code") == Code.CANCELLED_BY_INSTRUCTOR and self.instructor:
            return f", as {self.instructor} is not available"
        return " because of a technical problem" if self.word("code") == Code.TECHNICAL_FAILURE else ""

    def costs(self, units: int) -> str:
        return f"This uses {counted(units, 'session')} of your balance." if units else "No session is used."

    @property
    def total(self) -> str:
        return self._running or self.lesson + self.day

    @property
    def total_and_latest(self) -> str:
        latest = f", the latest{self.on}" if self.on else ""
        return f"{self._running}{latest}" if self._running else f"{self.session}{self.on}"

    @property
    def _running(self) -> str:
        missed, last = self.missed
        part = "" if missed >= last else f"{missed} of "
        return f"{part}the last {last} {self.subject} sessions".replace("  ", " ") if last else ""

    @property
    def lead_in(self) -> str:
        return _LEAD_IN.get(self.number("step"), "We would like to help.")

    @property
    def ask(self) -> str:
        if not self.message.offers_replies:
            return f"Please contact {self.us}."
        if self.sms:
            return "Reply 1 ill, 2 clash, 3 please call me."
        return "Please reply with one number:\n1 = ill\n2 = the time clashed\n3 = please call me"

    @property
    def what(self) -> str:
        code = self.word("code")
        if self.message.purpose is P.CANCELLATION_CONFIRMATION:
            return self.about(_CANCELLED.get(code, "{session} for {first}{on} is cancelled."))
        return self.about(_CLEARED.get(code, "{first} was at {session}{on}."))

    @property
    def join(self) -> str:
        return f"{'Join' if self.sms else 'Join here'}: {self.join_link}" if self.join_link else ""

    @property
    def join_now(self) -> str:
        return f"Join: {self.join_link}" if self.join_link else "Please join now."

    @property
    def began(self) -> str:
        return f"It began at {self.clock}." if self.clock else ""

    @property
    def notice(self) -> str:
        ahead = self.names.cancel_notice
        return f"We ask for {lasting(ahead)} of notice." if ahead else ""

    def answer_subject(self) -> str:
        return f"Your message to {self.operator}"

    def missed_sessions(self, children: list[str], more: int, date: str) -> str:
        named = listed([*children, f"{more} more"] if more else children)
        return f"{named} missed sessions{f' on {date}' if date else ''}."

    def greeting(self) -> str:
        return f"Hello {self.reader}," if self.reader else "Hello,"

    def why(self, children: list[str]) -> str:
        return f"You get this because you are a contact for {listed(children)}."

    def how_to_stop(self, link: str) -> str:
        return f"To stop these e-mails: {link}"
