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
    # who signs
    "signature_missing": "The webhook is not signed. The detail names the headers it needs.",
    "signature_wrong": "The webhook's signature does not fit its body. Check that both sides have the same secret.",
    "signature_stale": "The webhook was signed too long ago, or ahead of our time. Check both clocks and send it anew.",
    "webhook_not_set_up": "This webhook's secret is not set here. Set it in the environment and start the API again.",
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
    "absence_unknown": "There is no such planned absence in this organization. List the student's to find it.",
    "term_unknown": "There is no such term in this organization.",
    "outcome_unknown": "There is no such outcome in this organization.",
    "participant_unknown": "There is no such participant in this organization.",
    "raw_event_unknown": "There is no such event in this organization.",
    "case_unknown": "There is no such case in this organization.",
    "task_unknown": "There is no such task in this organization.",
    "reply_unknown": "There is no such reply in this organization.",
    "organization_unknown": "There is no such organization. Name it by its id or its name.",
    "message_unknown": "There is no such message in this organization.",
    "calendar_unknown": "This calendar address is not known or was revoked. Ask your tutoring school for a new one.",
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
    "no_outcome": "`scheduled` is no outcome. To take back what was told ahead, correct that outcome to it.",
    "taken_back_late": "What was told ahead can be taken back until the session starts. Say what became of it instead.",
    "announced_ahead": "`announced_at` lies ahead. It says when the family told; leave it out for now.",
    "declared_ahead": "`declared_at` lies ahead. It says when the family told; leave it out for now.",
    "not_ahead": "An absence is told ahead: it ends after it is declared. Record outcomes of past sessions instead.",
    "absence_over": "The absence is over. Correct the outcomes of its sessions instead.",
    "no_make_up_credit": "A called-off session is made up with a credit. The detail says why there is none.",
    "evidence_ahead": "`at` lies ahead. It says when something happened; check the clock and the offset.",
    "evidence_too_early": "`at` lies more than a day before the session. Check the session and the time.",
    "not_expected": "Expected in a session is who is enrolled at its start. Enroll the student, or check the session.",
    "key_taken": "The key is registered for somebody else. Match that participant to another person to change it.",
    "not_of_a_session": "Only an event of a classroom is given to a session. This one is about a message.",
    "only_the_family": "The contact asked for no more texts. Only a START from that number takes it back.",
    "event_used": "The event is evidence of a session already, and evidence is never moved.",
    "key_needed": "Give a registrant_id, identity, customer_key or email: a name tells nobody apart.",
    "outcome_stands": "The session has another outcome already. Post a correction to the address in the detail.",
    "outcome_changing": "Somebody else records this outcome at this moment. Ask again.",
    "dispute_window_over": "More than 72 hours after its end only an admin corrects an outcome, with a reason.",
    "not_your_session": "An instructor corrects the outcomes of his own sessions. Ask a coordinator.",
    "not_their_guardian": "The guardian is no contact of this student. Link the guardian first.",
    "reply_matched": "The reply is about somebody already. Say what it means, or record the other one's reply.",
    "reply_unmatched": "Nobody knows yet whom the reply is about. Match it first.",
    "reply_read": "The reply is understood already, by the rules or by a person.",
    "not_understood": "`code` takes 1, 2, 3, stop or start. Send anything else as `text`.",
    "span_empty": "A span begins before it ends: `from` comes first, then `to`.",
    "span_too_long": "The span is too long for one answer; the detail says how long it may be. Ask for it in parts.",
    "too_far_ahead": "The time lies too far ahead. Choose an earlier one.",
    "no_family": "The task is about the operation, not about a student. Complete it instead.",
    "not_resendable": "Only a message that was sent, failed, was not delivered or is unknown can go again.",
    "useless_by_now": "The message would come too late to be of use.",
    "policy_changing": "Somebody else published a policy at this moment. Read it and try again.",
    "unknown_reference": "A row that is named does not exist in this organization.",
    "against_the_rules": "The books refuse this combination of values.",
    # the calendar
    "recurrence_unknown": "There is no such series in this organization. List the schedule's recurrences to find it.",
    "recurrence_unreadable": "A rule has FREQ (DAILY, WEEKLY, MONTHLY), INTERVAL, BYDAY, COUNT or UNTIL, each once.",
    "recurrence_empty": "The rule falls on no day. Check its first day, BYDAY and UNTIL.",
    "recurrence_too_long": "A series has 1,000 sessions and lasts two years at most. Add a new one when it ends.",
    "recurrence_ended": "The series ended earlier. Add a new one to go on.",
    "closure_unknown": "The day is no closure. List the closures to find it.",
    "thresholds_crossed": "With the policy, partial_ratio is above attended_ratio or rescue_from above rescue_until.",
    "session_called_off": "The session was called off. Create a new one if it is to take place after all.",
    "session_begun": "The session has begun, so its times stand. Create another one, as a make-up if need be.",
    "session_settled": "The session is settled. Correct its outcomes instead.",
    "session_has_outcomes": "The session has outcomes. Correct them one by one, or create another session.",
    "staff_inactive": "The staff member is not active. Name one who is.",
    "time_passed": "The time has passed. Choose one that lies ahead.",
    # webhooks out
    "webhook_endpoint_unknown": "There is no such endpoint in this organization. List /v1/webhook-endpoints.",
    "webhook_delivery_unknown": "There is no such delivery in this organization. List /v1/webhook-deliveries.",
    "webhook_endpoint_inactive": "Nothing is sent to an endpoint that is not active. Make it active first.",
    "webhook_url_refused": "Webhooks go to an https:// URL with a host, without credentials or a fragment.",
    "webhook_address_refused": "The URL's host has an address that is not public. Webhooks go to public ones only.",
    "too_many_endpoints": "An organization has 20 endpoints at most. Delete one that nobody needs.",
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
