"""What Twilio's error numbers mean when a message is created: data, with Twilio's error reference as the source.

https://www.twilio.com/docs/api/errors. A number that is not here is judged by its HTTP status.
"""

from __future__ import annotations

from collections.abc import Mapping

from messaging.sender import Result
from messaging.verdicts import Verdict


def _all(result: Result, reasons: Mapping[int, str]) -> dict[int, Verdict]:
    return {code: Verdict(result, reason) for code, reason in reasons.items()}


MEANING: Mapping[int, Verdict] = {
    **_all(
        Result.retry,
        {
            20429: "too_many_requests",
            21611: "queue_full",  # ten hours of messages are waiting at the sending number
            63017: "too_many_requests",
            63038: "daily_limit",
        },
    ),
    **_all(
        Result.failed,
        {
            21211: "invalid_number",
            21214: "unreachable",
            21217: "invalid_number",
            21265: "invalid_number",  # a short code cannot receive
            21266: "invalid_number",  # our own sending number
            21408: "region_not_enabled",
            21602: "empty",
            21604: "invalid_number",  # no number at all
            21610: "opted_out",
            21612: "unroutable",
            21614: "not_mobile",
            21617: "too_long",
            21635: "landline",
            21658: "too_long",
        },
    ),
    **_all(
        Result.misconfigured,
        {
            20003: "not_authorized",
            20404: "wrong_address",  # no such account
            21212: "sender_not_allowed",
            21601: "sender_not_allowed",
            21603: "sender_not_allowed",
            21606: "sender_not_allowed",
            21608: "trial_account",  # a trial account reaches verified numbers only
            21609: "callback_address",
            21659: "sender_not_allowed",
            21660: "sender_not_allowed",
            21701: "messaging_service",
            21703: "messaging_service",
            21704: "messaging_service",
            21705: "messaging_service",
        },
    ),
}

DELIVERY: Mapping[int, str] = {
    21610: "opted_out",
    30001: "queue_full",
    30002: "account_suspended",
    30003: "phone_unreachable",  # off, out of reach, or cannot take texts now
    30004: "blocked",
    30005: "unknown_number",
    30006: "landline",
    30007: "filtered",  # a carrier took it for spam
    30008: "not_delivered",  # unknown to Twilio too
    30022: "too_many_requests",
    30034: "sender_not_registered",
    30036: "too_late",  # its validity period had passed
    30047: "quiet_hours_at_carrier",
    30410: "no_answer_from_carrier",
    30610: "quiet_hours_at_carrier",
}
"""What the error numbers of a delivery mean. None of them is a reason for a second text."""
