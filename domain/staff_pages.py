"""Where a member of staff acts on what a message tells."""

from __future__ import annotations

from domain.sending import Message, Purpose


def page_of(message: Message, public_url: str | None) -> str | None:
    """The page's address; None where a message asks staff for nothing, or nobody knows how the outside reaches us."""
    if public_url is None:
        return None
    match message.purpose:
        case Purpose.TASK_REMINDER if message.task_id:
            return f"{public_url.rstrip('/')}/tasks/{message.task_id}"
        case Purpose.UNRECORDED if message.session_id:
            return f"{public_url.rstrip('/')}/teach/lessons/{message.session_id}"
        case _:
            return None
