"""Receipts and their items: lines of a name and a price, which may stand on two."""

import re
from collections.abc import Sequence
from statistics import median

from retrieval.answer_kinds import AnswerKind
from retrieval.chunking import Unit
from retrieval.forms import AMOUNT, find_field, is_form
from retrieval.keywords import keywords
from retrieval.question import Question
from retrieval.terms import fold

_LEAST_AMOUNTS = 2
_LINE_CHARS = 45
_MOST_SENTENCES = 0.15
_SENTENCE = re.compile(r"\w+\W+\w+\W+\w+.*[^\W\d_]{3}[.!?。।؟]$")
_QUANTITY_LINE = re.compile(r"^\W*(?:\d|[$€£¥])")
_LONG_WORD = re.compile(r"[^\W\d_]{4}")
_TIME = re.compile(
    r"(?<![\d.,/:])\d{1,2}\s?[:h.]\s?[0-5]\d(?!\d|[.,/]\d)|\d{1,2}\s?(?:am|pm)\b|\d{1,2}時", re.IGNORECASE
)
_HOURS = re.compile(
    r"\d\s*(?:-|–|bis|to|a)\s*\d{1,2}(?:[:.h]|\s|am|pm|$)|hours|offnungs|ouvert|horario|orario", re.IGNORECASE
)


def is_receipt(units: Sequence[Unit]) -> bool:
    """Whether a page is short lines, some of them with amounts of money: hardly any sentences, as a letter has."""
    if not is_form(units):
        return False
    sentences = sum(bool(_SENTENCE.search(unit.text)) for unit in units)
    if sentences > len(units) * _MOST_SENTENCES or median(len(unit.text) for unit in units) > _LINE_CHARS:
        return False
    amounts = sum(bool(AMOUNT.search(unit.text)) for unit in units)
    return amounts > _LEAST_AMOUNTS or (amounts > 0 and bool(find_field(AnswerKind.TOTAL, units)))


def has_amount(text: str) -> bool:
    return AMOUNT.search(text) is not None


def read_item(units: Sequence[Unit], at: int) -> tuple[Unit, ...]:
    """The item whose name stands on line ``at``, with its quantity and price; empty when that is no item.

    The quantity and the price may stand on a line of their own below the name.
    """
    text = units[at].text
    if at + 1 < len(units) and not has_amount(text) and _is_quantity(units[at + 1].text):
        return tuple(units[at : at + 2])
    if at > 0 and _is_quantity(text) and not has_amount(units[at - 1].text):
        return tuple(units[at - 1 : at + 1])
    return (units[at],) if has_amount(text) else ()


def _is_quantity(text: str) -> bool:
    return has_amount(text) and bool(_QUANTITY_LINE.search(text)) and not _LONG_WORD.search(text)


def asks_for_total(question: Question) -> bool:
    """Whether the sum itself is named, rather than a price that may be one item's."""
    return bool(_TOTAL.search(fold(question.asked)))


def asks_for_time(question: Question) -> bool:
    return bool(_WHAT_TIME.search(" ".join(fold(question.asked).split())))


def find_time(units: Sequence[Unit], dated: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """The line with the time of day; that of the date where it has none."""
    if any(_TIME.search(unit.text) for unit in dated):
        return dated
    timed = (unit for unit in units if _TIME.search(unit.text) and not _HOURS.search(fold(unit.text)))
    return tuple(timed)[:1] or dated


_TOTAL = keywords(
    "total*|altogether|in all|in the end|grand total|insgesamt|gesamt*|summe|endbetrag|en tout|montant total",
    "en total|totale|totaal*|итого",
    "всего|toplam|razem|suma|łącznie|المجموع|总额|总计|合计|総額|合計|총액|합계|कुल|tổng|ยอดรวม|συνολο",
)
_WHAT_TIME = keywords(
    "what time|at what time|time of|wie viel uhr|uhrzeit|quelle heure|qué hora|che ora|que horas|hoe laat",
    "во сколько|saat kaçta",
    "何時|几点|몇 시|कितने बजे|กี่โมง|mấy giờ|τι ώρα|o której",
)
