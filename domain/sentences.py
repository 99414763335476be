"""The sentences for what the rules decide, refuse and plan: tables by name, filled in by `explaining`."""

from __future__ import annotations

from collections.abc import Mapping

from domain.balance import EntryKind

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
    # before a session, and while it has begun without the student
    "reminder": "{session} begins soon, so the family is reminded by {channel}.",
    "reminded_already": "The family was reminded of {session} by {channel} before. Nothing was sent twice.",
    "asked_to_join": "{session} has begun and nobody is there for the student yet, so the family is asked to join.",
    "asked_before": "The family was asked to join {session} before. Nothing was sent twice.",
    "outcome_known": "{session} is known already ({code}), so no message was needed.",
    "session_over": "{session} was over by then, so no message was sent.",
    "nobody_to_tell": "No contact is on file, so nobody was told.",
    "step_gone": "A planned step was no longer needed when its time came.",
    # the balance
    "charged": "{units:session} taken from the balance.",
    "credited_back": "{units:session} credited back.",
    "graced": "{session}: a late cancellation the term forgives, so no session is used.",
    "grace_moved": "{session}: {units:session} taken after all. An earlier one is what the term forgives.",
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
    "overtaken": "Skipped: it came too late to be of use, or the step after it was due as well.",
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
    # a session's own process
    "reminder_due": "The families of {students:student} are reminded by {channel}.",
    "not_seen_yet": "{missing:student} not in the room yet, so the families are asked to join.",
    "room_not_seen": "Nothing is known from the room, so nobody is asked to join.",
    "nobody_to_ask": "Nobody is asked to join: all are there, or an unknown guest may be the one who is missing.",
    "no_instructor_to_ask": "The session has no instructor who could be asked to mark attendance.",
    "unrecorded": "Attendance is not recorded, so the instructor is asked for it (note {step}).",
    "unrecorded_for_a_day": "Attendance is not recorded a day after the session, so a coordinator gets a task.",
    "recorded_at_last": "Attendance is recorded now.",
    "session_called_off": "The session is called off, so there is nothing to do.",
    "marked": "{by} marked {student}: {code}.",
    "measured": "{student} was there for {minutes:minute}, {percent} % of the session.",
    "never_there": "{student} was not in the room.",
    "not_delivered": "The instructor was there for {instructor_percent} % of the session, so it was not held.",
    "nothing_seen": "Nothing is known from the room about {student}, so it stays unrecorded.",
    "stranger_may_be_student": "An unknown guest may be {student}, so it stays unrecorded until matched.",
    "stranger_may_be_instructor": "An unknown guest may be the instructor, so it stays unrecorded until matched.",
    "turned_up": "{student} came after all: {code}.",
    "told_ahead_and_not_there": "{student} was not there, as was told ahead. What was told stands.",
    "paused_and_not_there": "{student} is paused and was not there, so nothing is recorded.",
    "a_person_said_otherwise": "A person has said how it was for {student}, and that stands.",
    "dispute_window_over": "This came more than 72 hours after the session, so nothing changes for {student}.",
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
    "outcome_known": "the outcome is known by now",
    "topped_up": "sessions were bought",
}
"""Codes that need more than their underscores taken away."""

ENDED_BY: Mapping[str, str] = {
    "attended": "the student attended",
    "make_up_booked": "a make-up session is booked",
    "reply": "the family replied",
    "outreach": "a colleague reached out",
    "followed_up": "a colleague has followed up",
}
"""What ended the messages of a case."""
CHANNELS: Mapping[str, str] = {
    "phone": "by phone",
    "sms": "by SMS",
    "email": "by e-mail",
    "in_person": "in person",
    "chat": "by chat",
}
"""How a colleague reached the family."""
ENTRIES: Mapping[EntryKind, str] = {
    EntryKind.TOP_UP: "top-up",
    EntryKind.REVERSE: "credited back",
    EntryKind.ADJUST: "adjusted by hand",
}
"""Entries that are more than a charge."""
TASK_CHANGES: Mapping[str, str] = {
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
"""What happened to a task."""
CASE_CHANGES: Mapping[str, str] = {
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
"""What happened to a case."""
STEPS: Mapping[str, str] = {
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
"""A step ahead; what follows " unless " is left out when it will not run."""
