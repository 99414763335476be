"""Every rule, effect and step has words a coordinator understands, and what is unknown is still said."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

import domain
from domain.balance import EntryKind, entry
from domain.cases import Case, CaseOutcome
from domain.effects import CancelMessage, Effect, LogOutreach, PostEntry, PutCase, PutTask, QueueMessage
from domain.explaining import CODES, REFUSALS, RULES, code_in_words, describe_effect, describe_step, explain, refusal
from domain.facts import Enrollment, Facts, Guardian
from domain.outcomes import Code, Outcome, Schedule
from domain.plan import Act, Step, plan
from domain.sending import Channel, Message, Purpose
from domain.state import State
from domain.tasks import Colleague, Escalation, Role, Task, TaskKind, TaskStatus
from domain.value import Because

NOW = datetime(2026, 3, 2, 16, 40, tzinfo=UTC)
MADRID = "Europe/Madrid"
NAMES = {"alice": "Alice", "bob": "Bob", "maria": "Maria", "s1": "Maths on Mon 2 Mar", "e1": "Maths"}
ENDINGS = {"balance_": ("low", "empty")}
"""Rule names put together from two parts: what the second part can be."""


def who(an_id: str) -> str:
    return NAMES.get(an_id, f"<{an_id}>")


# --- every name used anywhere in the rules ----------------------------------------------------------------------------


TREES = [ast.parse(source.read_text(encoding="utf-8")) for source in Path(domain.__file__).parent.glob("*.py")]
CALLS = [node for tree in TREES for node in ast.walk(tree) if isinstance(node, ast.Call)]


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _spelled(node: ast.expr) -> set[str]:
    """The strings an expression can be, as far as the source spells them."""
    match node:
        case ast.Constant(value=str(said)):
            return {said}
        case ast.IfExp(body=one, orelse=other):
            return _spelled(one) | _spelled(other)
        case ast.BinOp(left=ast.Constant(value=str(start))):
            return {start + end for end in ENDINGS[start]}
        case ast.Tuple(elts=[*_, last]):
            return _spelled(last)
        case ast.Subscript(value=ast.Dict(values=values)):
            return {said for value in values for said in _spelled(value)}
        case _:
            return set()


def given_to(*functions: str, position: int = 0, keyword: str = "") -> list[ast.expr]:
    """What the source gives to these functions at a position or by a keyword."""
    calls = [call for call in CALLS if _called(call) in functions]
    by_keyword = [k.value for call in calls for k in call.keywords if k.arg == keyword]
    return [node for call in calls for node in call.args[position : position + 1]] + by_keyword


def names_given_to(*functions: str, position: int = 0, keyword: str = "") -> set[str]:
    return {said for node in given_to(*functions, position=position, keyword=keyword) for said in _spelled(node)}


def names_returned_by(*functions: str) -> set[str]:
    """The strings these functions return, alone or as the last of several values."""
    bodies = [n for tree in TREES for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name in functions]
    given = [n.value for body in bodies for n in ast.walk(body) if isinstance(n, ast.Return) and n.value]
    return {said for value in given for said in _spelled(value)}


USED = names_given_to("because", "refuse", "fire", "Because", "Fired", "open_case", keyword="rule")
USED |= names_returned_by("_objection", "_from_the_room")
REFUSED = names_given_to("refuse")


def test_the_search_finds_what_is_known_to_be_there() -> None:
    assert {"charged", "credited_back", "balance_empty", "misses_in_row", "task_not_open", "ladder_ended"} <= USED
    assert len(USED) > 50


def test_no_rule_name_is_hidden_from_the_search() -> None:
    hidden = {ast.unparse(node) for node in given_to("because", "refuse", "fire") if not _spelled(node)}
    assert hidden <= {"rule", "f.rule"}


@pytest.mark.parametrize("rule", sorted(USED))
def test_every_rule_has_words(rule: str) -> None:
    assert rule in RULES
    assert explain(Because(rule=rule), who)[-1] == "."


def test_no_words_are_left_over() -> None:
    assert {rule.split(":")[0] for rule in RULES} == USED


def test_every_refusal_says_what_to_do_next() -> None:
    assert set(REFUSALS) == REFUSED
    assert all(sentence.count(".") == 2 for sentence in REFUSALS.values())


def test_every_reason_of_a_silence_reads_well() -> None:
    reasons = names_given_to("Verdict", keyword="reason") | names_given_to("cancel_waiting")
    assert {"blast_guard", "weekly_cap", "corrected"} <= reasons
    assert not any("_" in code_in_words(reason) for reason in reasons | {f"case_{o}" for o in CaseOutcome})
    assert not any("_" in said for said in CODES.values())


# --- what was decided -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("because", "said"),
    [
        (
            Because(rule="outcome", numbers={"code": "no_show", "version": 1, "session": "s1"}),
            "Maths on Mon 2 Mar: no-show.",
        ),
        (
            Because(rule="outcome", numbers={"code": "attended", "version": 2, "session": "s1"}),
            "Maths on Mon 2 Mar was corrected to attended.",
        ),
        (Because(rule="topped_up", numbers={"units": 8, "balance": 9}), "8 sessions bought. The balance is now 9."),
        (Because(rule="adjusted", numbers={"units": 2}), "The balance was adjusted by hand by +2."),
        (
            Because(rule="misses_of_last", numbers={"missed": 3, "last": 8, "tier": 2, "session": "s1"}),
            "Missed 3 of the last 8 sessions.",
        ),
        (
            Because(rule="snoozed", numbers={"by": "bob", "until": "2026-03-03T16:40:00+00:00"}),
            "Bob put the task off until Tue 3 Mar 17:40.",
        ),
        (Because(rule="snoozed", numbers={"by": "bob", "until": "soon"}), "Bob put the task off until soon."),
        (
            Because(rule="message_ended", numbers={"channel": "sms", "state": "suppressed", "reason": "weekly_cap"}),
            "The SMS ended as suppressed: the weekly limit of texts is reached.",
        ),
        (
            Because(rule="message_ended", numbers={"channel": "email", "state": "failed", "reason": None}),
            "The e-mail ended as failed.",
        ),
        (Because(rule="reply", numbers={"meaning": "call_me", "guardian": "maria"}), "Maria replied: please call me."),
        (
            Because(rule="outreach", numbers={"by": "alice", "channel": "in_person"}),
            "Alice reached out to the family in person.",
        ),
        (
            Because(rule="ladder_ended", numbers={"step": 1, "by": "attended"}),
            "No more messages of this case go to the family: the student attended.",
        ),
        (
            Because(rule="task_overdue", numbers={"days": 1, "to": "bob"}),
            "The task is overdue by 1 business day, so it goes to Bob.",
        ),
        (Because(rule="not_on_the_team", numbers={"to": "zoe"}), f"Not accepted. {REFUSALS['not_on_the_team']}"),
        (
            Because(rule="measured", numbers={"student": "maria", "minutes": 1, "percent": 2}),
            "Maria was there for 1 minute, 2 % of the session.",
        ),
        (
            Because(rule="marked", numbers={"student": "maria", "by": None, "code": "no_show"}),
            "Somebody marked Maria: no-show.",
        ),
        (Because(rule="topped_up"), "Some sessions bought. The balance is now some."),
        (Because(rule="a_rule_of_tomorrow", numbers={"x": None}), "A rule of tomorrow."),
    ],
)
def test_a_decision_is_explained(because: Because, said: str) -> None:
    assert explain(because, who, MADRID) == said


def test_an_unknown_refusal_is_still_said() -> None:
    assert refusal("too_many_cooks") == "This was not accepted: too many cooks."


def a_task(**more: object) -> Task:
    of = {"id": "t1", "kind": TaskKind.FOLLOW_UP, "owner_id": "alice", "case_id": "c1"}
    return Task.model_validate({**of, "opened_at": NOW, "due_at": NOW + timedelta(hours=23, minutes=20), **more})


def a_case(**more: object) -> Case:
    of = {"id": "c1", "tier": 2, "rule": "misses_of_last", "enrollment_id": "e1"}
    return Case.model_validate({**of, "opened_at": NOW, "ladder_since": NOW, "evidence": ("s1",), **more})


def a_message(**more: object) -> Message:
    of = {"id": "m1", "key": "k", "purpose": Purpose.CONCERN, "channel": Channel.SMS, "recipient_id": "maria"}
    times = {"due_at": NOW, "expires_at": NOW + timedelta(days=3), "created_at": NOW}
    return Message.model_validate({**of, "student_id": "ana", **times, **more})


def posted(kind: EntryKind, units: int) -> PostEntry:
    return PostEntry(entry=entry(kind, "k", "e1", units, NOW))


def outreach(**more: object) -> LogOutreach:
    of = {
        "id": "o",
        "task_id": "t1",
        "case_id": "c1",
        "by": "bob",
        "channel": "phone",
        "outcome": "no_answer",
        "at": NOW,
    }
    return LogOutreach.model_validate({**of, **more})


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (posted(EntryKind.CONSUME, -1), "Posted -1 session"),
        (posted(EntryKind.REVERSE, 2), "Posted +2 sessions (credited back)"),
        (posted(EntryKind.TOP_UP, 8), "Posted +8 sessions (top-up)"),
        (QueueMessage(message=a_message()), "SMS to Maria queued for Mon 2 Mar 17:40: concern"),
        (CancelMessage(message_id="m1", reason="corrected"), "Message cancelled: the outcome was corrected"),
        (
            CancelMessage(message_id="m1", reason="case_recovered"),
            "Message cancelled: the case was closed as recovered",
        ),
        (PutTask(task=a_task(), change="opened"), "Task for Alice: follow up, due Tue 3 Mar 17:00"),
        (PutTask(task=a_task(), change="reassigned"), "Task given to Alice: follow up"),
        (PutTask(task=a_task(claimed_by="bob"), change="claimed"), "Task claimed by Bob: follow up"),
        (PutTask(task=a_task(), change="corrected"), "Task closed after a correction: follow up"),
        (PutCase(case=a_case(), change="opened"), "Case opened at tier 2"),
        (PutCase(case=a_case(outcome="plan_changed"), change="closed"), "Case closed as plan changed"),
        (
            PutCase(case=a_case(stopped="reply"), change="ladder_ended"),
            "Case: no more messages, because the family replied",
        ),
        (PutCase(case=a_case(), change="a_change_of_tomorrow"), "Case: a change of tomorrow"),
        (outreach(), "Bob reached out by phone: no answer"),
        (outreach(channel="email", outcome=None), "Bob reached out by e-mail"),
    ],
)
def test_an_effect_is_described(effect: Effect, said: str) -> None:
    assert describe_effect(effect, who, MADRID) == said


def test_every_change_of_a_task_or_a_case_reads_well() -> None:
    changes = names_given_to("put_task", position=1) | {s.value for s in TaskStatus}
    assert {"opened", "escalated", "joined_case", "corrected"} <= changes
    said = [describe_effect(PutTask(task=a_task(), change=change), who) for change in changes]
    said += [describe_effect(PutCase(case=a_case(), change=change), who) for change in names_given_to("put_case")]
    assert not [sentence for sentence in said if "_" in sentence or "{" in sentence]


# --- what comes next --------------------------------------------------------------------------------------------------

FACTS = Facts(
    student_id="ana",
    guardians=(Guardian(id="maria"),),
    enrollments=(Enrollment(id="e1", schedule=Schedule(id="x"), coordinator_id="alice", started_at=NOW),),
    team=(Colleague(id="alice", role=Role.COORDINATOR), Colleague(id="bob", role=Role.COORDINATOR)),
)


def described(state: State, facts: Facts = FACTS) -> list[str]:
    return [describe_step(step, state, facts, who, MADRID) for step in plan(state, facts, NOW)]


def test_the_plan_of_a_case_reads_like_a_diary() -> None:
    facts = FACTS.model_copy(update={"messages": (a_message(due_at=NOW + timedelta(minutes=3)),)})
    unless = "unless the family replies, the student attends or a colleague reaches out"
    assert described(State(case=a_case(), tasks=(a_task(),)), facts) == [
        "SMS to Maria on Mon 2 Mar 17:43",
        "Reminder to Alice on Tue 3 Mar 13:40 unless somebody claims the task: follow up",
        f"SMS and e-mail to Maria on Tue 3 Mar 17:40 {unless}",
        "Task goes from Alice to the colleague with the fewest open tasks on Wed 4 Mar 17:00"
        " unless it is finished: follow up",
        "Task goes up from Alice to the lead on Thu 5 Mar 17:00 unless it is finished: follow up",
        f"E-mail to Maria on Thu 5 Mar 17:40 {unless}",
        "Case goes up to tier 3 on Mon 16 Mar 17:40 unless its task is finished",
    ]


def test_what_will_not_run_says_why() -> None:
    assert described(State(case=a_case(stopped="reply")))[0] == (
        "SMS and e-mail to Maria on Tue 3 Mar 17:40 will not run because the family replied"
    )


def test_alone_in_the_team_a_task_goes_to_the_lead() -> None:
    facts = FACTS.model_copy(update={"team": FACTS.team[:1]})
    task = a_task(case_id=None, escalation=Escalation.REMINDED)
    assert described(State(tasks=(task,)), facts)[0].startswith("Task goes from Alice to the lead on Wed 4 Mar 17:00")


def test_a_session_told_ahead_has_its_place() -> None:
    times = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "received_at": NOW}
    ill = Outcome(id="o1", session_id="s1", enrollment_id="e1", code=Code.CANCELLED_BY_STUDENT, **times)
    facts = FACTS.model_copy(update={"outcomes": (ill,)})
    assert described(State(), facts) == ["Maths on Mon 2 Mar ends on Mon 2 Mar 18:40 and counts from then on"]


@pytest.mark.parametrize("act", [act for literal in get_args(Act) for act in get_args(literal)])
def test_every_step_has_words_even_when_its_subject_is_gone(act: str) -> None:
    step = Step.model_validate({"key": "k", "act": act, "due_at": NOW, "about": "gone", "number": 9})
    undone = step.model_copy(update={"why_not": Because(rule="paused", numbers={"until": NOW.isoformat()})})
    empty = Facts(student_id="ana")
    assert "Mon 2 Mar" in describe_step(step, State(), empty, who, MADRID)
    assert describe_step(undone, State(), empty, who, "UTC").endswith(
        "will not run because Paused until Mon 2 Mar 16:40"
    )
