"""A guardian's answer is understood when it is plain, and left to a person when it is not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events import ReplyReceived
from domain.phrases import LANGUAGES
from domain.replies import LONGEST, Meaning, is_carrier_word, understand
from domain.reply_words import PIECES, WHOLE, WHY
from domain.sending import Channel, Message, Purpose
from domain.wording import Names, compose

CHILDREN = ("Maya", "Leo", "María José")

SAID: dict[str, str] = {
    "ill": """
        1 | 1. | " 1 " | "1" | 1 ill | 1 Ill! | 1) ill | １ | ١ | 1️⃣ | 1 👍🏽 | #1 | option 1 | Opción 1 | one | Uno
        1 please
        1, she is sick | 1 today | 1 thanks | Hi, 1 | Sick | ill | unwell | sick today | Not well | She is sick
        she's sick.
        She is ill today | he’s ill | Maya is sick | Maya's sick today | MAYA IS SICK!!! | Maya and Leo are sick
        both are sick
        my daughter is sick | My son is not feeling well | my kid has a fever | she has a fever and a cough
        has the flu
        Sorry, she is sick | so sorry he was sick yesterday | Hi, Maya has a bad cold today, sorry!
        she doesn't feel well
        she isn't feeling well | he is not feeling good | fever | she is in bed with a fever | he's home sick
        she is very ill
        She is at the doctor | he is in the hospital | she was throwing up last night | we are sick | I'm sick
        she is still sick
        Good morning. Leo woke up sick. Thank you! | No, she is sick | no she's ill | yes she is sick
        Maya is sick and can't come
        She can't make it because she is sick | He won't be there, he has the flu | she has food poisoning
        came down with covid
        This is Maya's mom, she is sick | Maya's mom here: she has a fever | she is under the weather | got sick
        feeling sick
        está enferma | Esta enfermo | Está enferma. | Maya está enferma hoy | mi hija está enferma
        mi hijo esta muy enfermo
        Hola, está enferma, gracias | Buenos días, Leo tiene fiebre | tiene gripe | tiene mucha tos
        María José tiene fiebre y tos
        se siente mal | no se siente bien | no se encuentra bien hoy | se enfermó | anda con gripa | enferma
        le dio gripe
        Perdón, mi niña está enferma y no puede ir a clase | está en el hospital | amaneció con fiebre | están enfermos
        lo siento, mi hijo no puede ir porque está enfermo | está malita | sigue enferma | tiene dolor de cabeza
        con fiebre
    """,
    "clash": """
        2 | 2. | 2 clash | 2 - clash | Clash | two | dos | #2 | option 2 | can't make it | can’t make it today
        cant make it
        We can't make it today | she cannot come | he can not attend today | she can't come to class
        Maya can't come today, sorry
        we won't be able to make it | he won't be there | will not be there today | she is not coming
        she's not coming today
        isn't coming | not coming today | not going to make it today | we couldn't make it | unable to attend today
        she has a dentist appointment | he has a game | we had an appointment | Leo had a school event
        I have a conflict
        we are busy | we're busy today | schedule conflict | scheduling conflict today | the time does not work for us
        time doesn't work | we are on vacation | we're out of town | on vacation | they are traveling
        Sorry, we were abroad
        Sorry we had a family emergency | she was out yesterday | Maya will be out today | Leo is absent today | 2 sorry
        no puede ir | No podemos hoy | no puedo hoy, perdón | Maya no puede venir a clase hoy
        no va a poder asistir | no vendrá hoy
        no va a ir a clase | Hola, no pudo asistir | tiene cita médica | tenemos una cita | tiene un examen hoy
        tuvo partido
        estamos de viaje | estamos de vacaciones | estamos ocupados | mi hijo no viene hoy | no vamos a llegar hoy
    """,
    "call_me": """
        3 | 3. | 3 call me | 3, please call me | 3 please call me | three | tres | Call me. | call me please
        Please call me
        please call | Please call us back | pls call me | can you call me? | Could you please call me back?
        can someone call me
        Hi, can you call me? Thanks | give me a call | I'd like to talk to someone | I want to speak with you
        call us | phone me
        I need a call | call me after 5 | call me at 5:30pm | please call me today | can we talk? | let's talk
        would you call us?
        llámeme | llamame | Llámenme por favor | por favor llámeme | me puede llamar? | ¿Me puede llamar?
        puede llamarme
        ¿podría llamarme hoy? | me podrían llamar por favor | quiero hablar con alguien | necesito hablar con usted
        llámenos
        quisiera que me llamen | ¿Me llaman? | me llaman por favor | Hola, buenas tardes, llámenme, gracias | 3 llámeme
    """,
    "stop": """
        STOP | stop | Stop. | 'STOP'! | STOPALL | Stop all | UNSUBSCRIBE | unsubscribe me | CANCEL | END | QUIT
        REVOKE | OPTOUT
        opt out | opt-out | opt me out | please stop | Stop please | stop it | stop now | stop texting me
        stop sending me messages
        Please stop messaging me! | stop these texts | don't text me | do not text me anymore | dont message me again
        no more texts | no more messages please | take me off your list | remove me from this list | remove my number
        I want to unsubscribe | I would like to opt out | leave me alone | stop contacting us | BAJA | alto | Parar
        detener
        deje de escribirme | dejen de mandarme mensajes | no me escriban más | no me manden más mensajes
        no más mensajes
        no quiero recibir mensajes | no quiero más mensajes, gracias | quiero darme de baja | no me envíe mensajes
    """,
    "start": "START | start | Start! | UNSTOP | alta | Iniciar | reanudar | text me again | resume messages please",
    "help": "HELP | help | Help! | INFO | AYUDA | ayuda. | información",
    "unclear": """
        "" | " " | ? | ?! | YES | no | ok | thanks | gracias | 👍 | 👎 1 | 4 | 0 | 11 | 1 2 | 1/2 | 1.5 | +1 | 1? | ½
        2? | ¿1?
        1 or 2 | 1 and 3 | 1 of us can come | 2 kids ill | 3 kids | 1 kid is sick | 1 hour late | 2 more weeks | 12
        1st
        don't stop | dont stop | please don't stop | never stop | can't stop | stop by at five
        please stop by at 5 | stop by
        we will stop by | bus stop | the stop was late | I'll stop by later | non stop | stop?
        she is not sick | she isn't sick | he's not ill | not sick | no fever | no sick | is she sick? | if she is sick
        she was never sick | maybe she is sick | I think she is sick | her teacher is sick | the teacher is sick
        Ivan is sick
        nobody is sick | sick of this | I'm sick of these messages | we are sick and tired of this | sick joke
        Noah is sick
        the call was fine | call was fine | don't call me | do not call | no need to call | call me maybe
        I called you | who called
        you never call me | we had a call | thanks for the call | he called in sick | call the police | don't call us
        she is sick, call me | she is sick, please call me | can't come, call me | está enferma, llámeme | 1, 3
        stop, 1
        she has an exam and she is sick | we are busy and she has a fever | stop, she is sick | help me
        help please call
        running late | she is running late | 10 min late | she'll be late | we are late | va tarde | llegamos tarde
        start at 5
        we are on vacation until Monday | on vacation next week | we can't make it tomorrow | she can't come on Friday
        she can come | we can make it | she is coming | she will be there | puede ir | sí puede | va a ir
        she is out sick until May
        cancel the lesson | cancel today's class | please cancel | end of lesson? | quit the piano
        start the lesson | info on prices
        Can we move to Tuesdays? | what? | who is this | Who is this? | wrong number | her grandmother died
        see you on Monday
        she was there! | she attended | he was in class | estaba en clase | no está enferma | No está enfermo
        no tiene fiebre
        si está enferma | ¿está enferma? | creo que está enferma | está mal | no me llame | no me llamen
        me llamo María | no pare
        no dejen de escribirme | no quiero dejar de recibir mensajes | baja el precio | doy de baja las clases
        alto precio
        vamos de vacaciones hasta el lunes | no puede mañana | no podemos el viernes | no puedo hablar
        tenemos clase | ayúdeme
        please don't unsubscribe me | why did I get this | She is better now | she is feeling better | he is well
        feeling well
        I will call you | my mother is sick | her brother has a fever | sick leave policy
        we have plans to continue | she has class
        she can't log in | couldn't log in | can't join, the link is broken | no pudo conectarse | no puede entrar
        I want to stop | we want to stop the lessons | stop the lessons | please stop calling | ya no está enferma
        covid negative | sin fiebre | no longer sick | not sick anymore | Maya is sick, not Leo | el maestro no viene
        1 2 3 | i am fine | all is well | yes all is well | sí | no gracias | not coming back
        she is not coming back ever | 1 0 | ١٢
    """,
}
TABLE = [
    (text.strip().strip('"') if text.strip() != '"1"' else '"1"', meaning)
    for meaning, lines in SAID.items()
    for line in lines.strip().splitlines()
    for text in line.split("|")
]


@pytest.mark.parametrize("meaning", SAID)
def test_each_phrasing_means_what_a_person_would_say(meaning: str) -> None:
    said = [text for text, wanted in TABLE if wanted == meaning]
    assert {text: understand(text, CHILDREN).meaning for text in said} == dict.fromkeys(said, meaning)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_choice_copied_whole_is_understood(language: str) -> None:
    """As it stands in our own texts and e-mails, with or without its equals sign."""
    names = Names(student_name="Maya Ríos", operator_name="Northstar", language=language)
    offered = []
    for channel, choice in ((Channel.EMAIL, r"(?m)^([123] = .+)$"), (Channel.SMS, r"([123] [^,.]+)[,.]")):
        body = compose(notice(channel), names).body
        offered += re.findall(choice, body)
    assert len(offered) == 6
    for said in offered:
        for copied in (said, said.replace(" = ", "="), said.replace(" = ", " "), f"{said}. Thanks"):
            assert understand(copied, ["Maya"]).meaning == ("ill", "clash", "call_me")[int(said[0]) - 1], copied


def notice(channel: Channel) -> Message:
    """An absence notice that offers answers."""
    at = datetime(2026, 3, 3, 17, tzinfo=UTC)
    return Message(
        id="m",
        key=f"k:{channel}",
        purpose=Purpose.ABSENCE_NOTICE,
        channel=channel,
        recipient_id="g",
        due_at=at,
        expires_at=at,
        created_at=at,
        offers_replies=True,
    )


def test_the_table_is_long_enough_to_trust() -> None:
    assert len(TABLE) > 440
    assert len({text for text, _ in TABLE}) > 430


@pytest.mark.parametrize("word", ["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"])
def test_each_stop_word_of_the_carrier_ends_the_texts(word: str) -> None:
    ways = (word, word.lower(), f" {word.title()}. ", f"'{word}'!")
    assert [understand(said).meaning for said in ways] == ["stop"] * 4
    assert is_carrier_word(f" {word.title()}. ")
    assert not is_carrier_word(f"{word} please")


def test_the_children_named_in_a_reply_are_told() -> None:
    assert understand("Maya is sick", CHILDREN).named == ("Maya",)
    assert understand("leo and maya are sick", CHILDREN).named == ("Maya", "Leo")
    assert understand("María José tiene fiebre", CHILDREN).named == ("María José",)
    assert understand("she is sick", CHILDREN).named == ()
    assert understand("Mayall is sick", CHILDREN).meaning == "unclear"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1", "code"),
        ("STOP", "stop_word"),
        ("She has a fever", "symptom"),
        ("running late", "late"),
        ("she is sick, call me", "two_meanings"),
        ("Can we move?", "nothing_matches"),
        ("", "empty"),
        ("she is sick " * 60, "nothing_matches"),
    ],
)
def test_the_rule_is_kept_beside_the_meaning(text: str, rule: str) -> None:
    assert (understand(text).rule, understand(text).why) == (rule, WHY[rule])


def test_every_rule_can_be_told_and_every_meaning_carried() -> None:
    rules = {rule for _, rule, _ in PIECES} | {rule for _, rule in WHOLE.values()}
    assert rules <= set(WHY)
    assert set(get_args(Meaning)) == set(get_args(ReplyReceived.model_fields["meaning"].annotation))


@settings(max_examples=50, deadline=None, database=None)
@given(st.text(max_size=40), st.text(max_size=8))
def test_any_text_has_a_meaning(text: str, name: str) -> None:
    assert understand(text, [name]).meaning in get_args(Meaning)
    assert understand(f" {text}. ").meaning == understand(text).meaning


def test_a_very_long_reply_is_read_fast_and_by_a_person() -> None:
    assert understand("sorry " * 100_000).meaning == "unclear"
    assert understand(("sorry " * 200)[:LONGEST] + " she is sick").meaning == "unclear"
