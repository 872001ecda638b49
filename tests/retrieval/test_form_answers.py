"""Receipts, one by itself and several in one document, asked in several languages."""

import pytest

from retrieval.librarian import Librarian
from tests.retrieval.papers import make_document
from tests.retrieval.test_answers import ask

MARKET = (
    "Simply good since 1972\nFENWAY FOODS LTD\n3 Harbour Road\nMillport ML3 4QT\nTel 01475 555 230\n"
    "Till 4   You were served by ORLA\nWED 05JUN24 17:42\nMILK 2L                1.85\nSALMON FILLET\n"
    "  0.310 kg @ 19.00/kg    5.89\nTEA BAGS 80\n  2 @ 2.40              4.80\nMULTIBUY SAVING       -0.60\n"
    "FUEL DISC 3P/L        -0.30\n4 ITEMS\nTOTAL                 11.64\nCASH                  20.00\n"
    "CHANGE                 8.36\nTOTAL INCLUDES VAT OF  0.80\nOpen Mon-Sat 8-8",
)
BUNDLE = (
    "ALPENHOTEL ENZIAN\nBergstr. 7, 6100 Seeberg\nRechnung Nr. 88-14\nDatum 02.07.2024\nGast: Frau Pilar Soto\n"
    "3 Nächte DZ            360,00\nHund                    24,00\nGesamtbetrag EUR       384,00",
    "TAXI LORENZ\nWagen 9\n03.07.2024  07:15\nFahrpreis   22,40\nTrinkgeld    2,60\nBetrag EUR  25,00",
    "LIBRAIRIE DU PORT\n4 rue Basse\n74000 ANNECY\nTel 04 50 55 01 20\nLe 05/07/2024 a 11h20\nCARTE ROUTIERE     8,90\n"
    "CREME SOLAIRE     12,50\nTOTAL TTC         21,40\nESPECES           30,00\nRENDU              8,60",
)


CORNER = (
    "햇살마트 강변점\n서울시 광진구 강변로 12\n전화 02-555-0199\n2025-02-11 18:04  계산원 이도윤\n"
    "우유 1L      2   5,600\n두부 1모     1   2,300\n합계             7,900\n"
    "현금            10,000\n거스름돈          2,100",
)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("합계 금액은 얼마입니까?", "7,900"),
        ("우유는 얼마입니까?", "5,600"),
        ("How much change was given?", "2,100"),
        ("Who was the cashier?", "이도윤"),
    ],
)
def test_amounts_without_cents(librarian: Librarian, question: str, words: str) -> None:
    assert words in ask(librarian, make_document(CORNER), question).content


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What is the total?", "TOTAL 11.64"),
        ("Which company issued the receipt?", "FENWAY FOODS LTD"),
        ("What is the shop's address?", "3 Harbour Road Millport ML3 4QT"),
        ("Who rang it up?", "ORLA"),
        ("How much was the salmon?", "5.89"),
        ("Was hat der Tee gekostet?", "4.80"),
        ("How much VAT is included?", "0.80"),
        ("How much cash did the customer hand over?", "20.00"),
        ("Wie viel Wechselgeld gab es?", "8.36"),
        ("What was the fuel discount?", "3P/L"),
        ("When was the milk bought?", "05JUN24"),
        ("How many items were bought?", "4 ITEMS"),
    ],
)
def test_one_receipt(librarian: Librarian, question: str, words: str) -> None:
    answer = ask(librarian, make_document(MARKET), question)
    assert words in " ".join(answer.content.split())


@pytest.mark.parametrize(
    "question",
    [
        "What is the email address?",
        "How much was the tip?",
        "Who is the patient's dentist?",
        "Which road did the marathon follow?",
    ],
)
def test_what_a_receipt_does_not_have(librarian: Librarian, question: str) -> None:
    assert ask(librarian, make_document(MARKET), question).refused


@pytest.mark.parametrize("question", ["When does the shop close?", "Until when can things be returned?"])
def test_the_date_of_the_paper_answers_no_other_question(librarian: Librarian, question: str) -> None:
    assert "05JUN24" not in ask(librarian, make_document(MARKET), question).content


@pytest.mark.parametrize(
    ("question", "words", "page"),
    [
        ("How much was the hotel?", "384,00", 1),
        ("What did the dog cost?", "24,00", 1),
        ("What is the total of the receipt from Taxi Lorenz?", "25,00", 2),
        ("How much did the taxi driver get as a tip?", "2,60", 2),
        ("What is the total of the receipt dated 5 July 2024?", "21,40", 3),
        ("When was the sun cream bought?", "05/07/2024", 3),
        ("Wann war die Taxifahrt?", "03.07.2024", 2),
        ("What is the phone number of the bookshop Librairie du Port?", "04 50 55 01 20", 3),
    ],
)
def test_the_right_receipt_of_several(librarian: Librarian, question: str, words: str, page: int) -> None:
    answer = ask(librarian, make_document(BUNDLE), question)
    assert words in answer.content
    assert answer.citations[0].page_number == page
