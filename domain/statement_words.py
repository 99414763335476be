"""What a statement says, by language. Families read "lesson", and "missed" rather than a code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.plain_words import ENGLISH


@dataclass(frozen=True)
class Words:
    """The words of one language. `labels` are those of the page itself."""

    language: str
    locale: str
    outcomes: Mapping[str, str]
    entries: Mapping[str, str]
    lesson_on: str
    about_lesson: str
    minutes: str
    left: Callable[[int], str]
    summary: Callable[[int, int, int], str]
    labels: Mapping[str, str]

    def outcome(self, code: str) -> str:
        """What became of a lesson; a code without words is said with spaces."""
        return self.outcomes.get(code, code.replace("_", " ").capitalize())


def _left(balance: int) -> str:
    if balance < 0:
        return f"{_lessons(-balance)} taken ahead of payment"
    return f"{_lessons(balance)} left" if balance else "No lessons left"


def _lessons(number: int) -> str:
    return "1 lesson" if number == 1 else f"{number} lessons"


def _summary(present: int, missed: int, other: int) -> str:
    if not present + missed + other:
        return "No lessons in this time."
    told = f"{_lessons(present + missed + other)}: {present} attended, {missed} missed or cancelled by you"
    return f"{told}, {other} not held or excused by us." if other else f"{told}."


def _quedan(balance: int) -> str:
    if balance < 0:
        return f"{_clases(-balance)} por pagar"
    if not balance:
        return "No quedan clases"
    return "Queda 1 clase" if balance == 1 else f"Quedan {balance} clases"


def _clases(number: int) -> str:
    return "1 clase" if number == 1 else f"{number} clases"


def _resumen(present: int, missed: int, other: int) -> str:
    if not present + missed + other:
        return "No hubo clases en este tiempo."
    told = (
        f"{_clases(present + missed + other)}: {present} con asistencia, {missed} sin asistencia o canceladas por usted"
    )
    return f"{told}, {other} que no tuvieron lugar por nuestra parte." if other else f"{told}."


WORDS: Mapping[str, Words] = {
    "en": Words(
        language="en",
        locale=ENGLISH,
        outcomes={
            "attended": "Attended",
            "late": "Attended, came late",
            "left_early": "Attended, left early",
            "partial": "There for a part of it",
            "no_show": "Missed",
            "late_cancelled": "Cancelled late by you",
            "cancelled_by_student": "Cancelled in time by you",
            "excused_absence": "Excused",
            "cancelled_by_instructor": "Cancelled by the teacher",
            "instructor_no_show": "The teacher did not come",
            "cancelled_by_operator": "Cancelled by us",
            "technical_failure": "A technical problem",
            "scheduled": "Planned",
            "unrecorded": "Not recorded yet",
        },
        entries={
            "top_up": "Lessons bought",
            "consume": "Lesson",
            "reverse": "Given back",
            "adjust": "Adjusted by the office",
            "waived": "Not charged, by our courtesy",
        },
        lesson_on="Lesson on {date}: {outcome}",
        about_lesson="{said}: lesson on {date}",
        minutes="{there} of {length} min",
        left=_left,
        summary=_summary,
        labels={
            "title": "Statement of lessons",
            "period": "{since} to {until}",
            "made": "Made on {date}. Times are in the time zone {zone}.",
            "balance": "Balance today",
            "book": "Lessons bought and used: {subject}",
            "lessons": "Lessons in this time",
            "date": "Date",
            "what": "What",
            "units": "Lessons",
            "after": "Balance",
            "opening": "Balance before",
            "closing": "Balance at the end",
            "time": "Time",
            "subject": "Subject",
            "teacher": "Teacher",
            "minutes": "Was there",
            "outcome": "What became of it",
            "page": "Page {number} of {total}",
            "no_entries": "Nothing was bought or used in this time.",
            "no_accounts": "There is no enrollment.",
        },
    ),
    "es": Words(
        language="es",
        locale="es",
        outcomes={
            "attended": "Asistió",
            "late": "Asistió, llegó tarde",
            "left_early": "Asistió, salió antes",
            "partial": "Estuvo una parte",
            "no_show": "No asistió",
            "late_cancelled": "Cancelada tarde por usted",
            "cancelled_by_student": "Cancelada a tiempo por usted",
            "excused_absence": "Ausencia justificada",
            "cancelled_by_instructor": "Cancelada por el profesor o la profesora",
            "instructor_no_show": "No vino el profesor o la profesora",
            "cancelled_by_operator": "Cancelada por nosotros",
            "technical_failure": "Problema técnico",
            "scheduled": "Prevista",
            "unrecorded": "Aún sin registrar",
        },
        entries={
            "top_up": "Clases compradas",
            "consume": "Clase",
            "reverse": "Devuelta",
            "adjust": "Ajuste de la oficina",
            "waived": "Sin cargo, por cortesía",
        },
        lesson_on="Clase del {date}: {outcome}",
        about_lesson="{said}: clase del {date}",
        minutes="{there} de {length} min",
        left=_quedan,
        summary=_resumen,
        labels={
            "title": "Resumen de clases",
            "period": "Del {since} al {until}",
            "made": "Hecho el {date}. Las horas son de la zona horaria {zone}.",
            "balance": "Saldo de hoy",
            "book": "Clases compradas y usadas: {subject}",
            "lessons": "Clases de este tiempo",
            "date": "Fecha",
            "what": "Concepto",
            "units": "Clases",
            "after": "Saldo",
            "opening": "Saldo anterior",
            "closing": "Saldo al final",
            "time": "Hora",
            "subject": "Materia",
            "teacher": "Imparte",
            "minutes": "Presencia",
            "outcome": "Qué pasó",
            "page": "Página {number} de {total}",
            "no_entries": "No se compró ni se usó nada en este tiempo.",
            "no_accounts": "No hay ninguna inscripción.",
        },
    ),
}
"""By language. Another one is added here, whole."""
