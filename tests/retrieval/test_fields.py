"""Fields of forms are found by what they are, whatever the languages of question and paper."""

import pytest

from retrieval.answer_kinds import AnswerKind, find_kind
from retrieval.chunking import split_page
from retrieval.compound import split_question
from retrieval.fields import FieldName, find_field_names, find_labelled, is_missing
from retrieval.question import read_question
from tests.retrieval.papers import make_lined_page

INVOICE = split_page(
    make_lined_page(
        (
            "Holm Roofing",
            "Phone 0555 014 220",
            "Invoice number 2026-0317",
            "Date 17 March 2026",
            "Due 16 April 2026",
            "Bill to",
            "Mr Anselm Ruiz",
            "VAT 19 % 900.03",
            "Total due (EUR) 5,637.03",
        )
    )
)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When does it have to be paid?", "Due 16 April 2026"),
        ("¿Cuál es la fecha de vencimiento?", "Due 16 April 2026"),
        ("Wie lautet die Rechnungsnummer?", "Invoice number 2026-0317"),
        ("消費税はいくらですか", "VAT 19 % 900.03"),
        ("Quel est le numéro de téléphone ?", "Phone 0555 014 220"),
        ("Кто клиент?", "Bill to Mr Anselm Ruiz"),
    ],
)
def test_fields_are_found_across_languages(question: str, answer: str) -> None:
    names = find_field_names(question)
    assert names
    assert " ".join(unit.text for unit in find_labelled(names[0], INVOICE)) == answer


def test_a_form_without_the_label_does_not_have_the_field() -> None:
    assert is_missing(FieldName.FAX, INVOICE)
    assert is_missing(FieldName.DISCOUNT, INVOICE)
    assert not is_missing(FieldName.PHONE, INVOICE)
    assert not is_missing(FieldName.CUSTOMER, INVOICE)


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        ("What is the total and when is it due?", ["What is the total", "when is it due"]),
        ("Wie hoch ist die Miete und wann ist sie zu zahlen?", ["Wie hoch ist die Miete", "wann ist sie zu zahlen"]),
        ("Who is the landlord? Who is the tenant?", ["Who is the landlord", "Who is the tenant"]),
        ("What do cats and dogs eat?", ["What do cats and dogs eat?"]),
        ("Which town lies between hill and river?", ["Which town lies between hill and river?"]),
    ],
)
def test_two_questions_in_one_message_are_told_apart(message: str, parts: list[str]) -> None:
    assert [part.asked for part in split_question(read_question(message))] == parts


def test_a_part_takes_what_it_leaves_out_from_the_one_before() -> None:
    _, second = split_question(read_question("How much is the deposit and when is it paid back?"))
    assert "deposit" in second.text


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What is this letter about?", AnswerKind.SUBJECT),
        ("Worum geht es?", AnswerKind.SUBJECT),
        ("What does the letter say about pets?", AnswerKind.ANY),
        ("When is the total due?", AnswerKind.DATE),
    ],
)
def test_the_kind_of_what_is_asked(question: str, kind: AnswerKind) -> None:
    assert find_kind(question) is kind
