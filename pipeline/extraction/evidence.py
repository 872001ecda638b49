"""Where on the pages a value stands: nothing that a model says is believed without it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from rapidfuzz import fuzz

from pipeline.document import Block, Box, Line, Page

# A changed digit hardly lowers the likeness of two strings, so digits are compared by themselves.
_ALIKE = 90.0
_SHORT = 4
_NUMBER = re.compile(r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?")
_DIGITS = re.compile(r"\d+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words on a page; ``confidence`` is that of reading them, lowered by how unlike the value they are."""

    page_number: int
    box: Box
    confidence: float | None


@dataclass(frozen=True, slots=True)
class _Place:
    """A line, a cell, or a block as a whole."""

    page_number: int
    text: str
    box: Box
    confidence: float | None
    line: Line | None = None


def find_evidence(value: str | int | float, pages: Sequence[Page]) -> Evidence | None:
    """The best place for a value, or None when it stands nowhere.

    Numbers must be there exactly, however they are grouped (1,234.50 or 1.234,50). Texts may differ a little, but not
    in a digit. An ISO date may be written in figures in any order, or with an English month.
    """
    places = [place for page in pages for block in page.blocks for place in _places(block, page.number)]
    if isinstance(value, (int, float)):
        return next((_at(place) for place in places if _has_number(place.text, float(value))), None)
    found = _find_text(value, places)
    if found is None and _ISO_DATE.fullmatch(value.strip()):
        return next((_at(place) for place in places if _has_date(place.text, value.strip())), None)
    return found


def _places(block: Block, page_number: int) -> Iterator[_Place]:
    """Small places first: a box around a line tells more than one around its block."""
    for line in block.lines:
        yield _Place(page_number, line.text, line.box, line.confidence, line)
    if block.table is not None:
        for cell in block.table.cells:
            yield _Place(page_number, cell.text, cell.box, block.confidence)
    yield _Place(page_number, block.text, block.box, block.confidence)


def _at(place: _Place, likeness: float = 1.0, box: Box | None = None) -> Evidence:
    confidence = None if place.confidence is None else place.confidence * likeness
    return Evidence(place.page_number, box or place.box, confidence)


def _find_text(value: str, places: Sequence[_Place]) -> Evidence | None:
    wanted = _plain(value)
    if not wanted:
        return None
    for place in places:
        if re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", _plain(place.text)):
            return _at(place, box=_words_box(place, wanted))
    if len(wanted) < _SHORT:
        return None
    best: tuple[float, _Place] | None = None
    for place in places:
        likeness = _likeness(wanted, _plain(place.text))
        if likeness >= _ALIKE and (best is None or likeness > best[0]):
            best = likeness, place
    return None if best is None else _at(best[1], best[0] / 100)


def _likeness(wanted: str, text: str) -> float:
    """0..100; 0 when the text is too short or the digits differ."""
    if len(text) < len(wanted) * _ALIKE / 100:
        return 0.0
    aligned = fuzz.partial_ratio_alignment(wanted, text, score_cutoff=_ALIKE)
    if aligned is None:
        return 0.0
    # The aligned part may cut a number in two: the whole numbers at its ends count.
    start, end = aligned.dest_start, aligned.dest_end
    while start > 0 and text[start - 1].isdigit():
        start -= 1
    while end < len(text) and text[end].isdigit():
        end += 1
    same = sorted(_DIGITS.findall(wanted)) == sorted(_DIGITS.findall(text[start:end]))
    return float(aligned.score) if same else 0.0


def _words_box(place: _Place, wanted: str) -> Box | None:
    """Around just the words that say it; None where the place has none, or they can't be told apart."""
    words = place.line.words if place.line else ()
    count = len(wanted.split())
    for start in range(len(words) - count + 1):
        part = words[start : start + count]
        if wanted in _plain(" ".join(word.text for word in part)):
            return Box.around(word.box for word in part)
    return None


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _has_number(text: str, value: float) -> bool:
    return any(abs(number - abs(value)) < 1e-9 * max(1.0, abs(value)) for number in _numbers(text))


def _numbers(text: str) -> Iterator[float]:
    """Each number in all the ways in which it may be meant: 1.234 is a thousand or one and a bit."""
    for match in _NUMBER.finditer(text):
        token = re.sub(r"['\u00a0\u202f ]", "", match[0])
        yield from _readings(token)


def _readings(token: str) -> Iterator[float]:
    last = max(token.rfind("."), token.rfind(","))
    if last < 0:
        yield float(token)
        return
    whole, rest = re.sub(r"[.,]", "", token[:last]), token[last + 1 :]
    yield float(f"{whole}.{rest}")
    if len(rest) == 3:
        yield float(whole + rest)


def _has_date(text: str, iso: str) -> bool:
    try:
        wanted = date.fromisoformat(iso)
    except ValueError:
        return False
    numbers = [int(number) for number in _DIGITS.findall(text) if len(number) <= 4]
    rest = list(numbers)
    has_year = _take(rest, wanted.year) or _take(rest, wanted.year % 100)
    has_day = _take(rest, wanted.day)
    named = re.search(rf"(?<![^\W\d_]){_MONTHS[wanted.month - 1]}", text.casefold()) is not None
    return has_year and has_day and (named or _take(rest, wanted.month))


def _take(numbers: list[int], number: int) -> bool:
    if number in numbers:
        numbers.remove(number)
        return True
    return False
