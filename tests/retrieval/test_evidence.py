"""Sentences that look like answers and are none."""

import pytest

from retrieval.evidence import Conflict, DocumentWords, find_conflict, find_names, names_somebody
from retrieval.polarity import is_reversed
from retrieval.question import read_question

DOCUMENT = (
    "The Blue Harbour Treaty was signed by Queen Adela in 1642. Article 12 gives the islands to Norland. "
    "Duke Osric of Westmark refused to sign it. It is easier to cross the strait in summer."
)


def check(question: str, sentence: str) -> Conflict | None:
    return find_conflict(read_question(question), sentence, sentence, DocumentWords.of(DOCUMENT))


@pytest.mark.parametrize(
    ("question", "sentence", "conflict"),
    [
        ("Who signed the Blue Harbour Treaty?", "The Blue Harbour Treaty was signed by Queen Adela in 1642.", None),
        ("Who did not sign the Blue Treaty?", "The Blue Treaty was signed by Queen Adela.", Conflict.NEGATION),
        ("Which ship did not let the soldiers land?", "The Vulture stopped the troops on the beach.", None),
        ("Who did not sign the treaty?", "Duke Osric of Westmark refused to sign it.", None),
        ("When is it harder to cross the strait?", "It is easier to cross the strait in summer.", Conflict.OPPOSITE),
        ("When is it easier to cross the strait?", "It is easier to cross the strait in summer.", None),
        ("What does Article 21 give to Norland?", "Article 12 gives the islands to Norland.", Conflict.NUMBER),
        ("What does Article 12 give to Norland?", "Article 12 gives the islands to Norland.", None),
        ("What does Article 12 award to Sudland?", "Article 12 awards the islands to Norland.", Conflict.NAME),
        ("Where did the Ostmark champion fall?", "Tom Hale, who held the title, collapsed on the Long Hill.", None),
        ("Who signed the Blue Westmark Treaty?", "The Blue Harbour Treaty was signed by Queen Adela.", Conflict.NAME),
        ("Who signed the Blue Harbor Treaty?", "The Blue Harbour Treaty was signed by Queen Adela.", None),
    ],
)
def test_conflicts(question: str, sentence: str, conflict: Conflict | None) -> None:
    assert check(question, sentence) is conflict


@pytest.mark.parametrize(
    ("claim", "evidence", "is_contrary"),
    [
        ("Cats are allowed.", "Cats are not allowed in the building", True),
        ("Cats are not allowed.", "Cats are not allowed in the building", False),
        ("Dogs are not allowed.", "Dogs are allowed", True),
        ("The rent increased.", "the rent decreased by 5 %", True),
        ("The rent increased.", "the rent increased by 5 %", False),
        ("Der Hund ist nicht erlaubt.", "Der Hund ist erlaubt", True),
    ],
)
def test_reversed_claims(claim: str, evidence: str, is_contrary: bool) -> None:
    assert is_reversed(claim, evidence) is is_contrary


def test_names_are_capitals_inside_a_question() -> None:
    assert find_names(read_question("What did Queen Adela's brother sign?")) == ("queen", "adela")
    assert find_names(read_question("Was hat die Herzogin von Westmark unterschrieben?")) == ()
    assert find_names(read_question("WHAT IS THE TOTAL?")) == ()


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Var har bussen sin hållplats?", "Bussen har sin hållplats vid kyrkan."),
        ("Wann beginnt die Messe im Mai?", "Die Messe beginnt am 3. Mai."),
        ("Quand a lieu la fête de mai ?", "La fête de mai a lieu le 8."),
    ],
)
def test_another_languages_negation_is_none_here(question: str, sentence: str) -> None:
    asked = read_question(question)
    assert find_conflict(asked, sentence, sentence, DocumentWords.of(sentence)) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Anyone who lives in Port Ellery may join.", False),
        ("The library is managed by Beatrice Lund.", True),
        ("Nordbygg won the tender.", False),
        ("Stavros Melas", True),
        ("图书馆由林女士管理。", None),
    ],
)
def test_a_name_is_a_word_with_a_capital_that_the_question_does_not_have(text: str, names: bool | None) -> None:
    assert names_somebody(text, ("mayor", "port", "ellery")) is names


@pytest.mark.parametrize(
    ("question", "conflict"),
    [
        ("How long does line 16 take?", Conflict.NUMBER),
        ("How long does line 15 take?", None),
    ],
)
def test_things_are_told_apart_by_their_numbers(question: str, conflict: Conflict | None) -> None:
    timetable = "Line 15 takes 55 minutes. Line 20 takes an hour. There are 16 stops."
    found = find_conflict(read_question(question), timetable[:24], timetable[:24], DocumentWords.of(timetable))
    assert found is conflict


@pytest.mark.parametrize(("name", "conflict"), [("Osric", None), ("Harold", Conflict.NAME)])
def test_a_subject_of_the_whole_document_may_be_meant_by_he(name: str, conflict: Conflict | None) -> None:
    sentence = "He caught marsh fever in Norland."
    pages = ("Osric was born by the sea.", "Osric went to war.", sentence, "Osric's son fled.", "Harold stayed.")
    question = read_question(f"Where was it that {name} caught marsh fever?")
    assert find_conflict(question, sentence, sentence, DocumentWords.of(*pages)) is conflict
