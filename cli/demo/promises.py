"""What the story promised about each named student, checked against the books by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from cli.demo.cast import CAST
from cli.demo.month import Month
from cli.demo.parts import NEW_YORK
from cli.demo.seen import LEFT, Seen
from domain.working_time import QUIET_HOURS

BOTH = ["email", "sms"]
NOTICE = "absence_notice"


@dataclass(frozen=True)
class Kept:
    """One promise in words, and whether the books show it. `found` says what they show instead."""

    says: str
    is_kept: bool
    found: str = ""


def scripted(month: Month, seen: dict[str, Seen]) -> list[Kept]:
    """Every promise of the script."""
    checks = Checks(month, seen)
    checks.quiet_students()
    checks.rooms()
    checks.mistakes_and_money()
    checks.tasks()
    checks.families()
    checks.maya()
    checks.balances()
    return checks.kept


class Checks:
    """Promises by theme. A promise that cannot even be looked up is broken, not an error."""

    def __init__(self, month: Month, seen: dict[str, Seen]) -> None:
        self.staff, self.guardians = month.ids["staff"], month.ids["guardians"]
        self.seen = seen
        self.kept: list[Kept] = []

    def promise(self, says: str, ref: str, holds: Callable[[Seen], bool]) -> None:
        """One promise about one student."""
        try:
            self.kept.append(Kept(says, holds(self.seen[ref])))
        except (StopIteration, IndexError, KeyError, TypeError) as problem:
            self.kept.append(Kept(says, False, f"nothing to look at ({type(problem).__name__})"))

    def quiet_students(self) -> None:
        """Who comes is left alone."""
        self.promise(
            "Aisha came to every session, and her family got reminders only",
            "aisha",
            lambda s: s.purposes() == {"reminder"} and not s.tasks and {o.code for o in s.outcomes} == {"attended"},
        )
        self.promise(
            "Finn was late twice, was charged for it, and nobody was alarmed",
            "finn",
            lambda s: _units_of(s, "late") == [-1, -1] and s.purposes() == {"reminder", "live_rescue"} and not s.cases,
        )
        self.promise(
            "Finn's mother was asked both times whether he is joining, and he joined",
            "finn",
            lambda s: (
                [m.session_id for m in s.messages if m.purpose == "live_rescue" and m.state in LEFT]
                == [o.session_id for o in s.outcomes if o.code == "late"]
            ),
        )
        self.promise(
            "Carmen's notice waited for the morning of her family's zone",
            "carmen",
            lambda s: (
                len(at := s.handed_over("absence_notice")) == 2
                and all(
                    a.astimezone(ZoneInfo(NEW_YORK)).time().replace(minute=0, second=0, microsecond=0)
                    == QUIET_HOURS.ends
                    for a in at
                )
            ),
        )

    def rooms(self) -> None:
        """What is seen in the rooms, and what nobody saw."""
        self.promise(
            "Finn joined under a name nobody knew: it stayed unrecorded until Carol said who it was",
            "finn",
            lambda s: (
                len(s.settled_by("stranger_may_be_student")) == 1
                and len(s.settled_by("recorded_at_last")) == 1
                and not s.chases
            ),
        )
        self.promise(
            "Finn dropped out of the room for three minutes once: the other 57 count, and he was there",
            "finn",
            lambda s: s.minutes().count(57) == 1 and [o.code for o in s.outcomes].count("attended") == 6,
        )
        self.promise(
            "Ruth forgot Aisha's sheet once, was asked for it after half an hour, and marked it then",
            "aisha",
            lambda s: (
                [(m.staff_id, m.state) for m in s.chases] == [(self.staff["ruth"], "sent")]
                and (forgotten := s.settled_by("recorded_at_last")[0]).session_id == s.chases[0].session_id
                and timedelta(0) < forgotten.at - s.chases[0].handed_over_at < timedelta(minutes=15)
            ),
        )
        self.promise(
            "Maya's mother was asked whether she is joining, over an hour before the first notice",
            "maya",
            lambda s: s.notice_after_asking()[0] > timedelta(hours=1) and s.left("live_rescue") == ["sms"] * 4,
        )
        self.promise(
            "Nobody was asked whether Carmen is joining: her lessons are not in the connected classroom",
            "carmen",
            lambda s: not s.left("live_rescue"),
        )

    def mistakes_and_money(self) -> None:
        """What is corrected, cancelled, bought."""
        self.promise("Noah's family got one notice", "noah", lambda s: s.left("absence_notice") == BOTH)
        self.promise(
            "Noah's charge was credited back when his instructor took it back",
            "noah",
            lambda s: [e.units for e in s.entries if e.kind == "reverse"] == [1],
        )
        self.promise("Noah's all-clear went the ways of the notice", "noah", lambda s: s.left("all_clear") == BOTH)
        self.promise(
            "Emma's cancellation two days ahead was held",
            "emma",
            lambda s: _units_of(s, "cancelled_by_student") == [],
        )
        self.promise("Emma's late one was forgiven by the term", "emma", lambda s: _units_of(s, "late_cancelled") == [])
        self.promise(
            "Emma's family got a confirmation of each by e-mail",
            "emma",
            lambda s: s.left("cancellation_confirmation") == ["email", "email"],
        )
        self.promise(
            "Priya's low balance opened one task, and her top-up closed it",
            "priya",
            lambda s: [(t.kind, t.status, t.reason) for t in s.tasks] == [("low_balance", "closed", "topped_up")],
        )

    def tasks(self) -> None:
        """What people do, and what happens when nobody does anything."""
        self.promise(
            "Theo's untouched task brought a reminder, went to a colleague, and climbed to the lead",
            "theo",
            lambda s: (
                [c for c in s.changes("put_task") if c in _CLIMBING] == list(_CLIMBING)
                and s.task("follow_up").owner_id == self.staff["lea"]
            ),
        )
        self.promise(
            "Theo has one guardian: the second step went to her by e-mail",
            "theo",
            lambda s: s.left("concern", self.guardians["jana-novak"], step=2) == ["email"],
        )
        self.promise("Theo recovered", "theo", lambda s: s.case_ended("recovered"))
        self.promise(
            "Sofia was called in time, attended three times and recovered",
            "sofia",
            lambda s: s.case_ended("recovered", follow_up="in_time") and "present_in_row" in s.rules(),
        )
        self.promise(
            "Nora's family was tried three times on two channels and is unreachable",
            "nora",
            lambda s: s.case_ended("unreachable") and s.changes("put_task").count("opened") == 4,
        )
        self.promise("Nora's contact data were mended", "nora", lambda s: s.task("fix_contact").outcome == "done")
        self.promise(
            "Nora's family heard that a session was called off", "nora", lambda s: s.left("called_off") == BOTH
        )
        self.promise(
            "Ben's missed first session brought a welcome call, and no case",
            "ben",
            lambda s: s.task("welcome_call").outcome == "reached" and not s.cases,
        )

    def families(self) -> None:
        """What a family does."""
        self.promise("Leo's mother got the concern message", "leo", lambda s: s.left("concern", step=0) == BOTH)
        self.promise(
            "Leo's mother replied, and no further step left",
            "leo",
            lambda s: s.case_ended("recovered", stopped="reply") and s.left("concern") == BOTH,
        )
        self.promise("Lucas's pause closed his case", "lucas", lambda s: s.case_ended("paused"))
        self.promise(
            "Lucas's family heard nothing of the pause's two sessions, and they cost nothing",
            "lucas",
            lambda s: len(s.outcomes) == 6 and s.left("reminder").count("sms") == 6,
        )
        self.promise(
            "Ida's and Max's mother got one text that names both",
            "ida",
            lambda s: (
                len(texts := [m for ref in ("ida", "max") for m in self.seen[ref].sms("sent", None, NOTICE)]) == 1
                and all(name in texts[0].body for name in ("Ida", "Max"))
                and sum(len(self.seen[ref].sms("merged")) for ref in ("ida", "max")) == 1
            ),
        )

    def maya(self) -> None:
        """The whole ladder."""
        karin, per = self.guardians["karin-lindqvist"], self.guardians["per-lindqvist"]
        self.promise("Maya's first no-show was a notice", "maya", lambda s: s.first_about_absence().purpose == NOTICE)
        self.promise(
            "Maya's second opened a case with a concern message",
            "maya",
            lambda s: s.changes("put_case")[0] == "opened" and s.left("concern", karin, step=0) == BOTH,
        )
        self.promise("Maya's case reached tier 3", "maya", lambda s: s.cases[0].tier == 3)
        self.promise("Maya's task became due the same day", "maya", lambda s: "redated" in s.changes("put_task"))
        self.promise(
            "Maya's mother was written to again after a day, by e-mail: three texts a week are enough",
            "maya",
            lambda s: s.left("concern", karin, step=1) == ["email"] and len(s.sms("suppressed", "weekly_cap")) == 1,
        )
        self.promise(
            "Maya's father was asked after three days", "maya", lambda s: s.left("concern", per, step=2) == BOTH
        )
        self.promise(
            "Maya's next miss while watched went to the lead",
            "maya",
            lambda s: "missed_in_watch" in s.rules() and s.tasks[-1].finished_by == self.staff["lea"],
        )
        self.promise("Maya recovered", "maya", lambda s: s.case_ended("recovered", follow_up="late"))

    def balances(self) -> None:
        """Money, as the script expects it."""
        for part in CAST:
            found = self.seen[part.ref].balance
            says = f"{part.first_name}'s balance is {part.left}"
            self.kept.append(Kept(says, found == part.left, "" if found == part.left else f"it is {found}"))


_CLIMBING = ("reminded", "reassigned", "escalated")


def _units_of(s: Seen, code: str) -> list[int]:
    """What outcomes with this code took from the balance; they must exist."""
    of_code = {o.id for o in s.outcomes if o.code == code}
    if not of_code:
        raise KeyError(code)
    return [e.units for e in s.entries if e.outcome_id in of_code]
