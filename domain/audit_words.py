"""Acts that no journal holds, in words: what an admin reads in the log of who did what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from domain.explaining import Who, code_in_words
from domain.value import Id
from domain.wording import capital

ACTS: Mapping[str, str] = {
    # staff and keys
    "staff_added": "{by} added {about} as {role}.",
    "role_changed": "{by} changed the role of {about} from {from} to {to}.",
    "staff_deactivated": "{by} saw {about} off. Tasks and enrollments went to colleagues.",
    "staff_activated": "{by} made {about} active again.",
    "staff_changed": "{by} changed name, address or ref of {about}.",
    "invited": "{by} invited {about} to set a password.",
    "signed_in": "{by} signed in.",
    "key_made": "{by} made the API key {about}.",
    "key_revoked": "{by} revoked the API key {about}.",
    # the operation
    "policy_published": "{by} published version {version} of the policy.",
    "template_changed": "{by} changed what families are told: {purpose}, {channel}, {language}.",
    "template_reset": "{by} took back our own words for families: {purpose}, {channel}, {language}.",
    "import_applied": "{by} applied an import.",
    "organization_changed": "{by} changed name, zone or country of the organization.",
    "days_closed": "{by} closed the days from {from} to {to}.",
    "day_reopened": "{by} took the closure of {from} back.",
    "series_added": "{by} added a series of lessons in {about}.",
    "series_ended": "{by} ended a series of lessons in {about}.",
    "term_added": "{by} added a term.",
    "webhook_added": "{by} added the webhook endpoint {about}.",
    "webhook_changed": "{by} changed the webhook endpoint {about}.",
    "webhook_deleted": "{by} deleted the webhook endpoint {about}.",
    "webhook_secret_rotated": "{by} gave the webhook endpoint {about} a new secret.",
    "holds_released": "{by} released {messages} held messages.",
    "holds_discarded": "{by} discarded {messages} held messages.",
    # tasks of no student
    "task_claimed": "{by} is on a task of the operation: {task}.",
    "task_snoozed": "{by} put a task of the operation off: {task}.",
    "task_reassigned": "{by} gave a task of the operation to {to}: {task}.",
    "task_completed": "{by} finished a task of the operation: {task}.",
    "task_dismissed": "{by} said that a task of the operation is not needed: {task}.",
    # single lessons
    "session_moved": "{by} moved {about}.",
    "session_substituted": "{by} gave {about} to {to}.",
    "session_called_off": "{by} called {about} off: {code}.",
    "instructor_asked": "{by} asked {to} for the attendance of {about}.",
}
"""A sentence for each act. `{by}` is who did it, `{about}` what or whom, the rest the act's own numbers."""
_IDS = frozenset({"to"})


def act_in_words(act: str, by: str, about: str, numbers: Mapping[str, object], who: Who) -> str:
    """What somebody did, in a sentence; an act without words is said with spaces."""
    sentence = ACTS.get(act)
    if sentence is None:
        return f"{capital(by)}: {code_in_words(act)}."
    told: dict[str, str] = defaultdict(lambda: "something")
    told |= {name: _told(name, value, who) for name, value in numbers.items()}
    return capital(sentence.format_map(told | {"by": by, "about": about}))


def _told(name: str, value: object, who: Who) -> str:
    called = who(Id(str(value))) if name in _IDS else ""
    return called or code_in_words(str(value))
