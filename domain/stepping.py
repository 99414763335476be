"""What a person does with a step of the plan: take it out, or have it taken now."""

from __future__ import annotations

from domain.deciding import Deciding
from domain.episodes import raise_tier
from domain.events import StepForced, StepSkipped
from domain.follow_up import climbed
from domain.ladder import take_step
from domain.plan import Act, Step, plan
from domain.state import SkippedStep
from domain.tasks import climb

SKIPPABLE: frozenset[Act] = frozenset({"ladder_step", "raise_tier", "remind", "reassign", "escalate"})
FORCIBLE: frozenset[Act] = SKIPPABLE | {"wake"}
"""The others follow from the calendar: the end of a session, a pause or a watch is nobody's to move here."""


def act_on_step(d: Deciding, act: StepSkipped | StepForced) -> None:
    """Skip an armed step or take it now; refused where the step is gone or the calendar sets its time."""
    if isinstance(act, StepSkipped):
        _skip(d, act)
    else:
        _force(d, act)


def _skip(d: Deciding, act: StepSkipped) -> None:
    """Take an armed step out of the plan. What comes after it stays where it is."""
    step = _armed(d, act.step)
    if step is None:
        d.refuse("step_not_armed")
    elif step.act not in SKIPPABLE:
        d.refuse("step_keeps_its_time", what=step.act)
    elif _another_first(d, step):
        d.refuse("earlier_step_first")
    else:
        d.because("step_skipped", by=act.by, what=step.act)
        ahead = {s.key for s in plan(d.state, d.facts, d.now)}
        kept = (s for s in d.state.skipped if s.step in ahead)
        d.remember(skipped=(*kept, SkippedStep(step=step.key, by=act.by)))


def _force(d: Deciding, act: StepForced) -> None:
    """Take an armed step now. It is done then, and is not taken again when its time comes."""
    step = _armed(d, act.step)
    if step is None:
        d.refuse("step_not_armed")
    elif step.act not in FORCIBLE:
        d.refuse("step_keeps_its_time", what=step.act)
    elif _another_first(d, step):
        d.refuse("earlier_step_first")
    elif _nobody_else(d, step):
        d.refuse("nobody_else")
    else:
        d.because("step_forced", by=act.by, what=step.act)
        _take(d, step)


def _take(d: Deciding, step: Step) -> None:
    task = d.state.task(step.about)
    match step.act:
        case "ladder_step":
            take_step(d, step.number)
        case "raise_tier":
            raise_tier(d, 3)
        case "wake" | "remind" | "reassign" | "escalate" as act if task:
            climbed(d, climb(task, act, d.facts.team, d.now), act)
        case _:
            pass


def _armed(d: Deciding, key: str) -> Step | None:
    return next((s for s in plan(d.state, d.facts, d.now) if s.key == key and s.will_run and s.act != "send"), None)


def _nobody_else(d: Deciding, step: Step) -> bool:
    task = d.state.task(step.about)
    if task is None or step.act not in ("reassign", "escalate"):
        return False
    return climb(task, step.act, d.facts.team, d.now).owner_id == task.owner_id


def _another_first(d: Deciding, step: Step) -> bool:
    """The messages of a case go in their order."""
    return step.act == "ladder_step" and any(
        s.act == "ladder_step" and s.will_run and s.number < step.number for s in plan(d.state, d.facts, d.now)
    )
