"""What is new in a family's e-mail, and mails that machines have written."""

from __future__ import annotations

import pytest

from domain.letters import is_automatic, new_words, plain


@pytest.mark.parametrize(
    ("mail", "new"),
    [
        ("1", "1"),
        ("She is sick.\r\n\r\n> Reply 1 ill", "She is sick."),
        ("She is sick\n\nOn Mon, 2 Mar 2026 at 16:10, Northstar <o@n.example> wrote:\n\n> Sam was", "She is sick"),
        ("Sick\n\nOn Mon, 2 Mar 2026 at 16:10, Northstar Tutoring\n<o@n.example> wrote:\n> Sam", "Sick"),
        ("Está enferma\n\nEl lun, 2 mar 2026 a las 16:10, Northstar (<o@n.example>) escribió:\n> Sam", "Está enferma"),
        ("2\n\n-----Original Message-----\nFrom: Northstar", "2"),
        ("2\n\n-----Mensaje original-----\nDe: Northstar", "2"),
        ("2\n________________________________\nFrom: Northstar <o@n.example>\nSent: Monday", "2"),
        ("Llámeme\n\nDe: Northstar <o@n.example>\nEnviado: lunes", "Llámeme"),
        ("3\n-- \nMaria Reed\nHead of sales", "3"),
        ("3\n\nSent from my iPhone", "3"),
        ("3\n\nEnviado desde mi iPhone", "3"),
        ("Hi,\nshe is sick.\nMaria", "Hi,\nshe is sick.\nMaria"),
        ("On Monday she wrote a test, so no", "On Monday she wrote a test, so no"),
        ("> only quoted", ""),
        ("", ""),
        ("x" * 9000, "x" * 4000),
    ],
)
def test_only_the_new_words_are_kept(mail: str, new: str) -> None:
    assert new_words(mail) == new


def test_a_mail_of_html_alone_has_words_too() -> None:
    html = "<head><style>p{}</style></head><p>She&nbsp;is <b>sick</b></p><br><blockquote>1 = ill</blockquote>"
    assert plain(html) == "She is sick"
    assert plain("she's <i>ill</i><br/>sorry") == "she's ill\nsorry"


def test_a_mail_made_to_be_slow_is_not() -> None:
    assert plain("<head>" * 30_000) == plain("<" * 200_000) == ""
    for nasty in ("\n" * 200_000, "On " * 60_000, "> On a b c\n" * 15_000, "From:" * 40_000, " \t" * 100_000):
        assert len(new_words(nasty)) <= 4000


@pytest.mark.parametrize(
    ("headers", "sender", "subject"),
    [
        ({"auto-submitted": "auto-replied"}, "m@r.example", "Re: Maths"),
        ({"precedence": "Bulk"}, "m@r.example", "Re: Maths"),
        ({"x-autoreply": "yes"}, "m@r.example", "Re: Maths"),
        ({"return-path": "<>"}, "m@r.example", "Re: Maths"),
        ({}, "MAILER-DAEMON@mail.example", "Failure"),
        ({}, "no-reply@mail.example", "Re: Maths"),
        ({}, "m@r.example", "Automatic reply: Maths"),
        ({}, "m@r.example", "Out of Office: back on Monday"),
        ({}, "m@r.example", "Respuesta automática: Maths"),
        ({}, "m@r.example", "Undeliverable: Maths"),
    ],
)
def test_machines_are_told_by_what_they_say_of_themselves(headers: dict[str, str], sender: str, subject: str) -> None:
    assert is_automatic(headers, sender, subject)


def test_people_are_no_machines() -> None:
    assert not is_automatic({"auto-submitted": "no"}, "noreplytoday@r.example", "Re: Out of milk")
    assert not is_automatic({"return-path": "<m@r.example>"}, "maria@reed.example", "Automatically sick")
