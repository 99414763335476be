"""Who may change the calendar (integrations and staff, an instructor only his own sessions), and who then wakes."""

from __future__ import annotations

from api.access import Caller
from api.problem_kinds import OWN
from db.session_changes import Actor, Changed
from domain.refusals import Forbidden
from domain.tasks import Role


def may_plan(here: Caller) -> None:
    """Raise Forbidden for an instructor: series, closures and calling off for the operator are the office's."""
    if here.actor is not None and here.actor.role is Role.INSTRUCTOR:
        raise Forbidden("role_needed", OWN["role_needed"])


def actor_of(here: Caller) -> Actor:
    """Who changes a session, as the books ask it."""
    return Actor(here.actor.id, here.actor.role) if here.actor else Actor()


def wake_all(here: Caller, changed: Changed) -> None:
    """Nudge the session and its students, unless nothing changed."""
    for student_id, row_id in changed.students:
        here.wake(student_id, row_id)
    if not changed.repeated:
        here.wake_session(changed.session.id)
