"""What a question asks for, and what a follow-up refers to."""

import pytest

from retrieval.answer import Turn
from retrieval.answer_kinds import AnswerKind, find_kind
from retrieval.language_guess import guess_language, guess_script
from retrieval.question import read_question
from retrieval.terms import to_terms


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("When does the lease begin?", AnswerKind.DATE),
        ("What is the date of the invoice?", AnswerKind.DATE),
        ("Wann beginnt der Vertrag?", AnswerKind.DATE),
        ("合同是什么时候签的？", AnswerKind.DATE),
        ("What is the total amount?", AnswerKind.TOTAL),
        ("Wie hoch ist der Gesamtbetrag?", AnswerKind.TOTAL),
        ("合計はいくらですか", AnswerKind.TOTAL),
        ("How much is the deposit?", AnswerKind.PRICE),
        ("How much water is needed?", AnswerKind.AMOUNT),
        ("How many rooms are there?", AnswerKind.COUNT),
        ("Wie viele Zimmer gibt es?", AnswerKind.COUNT),
        ("Who is the tenant?", AnswerKind.PERSON),
        ("What is the name of the company that issued this receipt?", AnswerKind.ISSUER),
        ("Where is the flat?", AnswerKind.ANY),
        ("Whom do I call when the heating is broken?", AnswerKind.PERSON),
        ("¿Qué hay que hacer cuando se va la luz?", AnswerKind.ANY),
        ("Can you tell me when the rent is due?", AnswerKind.DATE),
        ("What data is collected?", AnswerKind.ANY),
    ],
)
def test_kinds_of_answer(text: str, kind: AnswerKind) -> None:
    assert find_kind(text) is kind


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("When does the lease begin?", "en"),
        ("Wann beginnt der Vertrag und was kostet er?", "de"),
        ("¿En qué año se firmó el contrato?", "es"),
        ("Quel est le montant du loyer ?", "fr"),
        ("Sözleşme ne zaman imzalandı?", "tr"),
        ("Когда был подписан договор?", "ru"),
        ("Коли був підписаний договір і як?", "uk"),
        ("Πότε υπογράφηκε το συμβόλαιο;", "el"),
        ("متى تم توقيع العقد؟", "ar"),
        ("अनुबंध कब हुआ था?", "hi"),
        ("合同是什么时候签的？", "zh"),
        ("契約はいつ結ばれましたか", "ja"),
        ("계약은 언제 체결되었습니까?", "ko"),
        ("สัญญาลงนามเมื่อใด", "th"),
        ("Hợp đồng được ký khi nào?", "vi"),
        ("12345", None),
        ("", None),
    ],
)
def test_languages_of_short_texts(text: str, language: str | None) -> None:
    assert guess_language(text) == language


def test_scripts() -> None:
    assert guess_script("東京タワーの高さ") == "HIRAGANA"
    assert guess_script("北京的天气") == "CJK"
    assert guess_script("…!?") == ""


HISTORY = (Turn("When does the first inspection take place?", "In June (p. 3).", ("in June",)),)


def test_an_ordinal_replaces_the_earlier_one() -> None:
    question = read_question("And the second one?", HISTORY)
    assert question.text == "When does the inspection take place? second one?"
    assert question.kind is AnswerKind.DATE
    assert question.asked == "And the second one?"
    assert question.avoid == ()


def test_a_number_replaces_the_earlier_one() -> None:
    history = (Turn("What was the rent in 2021?", "…"),)
    text = read_question("And in 2023?", history).text
    assert "rent" in text
    assert "2023" in text
    assert "2021" not in text


def test_another_one_does_not_want_the_same_again() -> None:
    history = (Turn("Which companies are named?", "Harbour Estates (p. 1).", ("Harbour Estates",)),)
    assert read_question("And another one?", history).avoid == ("Harbour Estates",)


def test_chains_of_follow_ups_go_back_to_the_full_question() -> None:
    history = (*HISTORY, Turn("And the second one?", "In November (p. 3)."))
    assert "inspection" in read_question("And the third one?", history).text


@pytest.mark.parametrize(
    "message",
    [
        "Who is the landlord of the flat in Wellington Street?",
        "¿En qué año se firmó el contrato de alquiler?",
        "What is the deposit?",
        "Is there a garden that the residents share?",
    ],
)
def test_a_question_of_its_own_stays_alone(message: str) -> None:
    assert read_question(message, HISTORY).text == message


def test_nothing_before_means_nothing_to_lean_on() -> None:
    assert read_question("And the second one?").text == "And the second one?"


def test_content_words_leave_function_words_out() -> None:
    question = read_question("What is the rent of the flat?")
    assert question.content_words == ("rent", "flat")
    assert question.terms["rent"] == 1.0
    assert question.terms["the"] < 0.1


@pytest.mark.parametrize(
    ("one", "other"),
    [("캠프는", "캠프가"), ("열립니까", "열립니다"), ("الشركة", "شركتنا"), ("والموظفون", "الموظف")],
)
def test_inflected_words_share_a_term(one: str, other: str) -> None:
    assert to_terms(one) == to_terms(other)


def test_the_word_behind_which_names_a_class() -> None:
    assert read_question("In which country was it made?").class_words == {"country"}
    assert read_question("Какие документы нужны?").class_words == {"документы"}
    assert read_question("Who is the mayor?").class_words == frozenset()


def test_elided_articles_are_no_part_of_a_word() -> None:
    assert to_terms("L'amende dell'edificio, combien d'œufs ?") == to_terms("amende edificio, combien œufs")
    assert to_terms("the tenant's dog isn't here") == to_terms("the tenant dog isn here")
