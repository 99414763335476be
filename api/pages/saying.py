"""The line above a page after something was done: a code in the address, and its sentence here.

The address carries a code and a number, never text, so nobody can put words into our mouth by a link. No cookie is
needed, and reloading shows the line again and does nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse

from api.problem_kinds import KINDS

SAID: Mapping[str, tuple[str, str]] = {
    # code: the sentence for one, the sentence for several
    "done": ("Done.", "{n} done."),
    "saved": ("Saved.", "{n} saved."),
    "stored": (
        "Stored safely. It takes effect in a moment; reload to see it.",
        "{n} are stored safely. They take effect in a moment; reload to see them.",
    ),
    "claimed": ("It is yours now. Reminders wait.", "{n} follow-ups are yours now. Reminders wait."),
    "snoozed": ("Put off.", "{n} follow-ups put off."),
    "assigned": ("Given to a colleague.", "{n} follow-ups given to a colleague."),
    "finished": ("Finished.", "{n} follow-ups finished."),
    "not_needed": ("Closed as not needed.", "{n} follow-ups closed as not needed."),
    "sending_undone": ("Taken back. Nothing was sent, and the follow-up is open again with your words.", ""),
    "call_logged": ("The call is logged. The messages of this case have stopped.", ""),
    "some": (
        "One of them was done. The others had changed in the meantime.",
        "{n} of them were done. The others had changed in the meantime.",
    ),
    "sheet_saved": ("Attendance is saved.", ""),
    "office_told": ("Your note is with the office.", ""),
    "password_changed": ("Your password is changed. Other browsers are signed out.", ""),
    "signed_out": ("That browser is signed out.", ""),
    "instructor_asked": ("The instructor is asked by e-mail.", ""),
    "marked": ("Noted. The lesson is settled again in a moment.", ""),
    "outcome_told": ("Noted. Balance and messages go along.", ""),
    "corrected": ("Corrected. Balance, messages and follow-ups go along.", ""),
    "matched": ("Matched. The lesson is settled again in a moment.", ""),
    "moved": ("Moved. Reminders and calendars go along.", ""),
    "substituted": ("Somebody else teaches this lesson now.", ""),
    "called_off": ("Called off. The families are told, and nobody is charged.", ""),
    "import_applied": ("Applied. The books hold it now.", ""),
    "import_discarded": ("Discarded. Its files are deleted.", ""),
    "key_revoked": ("Revoked. The key opens nothing any more.", ""),
    "webhook_changed": ("Saved. It holds for what happens from now on.", ""),
    "webhook_deleted": ("Deleted. Nothing is sent there any more.", ""),
    "webhook_on": ("Switched on. It hears of what happens from now on.", ""),
    "webhook_off": ("Switched off. What waited for it is cancelled.", ""),
    "webhook_replayed": ("It goes again now.", ""),
    "words_stand": ("Saved. Messages that leave from now on are told so.", ""),
    "words_shipped": ("The standard words stand again.", ""),
    "policy_published": ("Published. It rules what opens from now on; open cases keep their version.", ""),
    "colleague_added": ("Added. Now make a link with which to set a password.", ""),
    "colleague_changed": ("Saved.", ""),
    "colleague_left": ("Seen off. What was open went to colleagues.", ""),
    "colleague_back": ("Active again. A new link lets in who has no password.", ""),
    "colleague_signed_out": ("Signed out everywhere, and no invitation opens any more.", ""),
    "step_forced": ("The step was taken. It stands in the history with your reason.", ""),
    "step_skipped": ("The step is skipped. It stays to be seen, with your reason.", ""),
    "charge_waived": ("The charge is given back.", ""),
    "message_again": ("The message goes again.", ""),
    "draft_saved": ("Saved. The checks below are of the new words.", ""),
    "draft_rejected": ("It is not sent.", ""),
    "taken_back": ("Taken back. It waits for your word again.", ""),
    "reply_understood": ("Noted. The student's follow-up goes on from there.", ""),
    "reply_set_aside": ("Read. There is nothing to do about it.", ""),
    "call_planned": ("A call for today is in the list of follow-ups.", ""),
    "reply_placed": ("Noted whose reply it is. It counts as if it had come so.", ""),
    "reply_came": ("The reply has come in.", ""),
    "holds_released": (
        "It may leave now. Quiet hours and opt-outs hold all the same.",
        "{n} messages may leave now. Quiet hours and opt-outs hold all the same.",
    ),
    "holds_discarded": ("It is cancelled and never leaves.", "{n} messages are cancelled and never leave."),
    "resent": ("It goes once more, as a message of its own.", ""),
    "address_opened": ("Messages may go there again.", ""),
    "noted": ("Noted.", ""),
    "follow_up_started": ("The follow-up is yours.", ""),
    "absence_noted": (
        "Noted. One lesson lies in it; the family need not be asked about it.",
        "Noted. {n} lessons lie in it by now; those made later join them.",
    ),
    "absence_withdrawn": ("Taken back. Lessons ahead stand as if nothing had been told.", ""),
    "paused": ("Paused. Nothing is sent and nothing is followed up until then.", ""),
    "student_left": ("Noted. What was open is closed, and nothing more is sent.", ""),
    "links_ended": ("Ended. No link opens any more, and nobody is signed in by one.", ""),
    "topped_up": ("The lessons are in the book.", ""),
    "adjusted": ("The balance is put right.", ""),
    "none_chosen": ("Nothing was chosen. Tick one or more rows first.", ""),
}
"""What pages say. A page that needs another sentence adds it here."""


@dataclass(frozen=True)
class Said:
    """A line to show. `bad` when it tells of something that was not done."""

    words: str
    bad: bool = False


def go(to: str, said: str | None = None, n: int = 1, **more: str) -> RedirectResponse:
    """303 to a page of ours, which then says what was done. `said` is a code of SAID or a kind of problem.

    `more` are further values of the query.
    """
    query = {k: v for k, v in {"said": said, "n": n if said and n != 1 else None, **more}.items() if v is not None}
    path, mark, anchor = to.partition("#")
    joined = f"{path}{'&' if '?' in path else '?'}{urlencode(query)}" if query else path
    return RedirectResponse(joined + mark + anchor, 303)


def said_in(query: Mapping[str, str]) -> Said | None:
    """The line that an address asks for; None without one, and for a code that nobody knows."""
    code = query.get("said", "")
    if code in SAID:
        number = query.get("n", "1")
        one, several = SAID[code]
        words = several.format(n=number) if number.isascii() and number.isdigit() and number != "1" else one
        return Said(words, bad=code == "none_chosen")
    return Said(KINDS[code], bad=True) if code in KINDS else None
