"""What families are told in Spanish: understood in Spain and in America, with "usted".

E-mails have every accent. An SMS has no room for á, í, ó, ú, so they lose theirs there; é, ñ, ¿ and ¡ stay. Sentences
with such letters go through `put` or `_about` for that. No word depends on whether a child is a boy or a girl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from domain.outcomes import FLAGS, Code, Hears
from domain.plain_words import Dates, counted, lasting, listed
from domain.said import Parts, Said

_CLEARED: Mapping[str, str] = {
    Code.PARTIAL: "{first} estuvo en parte de {session}{on}.",
    Code.EXCUSED_ABSENCE: "La ausencia de {first} en {session}{on} queda justificada.",
    Code.CANCELLED_BY_STUDENT: "{session} de {first}{on} fue cancelada a tiempo.",
    Code.LATE_CANCELLED: "{session} de {first}{on} fue cancelada antes de empezar.",
    **{c: "{session} de {first}{on} no tuvo lugar." for c, f in FLAGS.items() if f.hears is Hears.CALLED_OFF},
}
_CANCELLED: Mapping[str, str] = {
    Code.EXCUSED_ABSENCE: "La ausencia de {first} en {session}{on} queda justificada.",
    Code.LATE_CANCELLED: "{session} de {first}{on} queda cancelada. Recibimos el aviso poco antes de empezar.",
}
_LEAD_IN = {0: "¿En qué podemos ayudar?", 1: "Le escribimos de nuevo por si podemos ayudar."}
_BEGINS_WITH_I = re.compile(r"(?:h?[ií]|y)(?![aeiouáéíóú])", re.IGNORECASE)
"""Before the sound of "i", "y" is "e"; not before "hie", "ya" and the like."""


class Spanish(Said):
    """A message to a family in Spanish."""

    CHILD = "su hijo o hija"
    TUTORS = "Sus tutores"
    SOMEBODY = "Alguien de nuestro equipo"
    DATES = Dates(
        days=("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        months=("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
        near=("hoy", "mañana"),
    )
    FOR_EACH_CHILD = "Su respuesta vale para todos."
    ANSWERS: ClassVar[Mapping[str, str]] = {
        "ill": "Gracias. Hemos anotado que {first} no se encuentra bien. ¡Que se mejore pronto!",
        "clash": "Gracias. Hemos anotado que la hora no le convino a {first}.",
        "call_me": "Gracias. {who} va a llamarle.",
        "stop": "Ya no le enviaremos mensajes. Responda ALTA para recibirlos de nuevo.",
        "start": "Le enviaremos mensajes de nuevo. Responda BAJA para dejar de recibirlos.",
        "help": "Estos mensajes tratan de las clases de {first}. Responda con sus palabras y {who} las lee. "
        "Responda BAJA para dejar de recibirlos.",
        "ill:several": "Gracias. Hemos anotado que sus hijos no se encuentran bien. ¡Que se mejoren pronto!",
        "clash:several": "Gracias. Hemos anotado que la hora no les convino a sus hijos.",
        "unclear": "Gracias. {who} va a leer su mensaje.",
    }
    IN_SMS = str.maketrans("áíóúÁÍÓÚ", "aiouAIOU")

    @property
    def us(self) -> str:
        """With whom to speak."""
        return self.coordinator or "nosotros"

    @property
    def session(self) -> str:
        """The session in a sentence."""
        return f"la clase de {self.subject}" if self.subject else "la clase"

    @property
    def on(self) -> str:
        """ " del mar 3 mar, 17:00 CET", or nothing."""
        return f" del {self.starts}" if self.starts else ""

    @property
    def day(self) -> str:
        """ " del mar 3 mar", or nothing."""
        return f" del {self.date}" if self.date else ""

    @property
    def at(self) -> str:
        """ "a las 17:00 CET", and "a la 01:30 CET" in the hour that is but one."""
        return f"a la{'' if self.clock.startswith('01:') else 's'} {self.clock}"

    @property
    def soon(self) -> str:
        """When the session begins: "mañana, mar 3 mar, 17:00 CET", in an SMS "mañana a las 17:00 CET"."""
        if not self.near:
            return f"el {self.starts}" if self.starts else "pronto"
        return f"{self.near} {self.at}" if self.sms else f"{self.near}, {self.starts}"

    @property
    def charge(self) -> str:
        """What the outcome takes from the balance."""
        units = self.number("units")
        if not units:
            return "No se descuenta ninguna clase."
        return f"Se descuenta{'' if units == 1 else 'n'} {counted(units, 'clase')} de su saldo."

    @property
    def total(self) -> str:
        """The running total: "3 de las últimas 8 clases de Maths"; empty while there is none to tell."""
        missed, last = self.missed
        part = "" if missed >= last else f"{missed} de "
        of = f" de {self.subject}" if self.subject else ""
        return self.put("{part}las últimas {last} clases{of}", part=part, last=str(last), of=of) if last else ""

    def absence_notice(self) -> Parts:
        was_not = f"{self.first} no estuvo en {self.session}"
        return f"{was_not}{self.day}", f"{was_not}{self.on}.", self._ask("¿Todo bien?")

    def concern(self) -> Parts:
        latest = self.put(", la más reciente el {starts}", starts=self.starts) if self.starts else ""
        what = f"{self.total}{latest}" if self.total else f"{self.session}{self.on}"
        ask = self._ask(_LEAD_IN.get(self.number("step"), "Nos gustaría ayudar."))
        was_not = f"{self.first} no estuvo en"
        return f"{was_not} {self.total or self.session + self.day}", f"{was_not} {what}.", ask

    def _ask(self, lead_in: str) -> str:
        if not self.message.offers_replies:
            return self.put(lead_in + " Por favor, hable con {us}.", us=self.us)
        if self.sms:
            return self.put(lead_in + " Responda 1 enfermo/a, 2 no podía, 3 llámeme.")
        choices = "1 = enfermo/a\n2 = no podía a esa hora\n3 = llámeme, por favor"
        return f"{lead_in} Por favor, responda con un número:\n{choices}"

    def called_off(self) -> Parts:
        cause = " por un problema técnico" if self.word("code") == Code.TECHNICAL_FAILURE else ""
        if self.word("code") == Code.CANCELLED_BY_INSTRUCTOR and self.instructor:
            cause = f", porque {self.instructor} no puede dar clase"
        story = f"{self.session} de {self.first}{self.on} se cancela{cause}. Lo sentimos. {self.charge}"
        return f"Se cancela {self.session}{self.day}", story, f"Por favor, avise a {self.first}."

    def cancellation_confirmation(self) -> Parts:
        story = self._about(_CANCELLED.get(self.word("code"), "{session} de {first}{on} queda cancelada."))
        ask = f"Si esto no es correcto, por favor hable con {self.us}."
        subject = self._about("Cancelación: {session} de {first}") + self.day
        return subject, f"{story} {self.charge}", ask

    def all_clear(self) -> Parts:
        story = self._about(_CLEARED.get(self.word("code"), "{first} estuvo en {session}{on}."))
        charge = f" {self.charge}" if "units" in self.message.numbers else ""
        sorry = self.put("Sentimos la confusión. Por favor, no tenga en cuenta nuestro mensaje anterior.")
        return self._about("Corrección para {first}: {session}") + self.day, f"{story}{charge}", sorry

    def _about(self, template: str) -> str:
        return self.put(template, first=self.first, session=self.session, on=self.on)

    def reminder(self) -> Parts:
        teacher = f" con {self.instructor}" if self.instructor else ""
        story = f"{self.first} tiene {self.subject or 'una clase'}{teacher} {self.soon}."
        subject = f"{self.subject or 'clase'}{teacher} {self.soon}"
        if self.sms:
            join = f" Entrar: {self.join_link}" if self.join_link else ""
            return subject, story, f"{self._cannot_come(', por favor')}{join}"
        join = f"\n\nEntre aquí: {self.join_link}" if self.join_link else ""
        ahead = lasting(self.names.cancel_notice, ("minuto", "hora", "día")) if self.names.cancel_notice else ""
        notice = f" Pedimos avisar con {ahead} de anticipación." if ahead else ""
        return subject, f"{story}{join}", f"{self._cannot_come(' lo antes posible, por favor')}{notice}"

    def live_rescue(self) -> Parts:
        not_in = self._about("{first} todavía no ha entrado en {session}")
        began = f" Empezaba {self.at}." if self.clock else ""
        join = f"Entrar: {self.join_link}" if self.join_link else "Por favor, entre ahora."
        return not_in, f"{not_in}.{began} {join}", self._cannot_come(", por favor")

    def _cannot_come(self, how: str) -> str:
        tell = f"avise a {self.coordinator}" if self.coordinator else self.put("avísenos")
        return f"Si {self.first} no puede venir, {tell}{how}."

    def answer_subject(self) -> str:
        return f"Su mensaje a {self.operator}"

    def missed_sessions(self, children: list[str], more: int, date: str) -> str:
        named = _listed([*children, self.put("{more} más", more=str(more))] if more else children)
        were = "no estuvo" if len(children) + more == 1 else "no estuvieron"
        return f"{named} {were} en clase{f' el {date}' if date else ''}."

    def greeting(self) -> str:
        return f"Hola, {self.reader}:" if self.reader else "Hola:"

    def why(self, children: list[str]) -> str:
        return f"Recibe este mensaje porque es contacto de {_listed(children)}."


def _listed(items: list[str]) -> str:
    """ "Ana y Ben", "Ana e Inés"."""
    return listed(items, "e" if items and _BEGINS_WITH_I.match(items[-1]) else "y")
