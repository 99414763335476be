"""The words of an e-mail that brings a link to sign in. The reader asked for it, or somebody did in his name."""

from __future__ import annotations

from domain.said import Names
from domain.wording import Text

SECRET = "(the link is not kept)"
"""What stands in the books in place of the link: who reads messages there must not be able to sign in by it."""


def link_letter(names: Names, link: str, *, to_staff: bool, days: int) -> Text:
    """The e-mail; `days` is how long the link opens, 0 for an hour. Families read it in their language."""
    who = names.staff_name if to_staff else names.guardian_name
    if to_staff:
        return _letter(
            f"Set a new password for {names.operator_name}",
            f"Hello {who}," if who else "Hello,",
            "Here is the link to set a new password. It opens once, within an hour.",
            link,
            "If you did not ask for it, nothing has changed and there is nothing to do.",
            names.operator_name,
        )
    if names.language.startswith("es"):
        return _letter(
            f"Su enlace a la página de la familia en {names.operator_name}",
            f"Hola {who}:" if who else "Hola:",
            f"Este es su enlace a la página de la familia. Se abre una vez, durante {days} días.",
            link,
            "Si no lo ha pedido, no ha cambiado nada y no tiene que hacer nada.",
            names.operator_name,
        )
    return _letter(
        f"Your link to the family page at {names.operator_name}",
        f"Hello {who}," if who else "Hello,",
        f"Here is your link to the family page. It opens once, within {days} days.",
        link,
        "If you did not ask for it, nothing has changed and there is nothing to do.",
        names.operator_name,
    )


def _letter(subject: str, *paragraphs: str) -> Text:
    return Text(subject=subject, body="\n\n".join(paragraphs))
