"""The numbers of the policy in plain words: what each does, its unit as people think of it, and its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

LENGTHS: Mapping[str, timedelta] = {
    "seconds": timedelta(seconds=1),
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}
"""Units of lengths of time."""
NO_COUNTS = frozenset({*LENGTHS, "percent", "handling", "chases", "ladder"})
"""Units that are no whole numbers of something. `chases` are several minutes, `ladder` has rows of its own."""


@dataclass(frozen=True)
class Number:
    """One value of the policy. `key` is its name, with `attendance.` before those of the thresholds.

    `unit` is one of NO_COUNTS, or what a whole number counts ("misses"). One with `when_empty` may be left empty.
    """

    key: str
    label: str
    unit: str
    about: str = ""
    when_empty: str | None = None

    @property
    def is_count(self) -> bool:
        """Whether it is a whole number."""
        return self.unit not in NO_COUNTS


@dataclass(frozen=True)
class Group:
    """Numbers that belong together, and the source of what they ship as."""

    key: str
    title: str
    source: str
    numbers: Sequence[Number]


SIMULATED = (
    "Source: a simulation of chance alarms. With these, 5 to 35 % of cases are chance, by lessons a week, and 97 % of "
    "real declines are found."
)
JUDGED = "Source: our judgement."
GROUPS: Sequence[Group] = (
    Group(
        "opens",
        "When a case opens (tier 2)",
        SIMULATED,
        (
            Number(
                "unannounced_in_row", "Missed in a row without notice", "misses", "So many lessons one after the other."
            ),
            Number("unannounced_within_days", "Two without notice, within", "calendar days", "On two different dates."),
            Number("misses", "Missed of the last few", "misses", "With or without notice."),
            Number("misses_of_last", "The last few are", "lessons", "Lessons the rule above looks at."),
            Number(
                "first_misses", "Missed of the first lessons", "misses", "A beginner who misses is looked at sooner."
            ),
            Number(
                "first_sessions",
                "The first lessons are",
                "lessons",
                "Lessons of an enrollment the rule above looks at.",
            ),
            Number("fires_within", "A miss counts as new for", "hours", "What becomes known later tells no family."),
            Number(
                "backfill_fires_within",
                "A miss told late opens a case for",
                "days",
                "Beyond the hours above a case opens with a task and without messages.",
            ),
            Number("reopens_within", "A closed case opens again within", "days", "On a miss without notice."),
        ),
    ),
    Group(
        "urgent",
        "When it is urgent (tier 3)",
        SIMULATED,
        (
            Number("urgent_in_row", "Missed in a row", "misses", "With the number without notice below."),
            Number("urgent_misses", "Missed of the last many", "misses", "With the number without notice below."),
            Number("urgent_of_last", "The last many are", "lessons", "Lessons the rule above looks at."),
            Number("urgent_unannounced", "Of these without notice", "misses", "At least so many. 0 asks for none."),
            Number("unfinished_after", "A case nobody finished rises after", "days", "Its follow-up goes up a tier."),
        ),
    ),
    Group(
        "ladder",
        "What the family hears",
        f"{JUDGED} Whether a message leaves by itself or a person reads it first is said for each.",
        (
            Number("notice", "Notice of a missed lesson", "handling"),
            Number("first_concern", "Message when a case opens", "handling"),
            Number(
                "ladder",
                "Later messages of a case",
                "ladder",
                "Each ends with a reply, a lesson attended, or outreach.",
            ),
        ),
    ),
    Group(
        "messages",
        "Limits of messages",
        "Source: our judgement. A mistake is noticed within seconds, and nobody waits for more.",
        (
            Number("undo_for", "Held for Undo", "seconds", "What a person lets go waits so long before it leaves."),
            Number(
                "weekly_sms_cap", "Texts a week to one contact", "texts", "At most. Beyond it the e-mail goes alone."
            ),
            Number(
                "settle_delay", "Wait before a notice", "minutes", "So that one text tells of all children of a family."
            ),
            Number("notice_useful_for", "A notice is of use for", "hours", "One that is later does not leave."),
            Number("concern_useful_for", "A concern is of use for", "days", "One that is later does not leave."),
        ),
    ),
    Group(
        "watch",
        "Whether it worked",
        JUDGED,
        (
            Number("watch_sessions", "Lessons watched after a follow-up", "lessons", "A miss in them brings it back."),
            Number("watch_for", "Watched for at most", "days"),
            Number("watch_waits_for", "Without any lesson it waits", "days", "Then a task asks why none is held."),
            Number(
                "recovered_in_row", "There in a row closes the case", "lessons", "Attended lessons one after the other."
            ),
        ),
    ),
    Group(
        "tasks",
        "Follow-ups of the team",
        "Source: 48 hours to 5 days are usual elsewhere; the rest is our judgement.",
        (
            Number(
                "remind_after_working_hours",
                "Reminder when nobody took it",
                "working hours",
                "Working hours after it opened.",
            ),
            Number(
                "reassign_after_business_days", "To a colleague", "business days", "Business days after it was due."
            ),
            Number("escalate_after_business_days", "To the lead", "business days", "Business days after it was due."),
            Number(
                "claim_working_hours",
                "“I'm on it” holds for",
                "working hours",
                "Working hours in which nothing is sent.",
            ),
            Number("contact_attempts", "Tries to reach a family", "tries", "Then the contact data is to be mended."),
            Number("contact_channels", "On at least", "ways", "Different ways, such as phone and text."),
        ),
    ),
    Group(
        "around",
        "Before and after a lesson",
        "Source: reminders a day and an hour ahead are usual elsewhere; asking the instructor is our judgement.",
        (
            Number("remind_by_email", "E-mail ahead", "hours", "Hours before the lesson. Empty for none.", "none"),
            Number("remind_by_sms", "Text ahead", "hours", "Hours before the lesson. Empty for none.", "none"),
            Number(
                "chase_instructor", "Ask for attendance after", "chases", "Minutes after the end, with commas between."
            ),
            Number(
                "unrecorded_task_after", "Then a task for the office after", "hours", "Hours after the lesson's end."
            ),
        ),
    ),
    Group(
        "attendance",
        "What counts as there",
        "Source: 15 minutes of grace at four schools; the shares are our judgement. A schedule may have its own.",
        (
            Number("attendance.attended_ratio", "Attended from", "percent", "Share of the lesson, in percent."),
            Number("attendance.partial_ratio", "In part from", "percent", "Below it the lesson is missed."),
            Number("attendance.late_after", "Late after", "minutes"),
            Number("attendance.left_early_before", "Left early before the end by", "minutes"),
            Number("attendance.settle_after", "Settled after the end by", "minutes", "Until then evidence may come."),
            Number(
                "attendance.nobody_by", "Nobody came by", "minutes", "Minutes in which some student should have come."
            ),
            Number(
                "attendance.instructor_waits", "The instructor waits", "minutes", "Of these, to have done his part."
            ),
            Number(
                "attendance.instructor_ratio", "The instructor was there from", "percent", "Below it nobody is charged."
            ),
            Number(
                "attendance.rescue_from", "Call into the room after", "minutes", "When nobody of the family is there."
            ),
            Number("attendance.rescue_until", "And once more after", "minutes"),
        ),
    ),
    Group(
        "package",
        "Cancelling, making up and balance",
        "Source: elsewhere one free pass a term, one or two credits of 30 to 120 days, a warning at 2 or 3 left.",
        (
            Number("grace_per_term", "Free late cancellations a term", "passes"),
            Number("make_ups_open", "Make-ups open at once", "credits"),
            Number("make_up_valid_for", "A make-up is good for", "days"),
            Number("low_balance_units", "Few are left at", "lessons", "At least so many, whatever is scheduled."),
            Number("low_balance_weeks", "Or what is needed in", "weeks", "Weeks of lessons ahead, if that is more."),
        ),
    ),
)
"""Every number of the policy, in the order of the form."""
NUMBERS: Mapping[str, Number] = {n.key: n for group in GROUPS for n in group.numbers}
HANDLINGS = (("send", "leaves by itself"), ("review", "a person reads it first"))
"""What may become of a message, and how it is said."""
