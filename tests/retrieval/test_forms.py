"""Totals, dates and issuers on the lines of receipts."""

import pytest

from retrieval.answer_kinds import AnswerKind
from retrieval.chunking import Unit
from retrieval.forms import contains_kind, find_field, has_full_date, is_form
from retrieval.letterheads import find_issuer


def to_units(*lines: str) -> list[Unit]:
    units, at = [], 0
    for line in lines:
        units.append(Unit(at, at + len(line), line, "b1"))
        at += len(line) + 1
    return units


@pytest.mark.parametrize(
    ("lines", "total"),
    [
        (("TOTAL 9.90", "CASH 10.00", "CHANGE 0.10"), ("TOTAL 9.90",)),
        (("SUBTOTAL 9.00", "TAX 0.90", "GRAND TOTAL 9.90"), ("GRAND TOTAL 9.90",)),
        (("TOTAL", "RM 9.90", "THANK YOU"), ("TOTAL", "RM 9.90")),
        (("RM 9.90", "GRAND TOTAL", "thanks"), ("RM 9.90", "GRAND TOTAL")),
        (("TOTAL RM 3.30", "GST @6% INCLUDED IN TOTAL RM 0.19", "CASH 5.00"), ("TOTAL RM 3.30",)),
        (("TOTAL QTY 3", "TOTAL 12.00", "ROUNDING 0.01"), ("TOTAL 12.00",)),
        (("TOTAL 31.80", "GST SUMMARY", "TOTAL 30.00 1.80"), ("TOTAL 31.80",)),
        (("Zwischensumme 8,00", "Gesamtbetrag 9,52 €", "Danke"), ("Gesamtbetrag 9,52 €",)),
        (("合計 ¥1,200", "お預り ¥2,000", "お釣り ¥800"), ("合計 ¥1,200",)),
        (("TOTAL (4 ITEMS) $12.10", "TOTAL INCLUDES GST OF $1.10", "TOTAL SAVINGS $0.40"), ("TOTAL (4 ITEMS) $12.10",)),
        (("TOTAL EXCL. TAX 1000.00", "TAX 190.00", "TOTAL 1190.00", "NEW BALANCE 55"), ("TOTAL 1190.00",)),
        (("ORDER TOTAL 860.00", "DEPOSIT 200.00", "BALANCE ON DELIVERY 660.00"), ("ORDER TOTAL 860.00",)),
        (("BALANCE 221.70", "CARD -221.70", "TOTAL DUE 0.00"), ("BALANCE 221.70",)),
        (("SUB TOTAL 8.00", "5 ITEMS", "BALANCE DUE 7.60"), ("BALANCE DUE 7.60",)),
        (("QTD. TOTAL DE ITENS 4", "VALOR TOTAL R$ 66,34", "VALOR A PAGAR R$ 63,34"), ("VALOR A PAGAR R$ 63,34",)),
        (("SUMA PTU 8,60", "SUMA PLN 72,09", "RESZTA 7,91"), ("SUMA PLN 72,09",)),
        (("BREAD 2.00", "MILK 1.00", "THANK YOU"), ()),
    ],
)
def test_totals(lines: tuple[str, ...], total: tuple[str, ...]) -> None:
    assert tuple(unit.text for unit in find_field(AnswerKind.TOTAL, to_units(*lines))) == total


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("14/08/2023", True),
        ("2023-08-14 09:12", True),
        ("14.08.23", True),
        ("3 March 2024", True),
        ("March 3, 2024", True),
        ("12. Mai 1987", True),
        ("3 de marzo de 2024", True),
        ("2024年3月3日", True),
        ("UH14-21-32", False),
        ("14-21-32", False),
        ("12/120", False),
        ("1/2-3", False),
        ("03-5542 3228", False),
        ("GST ID 000381399040", False),
    ],
)
def test_dates(text: str, is_date: bool) -> None:
    assert has_full_date(text) is is_date


def test_a_labelled_date_goes_first() -> None:
    units = to_units("Valid until 01/01/2030", "Invoice date: 14/08/2023", "x")
    assert [unit.text for unit in find_field(AnswerKind.DATE, units)] == ["Invoice date: 14/08/2023"]


@pytest.mark.parametrize(
    ("lines", "issuer"),
    [
        (("TAX INVOICE", "CORNER BAKERY SDN BHD", "12 Mill Lane"), "CORNER BAKERY SDN BHD"),
        (("Yam Fresh", "NO. 145G, JALAN 1", "TEL: 6243"), "Yam Fresh"),
        (("*** RECEIPT ***", "Blumen Huber GmbH", "Lindau"), "Blumen Huber GmbH"),
    ],
)
def test_issuers(lines: tuple[str, ...], issuer: str) -> None:
    assert [unit.text for unit in find_issuer(to_units(*lines))] == [issuer]


def test_forms_and_prose_are_told_apart() -> None:
    assert is_form(to_units("A", "TOTAL 9.90", "CASH 10.00"))
    assert not is_form(to_units("This is a sentence.", "So is this one.", "And a third."))
    assert not is_form(to_units("A", "B"))


def test_what_kinds_are_in_a_text() -> None:
    assert contains_kind(AnswerKind.DATE, "It opened in 1894.")
    assert contains_kind(AnswerKind.DATE, "We met on Monday.")
    assert not contains_kind(AnswerKind.DATE, "It opened late.")
    assert contains_kind(AnswerKind.AMOUNT, "about half of it")
    assert contains_kind(AnswerKind.ANY, "")
    assert find_field(AnswerKind.PERSON, to_units("a", "b", "c")) == ()


@pytest.mark.parametrize(
    "text", ["27 millions d'euros", "3 millones de euros", "1,2 milioni di euro", "5 million dollars"]
)
def test_money_in_words(text: str) -> None:
    assert contains_kind(AnswerKind.PRICE, text)
