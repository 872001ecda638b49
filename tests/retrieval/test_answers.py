"""Questions about our own small papers, through search, rules and refusals."""

import re

import pytest

from pipeline.document import Document
from retrieval.answer import Answer, Turn
from retrieval.librarian import Librarian, build_shelf
from tests.retrieval.papers import GERMAN, LEASE, RECEIPT, make_document


def ask(librarian: Librarian, document: Document, question: str, *history: Turn) -> Answer:
    shelf = build_shelf([document])
    librarian.add(shelf, document.id)
    return librarian.ask(shelf, question, history)


@pytest.mark.parametrize(
    ("question", "words", "page"),
    [
        ("How much is the monthly rent?", "$1,250.00", 1),
        ("Who is the tenant?", "Miriam Okafor", 1),
        ("Are cats allowed?", "Cats are not allowed", 2),
        ("When is the gate locked?", "22:00", 2),
        ("Which court settles disputes?", "Port Aurelia", 3),
        ("Wie hoch ist die Miete im Monat?", "$1,250.00", 1),
        ("¿Cuándo se hace la segunda inspección?", "November", 3),
    ],
)
def test_a_lease(librarian: Librarian, question: str, words: str, page: int) -> None:
    answer = ask(librarian, make_document(LEASE), question)
    assert words in answer.content
    assert answer.citations[0].page_number == page
    assert answer.engine == "extractive"
    assert len(answer.sentences) <= 2
    for place in answer.citations:
        assert place.snippet in LEASE[place.page_number - 1]
        assert LEASE[place.page_number - 1][place.start : place.end] == place.snippet
        assert f"(p. {place.page_number})" in answer.content


@pytest.mark.parametrize("times", [1, 3])
def test_a_notice_of_one_sentence(librarian: Librarian, times: int) -> None:
    notice = make_document(("\n\n".join(["The office is open from nine to five on weekdays."] * times),))
    assert "nine to five" in ask(librarian, notice, "When is the office open?").content
    assert ask(librarian, notice, "Who painted the ceiling?").refused


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the total?", "TOTAL PAYABLE: RM 11.70"),
        ("Which company issued this receipt?", "CORNER BAKERY SDN BHD"),
        ("What is the date of the receipt?", "14/08/2023"),
    ],
)
def test_fields_of_a_receipt(librarian: Librarian, question: str, words: str) -> None:
    answer = ask(librarian, make_document(RECEIPT), question)
    assert words in answer.content
    assert len(answer.sentences) == 1


@pytest.mark.parametrize(
    ("question", "refusal"),
    [
        ("Which moons of Jupiter did Galileo discover?", "I can't find an answer to this in the document."),
        ("Welche Monde des Jupiter wurden zuerst entdeckt?", "Dazu finde ich im Dokument keine Antwort."),
        ("木星的哪些卫星最先被发现？", "文档中没有找到这个问题的答案。"),
    ],
)
def test_off_topic_is_refused_in_the_questions_language(librarian: Librarian, question: str, refusal: str) -> None:
    answer = ask(librarian, make_document(LEASE), question)
    assert answer.refused
    assert answer.content == refusal
    assert answer.citations == ()


@pytest.mark.parametrize(
    "question",
    [
        "What may the tenant not keep?",  # negated, the lease says what is allowed
        "When does the last inspection take place in June?",  # opposite
        "What deposit of $9,900.00 is held by the landlord until the lease ends?",  # another number
        "When is the lease between Harbour Estates and Ferdinand Quill made?",  # another name
    ],
)
def test_what_only_looks_answered_is_refused(librarian: Librarian, question: str) -> None:
    assert ask(librarian, make_document(LEASE), question).refused


def test_a_follow_up(librarian: Librarian) -> None:
    first = Turn("When does the first inspection take place?", "In June (p. 3).")
    answer = ask(librarian, make_document(LEASE), "And the second one?", first)
    assert "November" in answer.sentences[0].text


def test_the_answer_is_led_in_by_what_it_is(librarian: Librarian) -> None:
    answer = ask(librarian, make_document(GERMAN), "Wie hoch ist der Jahresbeitrag?")
    assert answer.content.startswith("Im Dokument steht: “")
    assert "48 Euro" in answer.content


def test_an_empty_document_answers_nothing(librarian: Librarian) -> None:
    assert ask(librarian, make_document(("", "")), "What is the total?").refused


def test_indexing_goes_on_where_it_stopped(librarian: Librarian) -> None:
    shelf = build_shelf([make_document(LEASE)])
    assert librarian.add_part(shelf, "d1", limit=1)
    assert librarian.add_part(shelf, "d1", limit=1)
    assert not librarian.add_part(shelf, "d1", limit=1)
    assert not librarian.add_part(shelf, "d1", limit=1)


def test_a_follow_up_in_another_month(librarian: Librarian) -> None:
    earlier = Turn("When does the first inspection take place in June?", "“...” (p. 2)")
    assert "November" in ask(librarian, make_document(LEASE), "And in November?", earlier).content


def test_what_the_document_is_about_is_told_by_its_first_page(librarian: Librarian) -> None:
    pages = (
        "Rules of the chess club. The club meets on Mondays.",
        *(f"Chapter {number} about games." for number in range(9)),
    )
    given = ask(librarian, make_document(pages), "What is this document about?")
    assert given.citations[0].page_number == 1
    assert "Rules of the chess club" in given.content


def test_two_questions_get_two_answers(librarian: Librarian) -> None:
    given = ask(librarian, make_document(LEASE), "How much is the monthly rent and may the tenant keep a dog?")
    assert "$1,250.00" in given.content
    assert "one dog" in given.content


LIBRARY = (
    "Harbour Street Library\n\nAnyone who lives, works or studies in Port Ellery may join free of "
    "charge. Bring proof of address and a photo identity card. Up to fifteen items may be "
    "borrowed at a time.\n\nCard number: 20-771\nManaged by\nBeatrice Lund",
    "Late items cost 20 pence a day. A lost book has to be paid for.",
)


def test_what_no_passage_speaks_of_is_refused(librarian: Librarian) -> None:
    """The text is about the library, not about founders."""
    assert ask(librarian, make_document(LIBRARY), "Who founded the library?").refused


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the card number?", "Card number: 20-771"),
        ("Who is the library managed by?", "Beatrice Lund"),
        ("How many items may be borrowed?", "fifteen items"),
    ],
)
def test_labels_and_headings(librarian: Librarian, question: str, words: str) -> None:
    """A label answers with its value, also when that stands below; the heading answers nothing."""
    answer = ask(librarian, make_document(LIBRARY), question)
    assert words in answer.sentences[0].text


def test_spaces_that_ocr_puts_into_words_do_no_harm(librarian: Librarian) -> None:
    pages = ("ค่า เช่าห้อง ราคา 5,400 บาท ต่อเดือน", "ไม่ อนุ ญาตให้นำสัตว์ เลี้ ยงเข้าพัก")
    answer = ask(librarian, make_document(pages), "นำสัตว์เลี้ยงเข้าพักได้ไหม")
    assert answer.citations[0].page_number == 2


@pytest.mark.parametrize(
    ("pages", "marks"),
    [
        (("Terms of the lottery. {0} {0}",), ["(p. 1)"]),
        (("Terms of the lottery. {0}", "Notes. {0}"), ["(p. 1)", "(p. 2)"]),
    ],
)
def test_what_stands_there_twice_is_told_once(librarian: Librarian, pages: tuple[str, ...], marks: list[str]) -> None:
    sentence = "The draw takes place on Friday."
    document = make_document(tuple(page.format(sentence) for page in pages))
    given = ask(librarian, document, "When does the draw take place?")
    assert given.content.count("Friday") == 1
    assert sorted(re.findall(r"\(.*?\)", given.content)) == marks
    assert {place.snippet for place in given.citations} == {sentence}
    assert len(given.citations) == len(pages)
