"""Every kind of problem this API answers with, and what to do about it: the text behind each `type` address."""

from __future__ import annotations

from collections.abc import Mapping

from domain.explaining import REFUSALS

OWN: Mapping[str, str] = {
    # who asks
    "key_missing": "Send an API key: Authorization: Bearer bw_... Make one with `bellwether api-key create --name N`.",
    "key_unknown": "The API key is not known here or was revoked. Check it, or make a new one.",
    "actor_unknown": "Bellwether-Actor must name an active staff member by id, ref or e-mail address.",
    "actor_needed": "This is a person's act. Name the staff member in the header Bellwether-Actor.",
    "role_needed": "This staff member's role does not allow it. Ask a colleague whose role does.",
    # how it is asked
    "invalid_request": "Some values cannot be accepted. `errors` points at each of them and says why.",
    "malformed_json": "The body is no JSON document. `errors` says where reading stopped.",
    "body_too_large": "The body is larger than 5 MB. Send it in several requests.",
    "route_unknown": "There is nothing at this address. /openapi.json lists all addresses.",
    "method_not_allowed": "The address exists but does not take this method. The header Allow lists those it takes.",
    "bad_request": "The request cannot be understood. The detail says why.",
    "cursor_invalid": "A cursor belongs to the list that gave it. Start again without one.",
    "not_storable": "A text holds a character that cannot be stored, such as NUL. Take it out.",
    "idempotency_key_invalid": "Idempotency-Key takes 1 to 255 printable characters.",
    "idempotency_key_reused": "This Idempotency-Key belongs to another request. Use a new key for a new request.",
    "idempotency_in_flight": "The same request is being done at this moment. Ask again in a second for its answer.",
    # what it names
    "not_named": "Say which one is meant, by its id or by your own ref.",
    "named_twice": "Name it by its id or by its ref, not by both.",
    "staff_unknown": "There is no such staff member in this organization.",
    "student_unknown": "There is no such student in this organization.",
    "guardian_unknown": "There is no such guardian in this organization.",
    "schedule_unknown": "There is no such schedule in this organization.",
    "enrollment_unknown": "There is no such enrollment in this organization.",
    "session_unknown": "There is no such session in this organization.",
    "outcome_unknown": "There is no such outcome in this organization.",
    "case_unknown": "There is no such case in this organization.",
    "task_unknown": "There is no such task in this organization.",
    "message_unknown": "There is no such message in this organization.",
    "act_unknown": "There is no such act in this organization.",
    # what stands against it
    "ref_taken": "A ref names one thing only. Use the one that is there, or another ref.",
    "email_taken": "A staff member's e-mail address is his alone. Use the one that is there, or another address.",
    "already_there": "It is there already. List to find it.",
    "already_linked": "The guardian is a contact of the student already, at another position.",
    "position_taken": "Another guardian has this position. Choose another one, or give none to come last.",
    "no_coordinator": "An enrollment needs somebody who owns its follow-ups: an active coordinator, lead or admin.",
    "first_admin_only": "An admin is made by an admin, or as the organization's first one.",
    "not_enrolled": "The student is not enrolled in the session's schedule. Enroll the student first.",
    "session_ahead": "Ahead of its start a session can only be cancelled or excused.",
    "announced_ahead": "`announced_at` lies ahead. It says when the family told; leave it out for now.",
    "outcome_stands": "The session has another outcome already. Post a correction to the address in the detail.",
    "outcome_changing": "Somebody else records this outcome at this moment. Ask again.",
    "dispute_window_over": "More than 72 hours after its end only an admin corrects an outcome, with a reason.",
    "not_your_session": "An instructor corrects the outcomes of his own sessions. Ask a coordinator.",
    "not_their_guardian": "The guardian is no contact of this student. Link the guardian first.",
    "not_understood": "`code` takes 1, 2, 3, stop or start. Send anything else as `text`.",
    "too_far_ahead": "The time lies too far ahead. Choose an earlier one.",
    "no_family": "The task is about the operation, not about a student. Complete it instead.",
    "not_resendable": "Only a message that was sent, failed, was not delivered or is unknown can go again.",
    "useless_by_now": "The message would come too late to be of use.",
    "policy_changing": "Somebody else published a policy at this moment. Read it and try again.",
    "unknown_reference": "A row that is named does not exist in this organization.",
    "against_the_rules": "The books refuse this combination of values.",
    # what is out of order
    "books_unavailable": "The database cannot be reached. Nothing was done; send the request again after Retry-After.",
    "books_busy": "The database was too busy to answer in time. Nothing was done; send it again after Retry-After.",
    "unexpected": "Something unexpected happened on our side and was logged. Send the request again later.",
}

KINDS: Mapping[str, str] = {**REFUSALS, **OWN}
"""Explanations by kind. An act's refusals are told in the words of the domain."""


def title(kind: str) -> str:
    """The kind as a short title: "session_unknown" is "Session unknown"."""
    return kind.replace("_", " ").capitalize()
