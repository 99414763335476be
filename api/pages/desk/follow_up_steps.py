"""The timeline of a follow-up: what happened, what waits for somebody, what will come by itself, what will not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row

from api.pages.desk.follow_up_words import sentence
from api.pages.office.run_lines import Coming, coming
from api.timeline import Who, step_ahead
from domain.conversation import Turn
from domain.effects import Effect, PostEntry, PutCase, PutTask
from domain.events import EVENT, Enrolled, MessageReported, OutreachLogged, ReplyReceived, TaskCompleted
from domain.explaining import code_in_words, describe_effect, explain
from domain.facts import Facts
from domain.outcomes import Code, Outcome
from domain.plain_words import capital
from domain.plan import Step, plan
from domain.review_events import DraftRecalled, Reviewed
from domain.run_headlines import CASES, headline
from domain.state import State
from domain.tasks import fewest_open, lead_of
from domain.value import Because, Id

_EFFECTS: TypeAdapter[list[Effect]] = TypeAdapter(list[Effect])
_IN_TURNS = (MessageReported, OutreachLogged, ReplyReceived, Reviewed, Enrolled)
"""What the conversation tells better."""
_MISSES = {Code.NO_SHOW: "Nobody joined {lesson}", Code.LATE_CANCELLED: "{lesson} was cancelled late"}
_MOVED = {
    "reminded": "Reminder to {owner}",
    "reassigned": "Given to {owner}",
    "escalated": "Gone up to {owner}",
    "woken": "Back from its snooze, with {owner}",
}
"""What a task does by itself."""
_LOST = ("not delivered", "failed")
_ONE_NOTICE = timedelta(hours=1)
_FIRED = frozenset(
    {
        *("unannounced_in_row", "unannounced_in_days", "misses_of_last", "first_sessions", "misses_in_row"),
        *("many_misses", "first_session_missed", "further_miss", "missed_after_closing", "missed_in_watch"),
        *("unfinished", "not_recovered", "balance_low", "balance_empty", "nobody_reachable", "no_sessions_held"),
    }
)
"""Rules worth a line of their own below what happened."""


@dataclass(frozen=True)
class Line:
    """One step as `macros/timeline.html` draws it. `words` are what was sent, folded away; `badge` replaces its own."""

    state: str
    title: str
    at: datetime
    detail: str | None = None
    because: str | None = None
    icon: str | None = None
    words: str | None = None
    quote: str | None = None
    badge: str | None = None


def past(
    rows: Iterable[Row[Any]], turns: Iterable[Turn], facts: Facts, since: datetime, who: Who, zone: str
) -> list[Line]:
    """What happened since then, oldest first: decisions in their headlines, and what passed with the family."""
    outcomes = {o.id: o for o in facts.outcomes}
    rows, turns = list(rows), [t for t in turns if t.at >= since and t.kind != "waiting"]
    tried = {t.at: t for t in turns if t.kind == "outreach"}
    ended = {r.at for r in rows if r.event["kind"] == "task_completed" and not r.refused}
    found = [line for row in rows if row.at >= since and (line := _decided(row, outcomes, tried, who, zone))]
    found += _together([_turn(t) for t in turns if not (t.kind == "outreach" and t.at in ended)])
    return sorted(found, key=lambda x: x.at)


def _together(lines: Sequence[Line]) -> list[Line]:
    """The text and the e-mail of one notice as one line, where both came to the same."""
    kept: list[Line] = []
    for line in lines:
        before = kept[-1] if kept else None
        same = before and {before.title[:4], line.title[:4]} == {"Text", "E-ma"} and before.detail == line.detail
        if before and same and _rest(before) == _rest(line) and line.at - before.at < _ONE_NOTICE:
            text = before if before.title.startswith("Text") else line
            kept[-1] = replace(text, title=f"Text and e-mail to {_rest(line)}", at=before.at)
        else:
            kept.append(line)
    return kept


def _rest(line: Line) -> str:
    return line.title.partition(" to ")[2]


def _decided(
    row: Row[Any], outcomes: dict[Id, Outcome], tried: dict[datetime, Turn], who: Who, zone: str
) -> Line | None:
    event = EVENT.validate_python(row.event)
    if isinstance(event, DraftRecalled) and event.reopens is not None and not row.refused:
        return Line(
            "done", f"{capital(who(event.by))} took the message back, so this is open again", row.at, icon="back"
        )
    if row.refused or isinstance(event, _IN_TURNS):
        return None
    because = [Because.model_validate(b) for b in row.because]
    effects = _EFFECTS.validate_python(row.effects)
    title = headline(event, because, effects, who, zone)
    fired = next((sentence(explain(b, who, zone)) for b in because if b.rule in _FIRED), None)
    if event.kind == "outcome_recorded":
        return _outcome(row.at, outcomes.get(event.outcome_id), title, effects, fired, who)
    if isinstance(event, TaskCompleted):
        call = tried.get(row.at)
        title = f"{who(event.by)} finished it: {code_in_words(event.outcome)}"
        return Line("done", capital(title), row.at, icon="task", quote=call.words if call else None)
    if event.kind == "step_due":
        return _by_itself(row.at, title, effects, fired, who)
    done = [describe_effect(e, who, zone) for e in effects if isinstance(e, PutTask)]
    own = row.event.get("by")
    detail = None if own else next((sentence(d) for d in done if d != title), None)
    return Line("done", sentence(title).rstrip("."), row.at, detail, fired, "people" if own else "task")


def _by_itself(at: datetime, title: str, effects: Sequence[Effect], fired: str | None, who: Who) -> Line | None:
    moved = next((e for e in effects if isinstance(e, PutTask) and e.change in _MOVED), None)
    if moved is not None:
        told = _MOVED[moved.change].format(owner=who(moved.task.owner_id))
        return Line("done", told, at, None, fired, "swap" if moved.change in ("reassigned", "escalated") else "bell")
    changed = any(isinstance(e, PutCase) and e.change in CASES for e in effects)
    return Line("done", sentence(title).rstrip("."), at, None, fired, "case") if changed else None


def _outcome(
    at: datetime, outcome: Outcome | None, title: str, effects: Sequence[Effect], fired: str | None, who: Who
) -> Line:
    opened = next((e.case for e in effects if isinstance(e, PutCase) and e.change in ("opened", "reopened")), None)
    task = next((e.task for e in effects if isinstance(e, PutTask) and e.change == "opened"), None)
    if outcome is not None:
        lesson = who(outcome.session_id).partition(" on ")[0]
        title = _MISSES.get(outcome.code, "{lesson}: " + title.rpartition(": ")[2]).format(lesson=lesson)
        at = max(at, outcome.ends_at) if opened else outcome.ends_at
    if task is not None:
        title += f", {'follow-up' if opened else 'task'} opened for {who(task.owner_id)}"
    units = sum(e.entry.units for e in effects if isinstance(e, PostEntry))
    detail = f"{'1 lesson' if units == -1 else f'{-units} lessons'} taken from the balance" if units < 0 else None
    missed = outcome is None or outcome.is_miss
    return Line("done", sentence(title), at, detail, fired, None if missed else "check")


def _turn(turn: Turn) -> Line:
    title = turn.heading.replace("SMS to", "Text to").replace("SMS", "text")
    became, besides = capital(turn.became), "; ".join(turn.besides)
    detail = ". ".join(filter(None, (became, besides)))
    match turn.kind:
        case "reply":
            return Line("done", f"{title} answered", turn.at, became, icon="reply", quote=turn.words)
        case "outreach":
            return Line("done", capital(title), turn.at, became, icon="phone", quote=turn.words)
        case "not_sent":
            return Line("skip", title, turn.at, became, badge="Not sent")
        case _:
            lost = turn.became.startswith(_LOST)
            state = "fail" if lost else "unsure" if turn.became.startswith("unknown") else "done"
            icon = None if state != "done" else "sms" if turn.heading.startswith("SMS") else "mail"
            return Line(state, title, turn.at, detail, icon=icon, words=turn.words)


def ahead(state: State, facts: Facts, task_id: Id, who: Who, zone: str, now: datetime) -> tuple[list[Line], list[Line]]:
    """What will come by itself, and what will not run and why. Steps of other tasks are theirs to show."""
    steps = [s for s in plan(state, facts, now) if _concerns(s, state, task_id)]
    told = coming([step_ahead(s, state, facts, who, zone) for s in steps], zone)
    found = [_ahead(s, c, state, facts, who) for s, c in zip(steps, told, strict=True)]
    return [x for x in found if x.state == "plan"], [x for x in found if x.state == "skip"]


def _concerns(step: Step, state: State, task_id: Id) -> bool:
    return step.act not in ("wake", "remind", "reassign", "escalate") or step.about == task_id


def _ahead(step: Step, shown: Coming, state: State, facts: Facts, who: Who) -> Line:
    """A step of the task itself is told shorter than on the run's page: the task need not be named."""
    task, state_of = state.task(step.about), "skip" if shown.state == "skip" else "plan"
    if task is not None and state_of == "plan":
        colleague, lead = fewest_open(facts.team, task.owner_id), lead_of(facts.team, task.owner_id)
        to = who((colleague or lead).id) if colleague or lead else "nobody else"  # type: ignore[union-attr]
        match step.act:
            case "remind":
                return Line("plan", f"Reminder to {who(task.owner_id)}", shown.at, "If nobody takes it on by then")
            case "reassign":
                return Line("plan", f"Moves to {to}", shown.at, "If still open; to whoever has the fewest by then")
            case "escalate":
                above = who(lead.id) if lead else "nobody else"
                return Line("plan", f"Goes up to {above}", shown.at, "If still open")
            case "wake":
                return Line("plan", "Comes back from its snooze", shown.at, "Or at once on a new miss or a reply")
            case _:
                pass
    title = shown.title.replace("SMS and e-mail", "Text and e-mail").replace("SMS", "Text")
    detail = shown.detail.rpartition(": ")[2] if shown.detail else None
    return Line(state_of, sentence(title), shown.at, sentence(detail.rstrip(".")) if detail else None)
