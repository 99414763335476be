"""The text of an e-mail that brings a link to sign in: once as it leaves, once as the books keep it."""

from __future__ import annotations

from db import sign_in_links
from db.engine import Tx
from domain.link_letters import SECRET, link_letter
from domain.said import Names
from domain.sending import Message
from domain.value import Id
from domain.wording import Text

WAY = {"staff": "welcome", "guardian": "l"}


async def written(tx: Tx, org_id: Id, message: Message, names: Names) -> tuple[Text, Text]:
    """The e-mail with a fresh link in it, and the same without: what the books keep.

    Written anew for a second attempt, its link replaces the one before.
    """
    token = await sign_in_links.hand_out(tx, org_id, str(message.numbers["link"]))
    days = message.numbers.get("days")
    to_staff = message.recipient_kind == "staff"
    link = f"{message.numbers['base']}/{WAY[message.recipient_kind]}/{token}"
    leaves, stays = (
        link_letter(names, shown, to_staff=to_staff, days=days if isinstance(days, int) else 0)
        for shown in (link, SECRET)
    )
    return leaves, stays
