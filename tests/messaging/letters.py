"""Letters with readable defaults."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from messaging.sender import Letter

NID = "0192f0c1-7c1e-7b52-9a57-6f1d2a3b4c5d"


def a_text(**changes: Any) -> Letter:
    usual: dict[str, Any] = {
        "nid": NID,
        "channel": "sms",
        "to": "+12025550101",
        "subject": None,
        "body": "Mia wasn't in Algebra at 16:00. Reply 1 if she was ill – 2 to call.",
        "valid_for": timedelta(hours=2),
    }
    return Letter(**{**usual, **changes})


def a_mail(**changes: Any) -> Letter:
    usual: dict[str, Any] = {
        "nid": NID,
        "channel": "email",
        "to": "alma@example.net",
        "subject": "Mia wasn't in Algebra today",
        "body": "Dear Alma,\n\nMia wasn't in Algebra at 16:00 – was she ill?\n",
        "valid_for": timedelta(hours=18),
    }
    return Letter(**{**usual, **changes})
