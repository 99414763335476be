"""Pieces of what Spanish-speaking families answer: (meaning, rule, regular expression); see `domain.reply_words`."""

from __future__ import annotations

_NAME = r"NAME(?: (?:and|y) NAME)*"
_ELLA = (
    r"(?:(?:ella|el|yo|nosotros|mi (?:hija|hijo|nina|nino|hijita|hijito)|mis (?:hijas|hijos)|l[ao]s nin[ao]s|"
    rf"{_NAME}) )?"
)
_MAL = (
    r"(?:fiebre|gripe|gripa|tos|calentura|temperatura|vomito|covid|varicela|catarro|resfriado|un resfriado"
    r"|un virus"
    r"|una infeccion|dolor de (?:cabeza|estomago|garganta|panza|barriga|oido|muelas))"
)
_IR = (
    r"(?: (?:ir|venir|asistir|llegar|estar|participar))?"
    r"(?: (?:a|en) (?:la |su )?(?:clase|sesion|leccion))?(?: a esa hora)?"
)
_MENSAJES = r"(?:mensajes|mensajitos|textos|sms)"

PIECES: tuple[tuple[str, str, str], ...] = (
    (
        "ill",
        "is_ill",
        rf"{_ELLA}(?:esta|estan|estaba|estaban|estuvo|estoy|sigue|anda|se siente|se sentia"
        rf"|se encuentra"
        r"|amanecio|se puso)(?: muy| un poco| bastante| algo| todavia)? (?:enferm[oa]s?|enfermit[oa]s?"
        r"|malit[oa]s?|resfriad[oa]s?"
        rf"|indispuest[oa]|en el (?:hospital|medico|doctor)|con {_MAL})",
    ),
    ("ill", "is_ill", rf"{_ELLA}(?:se (?:siente|sentia|encuentra)|anda|amanecio)(?: muy)? mal"),
    ("ill", "is_ill", rf"{_ELLA}(?:no se (?:siente|sentia|encuentra)(?: muy)? bien|se (?:enfermo|enfermaron))"),
    ("ill", "is_ill", r"(?:enferm[oa]s?|enfermo/a|por enfermedad)"),
    (
        "ill",
        "symptom",
        rf"{_ELLA}(?:tiene|tienen|tenia|tuvo|le dio|con) (?:mucha |mucho |un poco de "
        rf"|algo de )?{_MAL}"
        rf"(?: y {_MAL})?",
    ),
    (
        "absent",
        "cannot_come",
        rf"{_ELLA}no (?:puede|pueden|podemos|puedo|pudo|pudieron|pudimos|pude|podia|podian|podra"
        rf"|podran|podremos"
        rf"|podre|va a poder|vamos a poder|van a poder){_IR}",
    ),
    (
        "absent",
        "cannot_come",
        rf"{_ELLA}no (?:(?:va|van|vamos|voy) a (?:ir|venir|asistir|estar"
        rf"|llegar)|ira|iran"
        rf"|iremos|vendra|vendran|asistira|asistiremos|viene|vienen){_IR}",
    ),
    (
        "clash",
        "appointment",
        rf"{_ELLA}(?:tiene|tienen|tenemos|tengo|tenia|teniamos|tuvo|tuvimos) (?:una "
        rf"|un |otra |otro )?"
        r"(?:cita(?: medica| con el (?:doctor|medico|dentista))?|examen|compromiso|evento|partido"
        r"|emergencia(?: familiar)?)",
    ),
    (
        "clash",
        "away",
        rf"{_ELLA}(?:esta|estan|estamos|estoy|estabamos) (?:de (?:viaje|vacaciones)"
        rf"|fuera de la ciudad)",
    ),
    ("clash", "appointment", rf"{_ELLA}(?:esta|estan|estamos|estoy|estaba|estabamos) ocupad[oa]s?"),
    (
        "call_me",
        "call_asked",
        r"(?:llamen?me|llamame|llame(?:n)?nos|llamanos|(?:me"
        r"|nos) llaman? (?:por favor|\?)|(?:me|nos)"
        r" (?:puede|pueden|puedes|podria|podrian|podrias) llamar|(?:puede|pueden|puedes|podria|podrian"
        r"|podrias) llamar(?:me|nos)"
        r"|(?:quiero|quisiera|necesito|me gustaria) (?:hablar con (?:usted|ustedes|alguien)|que me llamen?"
        r"|una llamada))(?: (?:hoy|por favor))*(?: \?)?",
    ),
    (
        "stop",
        "stop_asked",
        rf"(?:deje|dejen|deja) de (?:escribirme|escribirnos|mandarme|enviarme"
        rf"|molestar(?:me|nos)?)"
        rf"(?: {_MENSAJES})?",
    ),
    (
        "stop",
        "stop_asked",
        rf"no (?:me |nos )(?:escriban?|escribas|envien?|manden?"
        rf"|contacten?)(?: mas)?(?: {_MENSAJES})?(?: mas)?",
    ),
    ("stop", "stop_asked", rf"no (?:mas {_MENSAJES}|quiero (?:recibir )?(?:mas )?{_MENSAJES})"),
    ("stop", "stop_asked", r"(?:quiero )?(?:darme|denme|deme) de baja"),
    (
        "late",
        "late",
        rf"{_ELLA}(?:llega|llegan|llegara|llegaremos|vamos a llegar|va a llegar|va"
        rf"|vamos)(?: un poco)? tarde",
    ),
)

FILLERS: tuple[str, ...] = (
    r"(?:hola|buen dia|buenos dias|buenas(?: tardes| noches)?|(?:muchas |mil )?gracias|saludos)",
    r"(?:disculpen?|disculpas|perdon|perdonen?|lo siento|lo sentimos|una disculpa|por favor|porfa|porfavor)",
    r"(?:hoy|ahora|ayer|desde (?:ayer|anoche|esta manana)|esta (?:manana|tarde|noche|semana)|anoche|todavia)",
    r"(?:y|pero|porque|ya que|es que|pues)",
    r"(?:maestra|maestro|profe|profesora|profesor|senora|senor|senorita)",
)
