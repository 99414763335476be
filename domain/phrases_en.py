"""What families are told in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from domain.outcomes import FLAGS, Code, Hears
from domain.plain_words import ENGLISH, counted, lasting, listed
from domain.said import Parts, Said

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

    CHILD = "your child"
    TUTORS = "Your tutors"
    SOMEBODY = "One of us"
    DATES = ENGLISH
    FOR_EACH_CHILD = "Your answer counts for each child."
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
    def us(self) -> str:
        """Whom to turn to."""
        return self.coordinator or "us"

    @property
    def lesson(self) -> str:
        """The session in one word, where there is one."""
        return self.subject or "the session"

    @property
    def session(self) -> str:
        """The session in a sentence."""
        return f"the {self.subject} session" if self.subject else "the session"

    @property
    def on(self) -> str:
        """ " on Tue 3 Mar, 17:00 CET", or nothing."""
        return f" on {self.starts}" if self.starts else ""

    @property
    def day(self) -> str:
        """ " on Tue 3 Mar", or nothing."""
        return f" on {self.date}" if self.date else ""

    @property
    def soon(self) -> str:
        """When the session begins, near as it is: "tomorrow, Tue 3 Mar, 17:00 CET", in an SMS "today at 17:00 CET"."""
        if not self.near:
            return self.on.strip() or "soon"
        return f"{self.near} at {self.clock}" if self.sms else f"{self.near}, {self.starts}"

    @property
    def charge(self) -> str:
        """What the outcome takes from the balance."""
        units = self.number("units")
        return f"This uses {counted(units, 'session')} of your balance." if units else "No session is used."

    @property
    def total(self) -> str:
        """The running total: "3 of the last 8 Maths sessions"; empty while there is none to tell."""
        missed, last = self.missed
        part = "" if missed >= last else f"{missed} of "
        return f"{part}the last {last} {self.subject} sessions".replace("  ", " ") if last else ""

    def absence_notice(self) -> Parts:
        not_at = f"{self.first} was not at"
        return f"{not_at} {self.lesson}{self.day}", f"{not_at} {self.session}{self.on}.", self._ask("Is all well?")

    def concern(self) -> Parts:
        latest = f", the latest{self.on}" if self.on else ""
        what = f"{self.total}{latest}" if self.total else f"{self.session}{self.on}"
        ask = self._ask(_LEAD_IN.get(self.number("step"), "We would like to help."))
        return f"{self.first} missed {self.total or self.lesson + self.day}", f"{self.first} missed {what}.", ask

    def _ask(self, lead_in: str) -> str:
        if not self.message.offers_replies:
            return f"{lead_in} Please contact {self.us}."
        if self.sms:
            return f"{lead_in} Reply 1 ill, 2 clash, 3 please call me."
        return f"{lead_in} Please reply with one number:\n1 = ill\n2 = the time clashed\n3 = please call me"

    def called_off(self) -> Parts:
        cause = " because of a technical problem" if self.word("code") == Code.TECHNICAL_FAILURE else ""
        if self.word("code") == Code.CANCELLED_BY_INSTRUCTOR and self.instructor:
            cause = f", as {self.instructor} is not available"
        story = f"{self.session} for {self.first}{self.on} will not take place{cause}. We are sorry. {self.charge}"
        return f"{self.lesson}{self.day} will not take place", story, f"Please tell {self.first}."

    def cancellation_confirmation(self) -> Parts:
        story = self._about(_CANCELLED.get(self.word("code"), "{session} for {first}{on} is cancelled."))
        ask = f"If this is not right, please contact {self.us}."
        return f"{self.lesson}{self.day}: cancellation for {self.first}", f"{story} {self.charge}", ask

    def all_clear(self) -> Parts:
        story = self._about(_CLEARED.get(self.word("code"), "{first} was at {session}{on}."))
        charge = f" {self.charge}" if "units" in self.message.numbers else ""
        sorry = "We are sorry for the mix-up. Please ignore our earlier message."
        return f"Correction for {self.first}: {self.lesson}{self.day}", f"{story}{charge}", sorry

    def _about(self, template: str) -> str:
        return self.put(template, first=self.first, session=self.session, on=self.on)

    def reminder(self) -> Parts:
        teacher = f" with {self.instructor}" if self.instructor else ""
        story = f"{self.first} has {self.subject or 'a session'}{teacher} {self.soon}."
        cannot = self._cannot_come()
        if self.sms:
            return f"{self.lesson}{teacher}", story, f"{cannot} Join: {self.join_link}" if self.join_link else cannot
        notice = f" We ask for {lasting(self.names.cancel_notice)} of notice." if self.names.cancel_notice else ""
        join = f"\n\nJoin here: {self.join_link}" if self.join_link else ""
        ask = f"{cannot.removesuffix('.')} as soon as you can.{notice}"
        return f"{self.subject or 'Session'}{teacher} {self.soon}", f"{story}{join}", ask

    def live_rescue(self) -> Parts:
        began = f" It began at {self.clock}." if self.clock else ""
        join = f"Join: {self.join_link}" if self.join_link else "Please join now."
        not_in = f"{self.first} is not in {self.session} yet"
        return not_in, f"{not_in}.{began} {join}", self._cannot_come()

    def _cannot_come(self) -> str:
        return f"If {self.first} cannot come, please tell {self.us}."

    def answer_subject(self) -> str:
        return f"Your message to {self.operator}"

    def missed_sessions(self, children: list[str], more: int, date: str) -> str:
        named = listed([*children, f"{more} more"] if more else children)
        return f"{named} missed sessions{f' on {date}' if date else ''}."

    def greeting(self) -> str:
        return f"Hello {self.reader}," if self.reader else "Hello,"

    def why(self, children: list[str]) -> str:
        return f"You get this because you are a contact for {listed(children)}."
