"""Past decisions and steps ahead in a coordinator's words. Words are made when drawn; the books keep rules and numbers.

What is unknown here (a rule of a newer program, a number an old entry lacks) is said as well as can be, never raised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from domain.balance import EntryKind
from domain.effects import CancelMessage, Effect, LogOutreach, PostEntry, PutCase, PutTask, QueueMessage
from domain.facts import Facts
from domain.plan import Step
from domain.sending import Message
from domain.state import State
from domain.tasks import Task, fewest_open
from domain.value import Because, Id
from domain.wording import capital, counted, task_in_words, when

Who = Callable[[Id], str]
"""What an id is called: a person's name, a session's lesson and time, an enrollment's subject. Answers for any id."""

REFUSALS: Mapping[str, str] = {
    "task_not_open": "This task is finished already. Reload the list and choose an open task.",
    "outcome_needed": "This task belongs to a case. Say what came of it, such as reached or no answer.",
    "snooze_in_the_past": "This time has passed. Choose a later time to put the task off to.",
    "not_on_the_team": "This person is not on the team. Choose somebody from the team list.",
    "enrollment_unknown": "The student has no such enrollment. Check the enrollment's id and try again.",
    "nothing_to_adjust": "An adjustment of 0 changes nothing. Give a number of sessions above or below 0.",
    "return_date_in_the_past": "This return date has passed. Choose a date that lies ahead.",
}
"""Why an act was not accepted and what to do next, by the rule that refused it."""

RULES: Mapping[str, str] = {
    "enrolled": "Enrolled: {enrollment}.",
    "outcome": "{session}: {code}.",
    "outcome:corrected": "{session} was corrected to {code}.",
    "outcome_unknown": "An outcome came in that is not in the books. Nothing was done.",
    "superseded": "A newer version of this outcome stands (version {by_version}), so this one changes nothing.",
    "session_ended": "{session} is over and counts from now on.",
    "backfill_tells_nobody": "It came in more than 72 hours after the session, so the family is not told.",
    "paused_tells_nobody": "The student is paused, so the family is not told.",
    "withdrawn_tells_nobody": "The student has left, so the family is not told.",
    "useless_by_now": "A message would come too late to be useful, so none was sent.",
    "too_late_to_tell": "The session had begun by then, so no message was sent.",
    "all_clear": "A notice had left, so an all-clear goes to everybody who got it.",
    "step_gone": "A planned step was no longer needed when its time came.",
    # the balance
    "charged": "{units:session} taken from the balance.",
    "credited_back": "{units:session} credited back.",
    "booked_already": "This is in the book already. Nothing was booked twice.",
    "balance_low": "The balance is down to {balance:session} (alert at {level}).",
    "balance_empty": "The balance is used up (it stands at {balance}).",
    "topped_up": "{units:session} bought. The balance is now {balance}.",
    "adjusted": "The balance was adjusted by hand by {units}.",
    # what opens, raises and ends a case
    "unannounced_in_row": "Missed {missed:session} in a row without notice in time.",
    "unannounced_in_days": "Missed {missed:session} within {days:day} without notice in time.",
    "misses_of_last": "Missed {missed} of the last {last:session}.",
    "first_sessions": "Missed {missed} of the first {last:session}.",
    "misses_in_row": "Missed {missed:session} in a row, {unannounced} of them without notice in time.",
    "many_misses": "Missed {missed} of the last {last:session}, {unannounced} of them without notice in time.",
    "first_session_missed": "The very first session was missed, so a welcome call is due.",
    "further_miss": "One more miss while the case is open. It is added to the case.",
    "missed_after_closing": "Missed without notice in time, {days:day} after the case closed, so the case opens again.",
    "unfinished": "The task was not finished within {days:day}, so the case goes up a tier.",
    "not_recovered": "{session} was corrected to a miss, so the case that seemed recovered opens again.",
    "no_ground_left": "After the correction of {session} the case has no ground any more.",
    "present_in_row": "Present {sessions:time} in a row: recovered.",
    "watch_begins": "Attendance is watched from now on, for up to {days:day}.",
    "missed_in_watch": "Missed without notice in time under watch. The follow-up goes one step higher.",
    "watch_unclear": "Not every session was attended under watch. The follow-up goes on.",
    "no_miss_in_watch": "No miss under watch: recovered.",
    "watch_waits_for_a_session": "No session was held while attendance was watched. The watch waits for the first.",
    "no_sessions_held": "No session was held within {days:day}.",
    # messages to the family
    "ladder_step": "Step {step} of the messages to the family is due.",
    "ladder_ended": "No more messages of this case go to the family: {by}.",
    "overtaken": "Skipped, because the step after it was due as well.",
    "message_ended": "The {channel} ended as {state}.",
    "message_ended:reason": "The {channel} ended as {state}: {reason}.",
    "nothing_to_fall_back_from": "A delivery report came in. There is nothing to do about it.",
    "next_guardian": "This contact cannot be reached, so contact number {position} is asked.",
    "nobody_reachable": "No contact can be reached, so the contact data need a person.",
    "reply": "{guardian} replied: {meaning}.",
    # tasks
    "claimed": "{by} is on it.",
    "snoozed": "{by} put the task off until {until}.",
    "reassigned_by_hand": "{by} gave the task to {to}.",
    "outreach": "{by} reached out to the family {channel}.",
    "completed": "{by} finished the task: {outcome}.",
    "not_needed": "{by} said that the task is not needed: {reason}.",
    "next_attempt": "No answer, so attempt {attempt} follows on the next working day.",
    "unreachable": "Nobody was reached in {attempts:attempt} on {channels:channel}.",
    "snooze_over": "The task was put off until now. It is open again.",
    "task_untouched": "Nobody claimed the task within {hours:working hour}.",
    "task_overdue": "The task is overdue by {days:business day}, so it goes to {to}.",
    "task_overdue_to_lead": "The task is overdue, so it goes up to {to}.",
    "nobody_above": "The task is overdue, and there is nobody else to give it to.",
    # pauses and leaving
    "paused": "Paused until {until}.",
    "attended_in_pause": "{session} was attended, so the pause is over.",
    "pause_ended": "The pause is over.",
    "withdrawn": "The student has left. What was open is closed.",
    **{rule: f"Not accepted. {sentence}" for rule, sentence in REFUSALS.items()},
}
"""A sentence for each rule. `{units:session}` is a number with its unit; `rule:variant` says a special case."""

CODES: Mapping[str, str] = {
    "no_show": "no-show",
    "late_cancelled": "cancelled late by the family",
    "cancelled_by_student": "cancelled in time by the family",
    "clash": "the time clashed",
    "call_me": "please call me",
    "stop": "no more texts",
    "start": "texts again",
    "unclear": "something for a person to read",
    "sms": "SMS",
    "email": "e-mail",
    "unknown": "unknown (the provider may have it)",
    "useless_by_now": "it came too late to be useful",
    "no_phone": "no phone number",
    "no_email": "no e-mail address",
    "opted_out": "the contact opted out of texts",
    "bounced": "the e-mail address bounced",
    "blast_guard": "held, because unusually many no-shows came in at once",
    "weekly_cap": "the weekly limit of texts is reached",
    "daily_cap": "the student's one text of the day has left",
    "corrected": "the outcome was corrected",
    "topped_up": "sessions were bought",
}
"""Codes that need more than their underscores taken away."""

_ENDED_BY = {
    "attended": "the student attended",
    "make_up_booked": "a make-up session is booked",
    "reply": "the family replied",
    "outreach": "a colleague reached out",
    "followed_up": "a colleague has followed up",
}
_CHANNELS = {"phone": "by phone", "sms": "by SMS", "email": "by e-mail", "in_person": "in person", "chat": "by chat"}
_IDS = frozenset({"by", "to", "guardian", "session", "enrollment"})
_ENTRIES = {EntryKind.TOP_UP: "top-up", EntryKind.REVERSE: "credited back", EntryKind.ADJUST: "adjusted by hand"}
_TASK_CHANGES = {
    "opened": "Task for {owner}: {task}, due {due}",
    "redated": "Task due {due} now: {task}",
    "reminded": "{owner} reminded of the task: {task}",
    "reassigned": "Task given to {owner}: {task}",
    "escalated": "Task gone up to {owner}: {task}",
    "woken": "Task open again: {task}",
    "claimed": "Task claimed by {claimed}: {task}",
    "snoozed": "Task put off until {snoozed}: {task}",
    "corrected": "Task closed after a correction: {task}",
}
_CASE_CHANGES = {
    "opened": "Case opened at tier {tier}",
    "reopened": "Case opened again at tier {tier}",
    "raised": "Case raised to tier {tier}",
    "resumed": "Case followed up again at tier {tier}",
    "closed": "Case closed as {outcome}",
    "step": "Case: message step {step} taken",
    "task": "Case got a task",
    "evidence": "Case has new evidence",
    "ladder_ended": "Case: no more messages, because {stopped}",
    "outreach": "Case: first contact logged",
    "watch": "Case: attendance is watched",
}
_STEPS: Mapping[str, str] = {
    "session_ends": "{about} ends on {due} and counts from then on",
    "ladder_step": "{ladder} on {due} unless the family replies, the student attends or a colleague reaches out",
    "raise_tier": "Case goes up to tier 3 on {due} unless its task is finished",
    "watch_ends": "Watching attendance ends on {due}",
    "pause_ends": "Pause ends on {due}",
    "send": "{message} on {due}",
    "wake": "Task opens again on {due}: {task}",
    "remind": "Reminder to {owner} on {due} unless somebody claims the task: {task}",
    "reassign": "Task goes from {owner} to {colleague} on {due} unless it is finished: {task}",
    "escalate": "Task goes up from {owner} to the lead on {due} unless it is finished: {task}",
}


def code_in_words(code: str) -> str:
    """A code or a reason as a person says it: "weekly_cap" is "the weekly limit of texts is reached"."""
    if code.startswith("case_"):
        return f"the case was closed as {code_in_words(code.removeprefix('case_'))}"
    return CODES.get(code, code.replace("_", " "))


def refusal(rule: str) -> str:
    """Why an act was not accepted, and what to do next."""
    return REFUSALS.get(rule, f"This was not accepted: {code_in_words(rule)}.")


class _Told(str):
    """A value in a sentence; `{units:session}` says it with its unit."""

    def __format__(self, unit: str) -> str:
        return counted(self, unit) if unit else str(self)


def explain(because: Because, who: Who, zone: str = "UTC") -> str:
    """Why something was decided, in a sentence, its times in `zone`; a rule without words is said with spaces."""
    rule, numbers = because.rule, because.numbers
    corrected = rule == "outcome" and numbers.get("version") not in (None, 1)
    special = "corrected" if corrected else "reason" if rule == "message_ended" and numbers.get("reason") else None
    sentence = RULES.get(f"{rule}:{special}" if special else rule)
    if sentence is None:
        return capital(code_in_words(rule)) + "."
    told: dict[str, _Told] = defaultdict(lambda: _Told("some"))
    told |= {key: _Told(_tell(rule, key, value, who, zone)) for key, value in numbers.items()}
    return capital(sentence.format_map(told))


def _tell(rule: str, key: str, value: int | str | None, who: Who, zone: str) -> str:
    if value is None:
        return "somebody" if key in _IDS else "none"
    if isinstance(value, int):
        return f"{value:+d}" if rule == "adjusted" else str(value)
    if key == "until":
        with suppress(ValueError):
            return when(datetime.fromisoformat(value), zone)
    if rule == "ladder_ended":
        return _ended_by(value)
    if rule == "outreach" and key == "channel":
        return _CHANNELS.get(value, f"by {value}")
    return who(value) if key in _IDS else code_in_words(value)


def _ended_by(stop: str | None) -> str:
    return _ENDED_BY.get(stop or "", code_in_words(stop or "it is over"))


def describe_effect(effect: Effect, who: Who, zone: str = "UTC") -> str:
    """What a decision did: "Posted -1 session", "Task for Ana: follow up, due Tue 3 Mar 17:00"."""
    match effect:
        case PostEntry(entry=line):
            kind = f" ({_ENTRIES[line.kind]})" if line.kind in _ENTRIES else ""
            return f"Posted {line.units:+d} session{'' if abs(line.units) == 1 else 's'}{kind}"
        case QueueMessage(message=m):
            return f"{_to(m, who)} queued for {when(m.due_at, zone)}: {code_in_words(m.purpose)}"
        case CancelMessage(reason=reason):
            return f"Message cancelled: {code_in_words(reason)}"
        case PutTask(task=task, change=change):
            template = _TASK_CHANGES.get(change, f"Task {code_in_words(change)}: {{task}}")
            return template.format(**_of_task(task, who, zone))
        case PutCase(case=case, change=change):
            template = _CASE_CHANGES.get(change, f"Case: {code_in_words(change)}")
            outcome = code_in_words(case.outcome or "closed")
            return template.format(tier=case.tier, step=case.step, outcome=outcome, stopped=_ended_by(case.stopped))
        case LogOutreach():
            reached_out = f"{who(effect.by)} reached out {_CHANNELS.get(effect.channel, f'by {effect.channel}')}"
            return f"{reached_out}: {code_in_words(effect.outcome)}" if effect.outcome else reached_out


def _to(message: Message, who: Who) -> str:
    return f"{capital(code_in_words(message.channel))} to {who(message.recipient_id)}"


def _of_task(task: Task | None, who: Who, zone: str) -> dict[str, str]:
    if task is None:
        return dict.fromkeys(("task", "owner", "due", "claimed", "snoozed"), "a task no longer open")
    return {
        "task": task_in_words(task.kind),
        "owner": who(task.owner_id),
        "due": when(task.due_at, zone),
        "claimed": who(task.claimed_by) if task.claimed_by else "somebody",
        "snoozed": when(task.snoozed_until, zone) if task.snoozed_until else "later",
    }


def describe_step(step: Step, state: State, facts: Facts, who: Who, zone: str) -> str:
    """A step ahead: "SMS and e-mail to Maria on Tue 3 Mar 17:40 unless ...", or that it will not run and why."""
    task = state.task(step.about)
    message = next((m for m in facts.messages if m.id == step.about), None)
    colleague = fewest_open(facts.team, task.owner_id) if task else None
    words = _of_task(task, who, zone) | {
        "about": who(step.about) if step.act == "session_ends" else "",
        "due": when(step.due_at, zone),
        "ladder": _ladder(step, state, facts, who),
        "message": _to(message, who) if message else "Message",
        "colleague": "the colleague with the fewest open tasks" if colleague else "the lead",
    }
    said = capital(_STEPS[step.act].format(**words))
    if step.why_not is None:
        return said
    reason = step.why_not.numbers.get("by") or explain(step.why_not, who, zone).rstrip(".")
    return f"{said.split(' unless ')[0]} will not run because {_ended_by(str(reason))}"


def _ladder(step: Step, state: State, facts: Facts, who: Who) -> str:
    """Whom a ladder step tells, and how: without a second guardian it is an e-mail to the first."""
    ladder = (facts.policy_of(state.case.policy_version) if state.case else facts.policy).ladder
    position = ladder[step.number - 1].guardian if 0 < step.number <= len(ladder) else 1
    if position <= len(facts.guardians):
        return f"SMS and e-mail to {who(facts.guardians[position - 1].id)}"
    return f"E-mail to {who(facts.guardians[0].id)}" if facts.guardians else "Message to the family"
