"""Tasks: what people do with them, and what they do when nobody does anything (rules, section 4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.cases import FollowUp
from domain.events import TaskClaimed, TaskCompleted, TaskDismissed, TaskReassigned, TaskSnoozed
from domain.facts import Facts
from domain.tasks import Colleague, Role
from tests.builders import ADA, ANA, BEN, LEA, a_student_facts, an_enrollment, on
from tests.domain.books import Books, two_missed

OPENED, DUE = on(7, 17), on(8, 17)
REMIND, REASSIGN, ESCALATE = on(8, 13), on(9, 17), on(10, 17)


def team_of(*team: Colleague) -> Facts:
    return a_student_facts(team=team)


def reminders(books: Books) -> list[tuple[str, datetime]]:
    made = [m for m in books.facts.messages if m.purpose == "task_reminder"]
    return sorted((m.recipient_id, m.created_at) for m in made)


# --- left alone -------------------------------------------------------------------------------------------------------


def test_an_untouched_task_is_reminded_then_given_away_then_lifted_to_the_lead() -> None:
    books = two_missed()
    seen = []
    for time in (REMIND, REASSIGN, ESCALATE):
        books.advance_to(time - timedelta(seconds=1))
        seen.append((books.task.owner_id, books.task.escalation.value))
        books.advance_to(time)
        seen.append((books.task.owner_id, books.task.escalation.value))
    assert seen == [
        ("ana", "none"),
        ("ana", "reminded"),
        ("ana", "reminded"),
        ("ben", "reassigned"),
        ("ben", "reassigned"),
        ("lea", "lead"),
    ]
    assert reminders(books) == [("ana", REMIND), ("ben", REASSIGN), ("lea", ESCALATE)]


def test_it_goes_to_the_coordinator_with_the_fewest_open_tasks() -> None:
    busy = BEN.model_copy(update={"open_tasks": 5})
    idle = Colleague(id="zoe", role=Role.COORDINATOR, open_tasks=1)
    instructor = Colleague(id="ian", role=Role.INSTRUCTOR)
    books = two_missed(team_of(ANA, busy, idle, instructor, LEA))
    books.advance_to(REASSIGN)
    assert books.task.owner_id == "zoe"


def test_who_is_alone_in_the_team_hands_it_straight_to_the_lead() -> None:
    books = two_missed(team_of(ANA, LEA))
    books.advance_to(REASSIGN)
    assert (books.task.owner_id, books.task.escalation) == ("lea", "lead")
    books.advance_to(on(20))
    assert len(reminders(books)) == 2


def test_without_a_lead_it_goes_to_an_admin() -> None:
    books = two_missed(team_of(ANA, BEN, ADA))
    books.advance_to(ESCALATE)
    assert books.task.owner_id == "ada"


def test_with_nobody_above_it_stays_and_is_asked_for_again() -> None:
    books = two_missed(team_of(ANA))
    books.advance_to(ESCALATE)
    assert books.task.owner_id == "ana"
    assert len(reminders(books)) == 3
    assert books.rules().count("nobody_above") == 2


def test_after_an_outage_only_the_last_of_the_steps_due_is_done() -> None:
    books = two_missed()
    books.now = on(12)
    books.advance_to(books.now)
    assert (books.task.owner_id, books.task.escalation) == ("lea", "lead")
    assert reminders(books) == [("lea", on(12))]
    assert books.rules().count("overtaken") == 3, "two of the task, one of the ladder"


# --- claim, snooze, reassign ------------------------------------------------------------------------------------------


def test_a_claim_stops_reminders_and_reassignment_for_a_business_day() -> None:
    books = two_missed()
    books.advance_to(on(9, 12))
    books.claims()
    assert books.task.claimed_until == on(10, 12)
    books.advance_to(on(10, 11, 59))
    assert books.task.owner_id == "ana"
    books.advance_to(on(10, 12))
    assert books.task.owner_id == "ben"


def test_a_claim_renewed_past_both_deadlines_leaves_one_step_to_do() -> None:
    books = two_missed()
    books.advance_to(on(9, 16))
    books.claims()
    books.advance_to(on(10, 15))
    books.claims()
    books.advance_to(on(11, 15))
    assert (books.task.owner_id, books.task.escalation) == ("lea", "lead")
    assert [r for r in books.rules() if r.startswith(("overtaken", "task_overdue"))][-2:] == [
        "overtaken",
        "task_overdue_to_lead",
    ]


def test_a_snoozed_task_wakes_on_its_time_and_counts_anew() -> None:
    books = two_missed()
    books.happens(TaskSnoozed(task_id=books.task.id, by="ana", until=on(21, 9)))
    books.records("attended", on(8, 10))
    books.advance_to(on(21, 8, 59))
    assert books.task.status == "snoozed"
    books.advance_to(on(21, 9))
    assert (books.task.status, books.task.escalation) == ("open", "none")
    books.advance_to(on(21, 13))
    assert books.task.escalation == "reminded"
    books.advance_to(on(22, 9))
    assert books.task.owner_id == "ben"


@pytest.mark.parametrize("miss", ["no_show", "partial"])
def test_a_new_miss_wakes_it(miss: str) -> None:
    books = two_missed()
    books.happens(TaskSnoozed(task_id=books.task.id, by="ana", until=on(14)))
    books.records(miss, on(8))
    assert books.task.status == "open"


def test_a_reply_wakes_it() -> None:
    books = two_missed()
    books.happens(TaskSnoozed(task_id=books.task.id, by="ana", until=on(14)))
    books.replies("ill")
    assert books.task.status == "open"


def test_a_new_miss_wakes_a_task_that_belongs_to_no_case() -> None:
    books = Books(a_student_facts(enrollments=(an_enrollment(balance=3),)))
    books.records("attended", on(0))
    books.happens(TaskSnoozed(task_id=books.task.id, by="ana", until=on(30)))
    books.records("no_show", on(1))
    assert books.task.status == "open"


def test_a_snooze_into_the_past_is_refused() -> None:
    books = two_missed()
    assert books.happens(TaskSnoozed(task_id=books.task.id, by="ana", until=on(7))).refused == "snooze_in_the_past"


def test_a_task_is_given_to_a_colleague() -> None:
    books = two_missed()
    books.claims()
    books.happens(TaskReassigned(task_id=books.task.id, by="lea", to="ben"))
    assert (books.task.owner_id, books.task.claimed_by) == ("ben", None)


def test_a_task_is_not_given_to_a_stranger() -> None:
    books = two_missed()
    refused = books.happens(TaskReassigned(task_id=books.task.id, by="lea", to="nobody"))
    assert (refused.refused, refused.effects) == ("not_on_the_team", ())


@pytest.mark.parametrize("verb", [TaskClaimed, TaskCompleted, TaskDismissed, TaskSnoozed, TaskReassigned])
def test_a_task_that_is_not_open_takes_no_act(verb: type) -> None:
    more = {"act_id": "a", "outcome": "reached", "reason": "other", "until": on(9), "to": "ben"}
    decision = Books().happens(verb(**{"task_id": "gone", "by": "ana"} | more))
    assert decision.refused == "task_not_open"


# --- finishing --------------------------------------------------------------------------------------------------------


def test_a_case_task_is_finished_only_with_what_it_led_to() -> None:
    books = two_missed()
    assert books.completes("done").refused == "outcome_needed"


@pytest.mark.parametrize(
    ("outcome", "closes_as"), [("paused", "paused"), ("withdrawing", "withdrawn"), ("reached", None)]
)
def test_an_outcome_closes_the_case_or_begins_the_watch(outcome: str, closes_as: str | None) -> None:
    books = two_missed()
    books.completes(outcome)
    assert books.case.outcome == closes_as
    assert (books.case.watch_since is None) is (closes_as is not None)
    (task,) = books.tasks.values()
    assert (task.status, task.outcome, task.finished_by) == ("done", outcome, "ana")


@pytest.mark.parametrize("reason", ["duplicate", "false_alarm", "other"])
def test_a_task_not_needed_closes_the_case_so(reason: str) -> None:
    books = two_missed()
    books.happens(TaskDismissed.model_validate({"task_id": books.task.id, "by": "ana", "reason": reason}))
    assert books.case.outcome == reason
    assert [t.status for t in books.tasks.values()] == ["not_needed"]


def test_no_answer_is_tried_again_the_next_working_day() -> None:
    books = two_missed()
    books.advance_to(on(11, 10))
    books.completes("no_answer", channel="phone")
    assert (books.task.attempt, books.task.due_at, books.task.channels) == (2, on(14, 17), ("phone",))
    assert books.task.case_id == books.case.id


def test_three_attempts_on_two_channels_make_a_family_unreachable() -> None:
    books = two_missed()
    for channel in ("phone", "phone", "email"):
        books.completes("no_answer", channel=channel)
    assert books.case.outcome == "unreachable"
    assert books.open_kinds() == ["fix_contact"]


def test_three_attempts_on_one_channel_are_not_enough() -> None:
    books = two_missed()
    for _ in range(3):
        books.completes("no_answer")
    assert (books.task.attempt, books.case.outcome) == (4, None)
    books.completes("no_answer", channel="sms")
    assert books.case.outcome == "unreachable"


def test_a_call_without_a_case_is_tried_again_as_well() -> None:
    books = Books()
    books.replies("call_me")
    books.completes("no_answer")
    assert (books.task.kind, books.task.attempt, books.task.status) == ("call_back", 2, "open")
    assert len(books.tasks) == 2


@pytest.mark.parametrize(
    ("reached_at", "shown"), [(DUE, FollowUp.IN_TIME), (DUE + timedelta(minutes=1), FollowUp.LATE)]
)
def test_a_follow_up_is_in_time_if_a_person_reached_out_before_it_was_due(reached_at: datetime, shown: str) -> None:
    books = two_missed()
    books.advance_to(reached_at)
    books.logs_outreach()
    assert books.case.follow_up == shown
    assert [o.case_id for o in books.outreach] == [books.case.id]


def test_without_outreach_it_never_happened() -> None:
    books = two_missed()
    books.pauses(on(30))
    assert books.case.follow_up == "never"


def test_calling_back_who_asked_for_it_is_outreach_for_the_open_case() -> None:
    books = two_missed()
    books.replies("call_me")
    call_back = next(t for t in books.state.tasks if t.kind == "call_back")
    books.completes("reached", call_back)
    assert books.case.follow_up == "in_time"
    assert books.open_kinds() == ["follow_up"], "the case's own task is finished by a person"


def test_an_outcome_with_a_return_date_pauses_the_student() -> None:
    books = two_missed()
    books.completes("paused", return_at=on(21))
    assert books.case.outcome == "paused"
    assert books.state.pauses[-1].until == on(21)


def test_a_return_date_in_the_past_is_refused_and_the_task_stays() -> None:
    books = two_missed()
    assert books.completes("paused", return_at=on(1)).refused == "return_date_in_the_past"
    assert books.task.status == "open"
