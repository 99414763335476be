"""What families are told in Spanish: understood in Spain and in America, with "usted".

E-mails have every accent. An SMS has no room for á, í, ó, ú, so they lose theirs there; é, ñ, ¿ and ¡ stay. Sentences
with such letters go through `put` or `about` for that. No word depends on whether a child is a boy or a girl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from domain.outcomes import FLAGS, Code, Hears
from domain.plain_words import counted, lasting, listed
from domain.said import Said
from domain.sending import Channel, Purpose
from domain.templates import Template, alike

P = Purpose
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

    LOCALE = "es"
    NEAR = ("hoy", "mañana")
    CHILD = "su hijo o hija"
    TUTORS = "Sus tutores"
    SOMEBODY = "Alguien de nuestro equipo"
    FOR_EACH_CHILD = "Su respuesta vale para todos."
    WORDS: ClassVar[Mapping[tuple[Purpose, Channel], Template]] = {
        **alike(
            P.ABSENCE_NOTICE,
            subject="{first} no estuvo en {session} {day}",
            story="{first} no estuvo en {session} {on}.",
            ask="¿Todo bien? {ask}",
        ),
        **alike(
            P.CONCERN,
            subject="{first} no estuvo en {total}",
            story="{first} no estuvo en {total_and_latest}.",
            ask="{lead_in} {ask}",
        ),
        **alike(
            P.CALLED_OFF,
            subject="Se cancela {session} {day}",
            story="{session} de {first} {on} se cancela {cause}. Lo sentimos. {charge}",
            ask="Por favor, avise a {first}.",
        ),
        **alike(
            P.CANCELLATION_CONFIRMATION,
            subject="Cancelación: {session} de {first} {day}",
            story="{what} {charge}",
            ask="Si esto no es correcto, por favor hable con {us}.",
        ),
        **alike(
            P.ALL_CLEAR,
            subject="Corrección para {first}: {session} {day}",
            story="{what} {charge}",
            ask="Sentimos la confusión. Por favor, no tenga en cuenta nuestro mensaje anterior.",
        ),
        (P.REMINDER, Channel.SMS): Template(
            story="{first} tiene {a_session} {teacher} {soon}.",
            ask="Si {first} no puede venir, {tell_us}, por favor. {join}",
        ),
        (P.REMINDER, Channel.EMAIL): Template(
            subject="{a_session} {teacher} {soon}",
            story="{first} tiene {a_session} {teacher} {soon}.\n\n{join}",
            ask="Si {first} no puede venir, {tell_us} lo antes posible, por favor. {notice}",
        ),
        **alike(
            P.LIVE_RESCUE,
            subject="{first} todavía no ha entrado en {session}",
            story="{first} todavía no ha entrado en {session}. {began} {join_now}",
            ask="Si {first} no puede venir, {tell_us}, por favor.",
        ),
        **alike(
            P.PERSONAL,
            subject="Sobre {first}",
            story="{matter}",
            ask="Por favor, hable con {us}.",
        ),
    }
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
    def matter(self) -> str:
        if "left" not in self.message.numbers:
            return f"Le escribimos sobre {self.first}."
        left = self.number("left")
        return f"A {self.first} le {'queda 1 clase' if left == 1 else f'quedan {left} clases'}."

    @property
    def us(self) -> str:
        return self.coordinator or "nosotros"

    @property
    def tell_us(self) -> str:
        return f"avise a {self.coordinator}" if self.coordinator else self.put("avísenos")

    @property
    def lesson(self) -> str:
        return self.subject or "la clase"

    @property
    def a_session(self) -> str:
        return self.subject or "una clase"

    @property
    def session(self) -> str:
        return f"la clase de {self.subject}" if self.subject else "la clase"

    @property
    def on(self) -> str:
        return f" del {self.starts}" if self.starts else ""

    @property
    def day(self) -> str:
        return f" del {self.date}" if self.date else ""

    @property
    def soon(self) -> str:
        if not self.near:
            return f"el {self.starts}" if self.starts else "pronto"
        return f"{self.near} {self._at}" if self.sms else f"{self.near}, {self.starts}"

    @property
    def _at(self) -> str:
        """ "a las 17:00 CET", and "a la 01:30 CET" in the hour that is but one."""
        return f"a la{'' if self.clock.startswith('01:') else 's'} {self.clock}"

    @property
    def teacher(self) -> str:
        return f" con {self.instructor}" if self.instructor else ""

    @property
    def cause(self) -> str:
        if self.word("code") == Code.CANCELLED_BY_INSTRUCTOR and self.instructor:
            return f", porque {self.instructor} no puede dar clase"
        return " por un problema técnico" if self.word("code") == Code.TECHNICAL_FAILURE else ""

    def costs(self, units: int) -> str:
        if not units:
            return "No se descuenta ninguna clase."
        return f"Se descuenta{'' if units == 1 else 'n'} {counted(units, 'clase')} de su saldo."

    @property
    def total(self) -> str:
        return self._running or self.session + self.day

    @property
    def total_and_latest(self) -> str:
        latest = self.put(", la más reciente el {starts}", starts=self.starts) if self.starts else ""
        return f"{self._running}{latest}" if self._running else f"{self.session}{self.on}"

    @property
    def _running(self) -> str:
        missed, last = self.missed
        part = "" if missed >= last else f"{missed} de "
        of = f" de {self.subject}" if self.subject else ""
        return self.put("{part}las últimas {last} clases{of}", part=part, last=str(last), of=of) if last else ""

    @property
    def lead_in(self) -> str:
        return self.put(_LEAD_IN.get(self.number("step"), "Nos gustaría ayudar."))

    @property
    def ask(self) -> str:
        if not self.message.offers_replies:
            return f"Por favor, hable con {self.us}."
        if self.sms:
            return self.put("Responda 1 enfermo/a, 2 no podía, 3 llámeme.")
        choices = "1 = enfermo/a\n2 = no podía a esa hora\n3 = llámeme, por favor"
        return f"Por favor, responda con un número:\n{choices}"

    @property
    def what(self) -> str:
        code = self.word("code")
        if self.message.purpose is P.CANCELLATION_CONFIRMATION:
            return self.about(_CANCELLED.get(code, "{session} de {first}{on} queda cancelada."))
        return self.about(_CLEARED.get(code, "{first} estuvo en {session}{on}."))

    @property
    def join(self) -> str:
        return f"{'Entrar' if self.sms else 'Entre aquí'}: {self.join_link}" if self.join_link else ""

    @property
    def join_now(self) -> str:
        return f"Entrar: {self.join_link}" if self.join_link else "Por favor, entre ahora."

    @property
    def began(self) -> str:
        return f"Empezaba {self._at}." if self.clock else ""

    @property
    def notice(self) -> str:
        ahead = self.names.cancel_notice
        return f"Pedimos avisar con {lasting(ahead, self.LOCALE)} de anticipación." if ahead else ""

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

    def how_to_stop(self, link: str) -> str:
        return f"Para no recibir más correos: {link}"


def _listed(items: list[str]) -> str:
    """ "Ana y Ben", "Ana e Inés"."""
    said = listed(items, Spanish.LOCALE)
    last = items[-1] if len(items) > 1 else ""
    return f"{said.removesuffix(f'y {last}')}e {last}" if _BEGINS_WITH_I.match(last) else said
