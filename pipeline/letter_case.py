"""Capitals that were read as small letters: a v is a V made smaller, and a recogniser sees words without their size.

Only words that begin a line or stand apart (the cells of a table) are looked at, as in running text the neighbours show
an engine how high a letter is. A first letter clearly above the x-height that the others show is a capital.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import median

import cv2
import numpy as np

from pipeline.document import Line, Word
from pipeline.grey_page import Grey

_TWINS = frozenset("cosvwxzвгджзиклмнопстхцчшщъыьэюяοκτπ")
_LOW = frozenset("acemnorsuvwxzавгежзиклмнопстхчшъыьэюяαεικνοπστυωχ")
_HIGH = frozenset("bdhkl")
_DESCENDING = frozenset("gjpqyуфцщдръμργηξζφχψβς,;")
_SCRIPTS = frozenset({"Latn", "Cyrl", "Grek"})
_APART = 1.0  # line heights before a word that stands apart
_HIGHER = 1.18  # times the x-height: capitals have 1.3 or more
_CLEARLY_HIGHER = 1.25
_HALFWAY = 0.55  # from the x-height to the ascenders
_SPECK = 0.003  # of a square line height
_SHORTEST, _LONGEST = 3, 16
_LEAST_PX = 6.0
_LEAST_CONTRAST = 60


def correct_case(lines: Sequence[Line], grey: Grey, script: str | None) -> tuple[Line, ...]:
    """The lines with such capitals; ``grey`` is the page in the pixels of their boxes."""
    if script not in _SCRIPTS:
        return tuple(lines)
    return tuple(_correct(line, grey) for line in lines)


def _correct(line: Line, grey: Grey) -> Line:
    for index in _suspects(line):
        word = line.words[index]
        if _begins_high(word, grey):
            capital = replace(word, text=word.text[0].upper() + word.text[1:])
            place = _find(line, index)
            if place >= 0:
                text = line.text[:place] + capital.text + line.text[place + len(word.text) :]
                line = replace(line, text=text, words=(*line.words[:index], capital, *line.words[index + 1 :]))
    return line


def _suspects(line: Line) -> Iterator[int]:
    """Words in small letters that begin with one whose capital looks the same, where they stand apart."""
    for index, word in enumerate(line.words):
        text = word.text
        if text[:1] not in _TWINS or not _SHORTEST <= len(text) <= _LONGEST or not (text.islower() and text.isalpha()):
            continue
        if index == 0 or word.box.left - line.words[index - 1].box.right > _APART * line.box.height:
            yield index


def _find(line: Line, index: int) -> int:
    """Where the word with this number begins in the line's text, -1 where the text is not made of the words."""
    position = 0
    for word in line.words[:index]:
        found = line.text.find(word.text, position)
        if found < 0:
            return -1
        position = found + len(word.text)
    return line.text.find(line.words[index].text, position)


def _begins_high(word: Word, grey: Grey) -> bool:
    """Whether the first letter is as high as a capital, by the ink of all letters."""
    spans = _letters(word, grey)
    if len(spans) == len(word.text):
        return _is_capital(list(zip(word.text, spans, strict=True)))
    return _is_above_the_rest(word.text, spans)


def _is_capital(named: Sequence[tuple[str, tuple[int, int]]]) -> bool:
    """Judged by letters and where each begins and ends, from above."""
    on_line = [bottom for letter, (_, bottom) in named if letter not in _DESCENDING]
    baseline = median(on_line) if on_line else 0.0
    low = [baseline - top for letter, (top, _) in named[1:] if letter in _LOW]
    high = [baseline - top for letter, (top, _) in named[1:] if letter in _HIGH]
    if not low or not on_line:
        return False
    x_height, first = median(low), baseline - named[0][1][0]
    if x_height < _LEAST_PX or max(low) > 1.1 * x_height + 1 or first < _HIGHER * x_height:
        return False
    return not high or first > x_height + _HALFWAY * (median(high) - x_height)


def _is_above_the_rest(text: str, spans: Sequence[tuple[int, int]]) -> bool:
    """Where letters touch: whether the first is clearly higher than the lowest of the others, of which some are low."""
    low = sum(letter in _LOW for letter in text[1:])
    if low < 2 or not 3 <= len(spans) < len(text):
        return False
    baseline = median(bottom for _, bottom in spans)
    x_height = min(baseline - top for top, _ in spans[1:])
    return x_height >= _LEAST_PX and baseline - spans[0][0] >= _CLEARLY_HIGHER * x_height


def _letters(word: Word, grey: Grey) -> list[tuple[int, int]]:
    """(top, bottom) of each letter from the left, in pixels of the crop; dots and accents belong to their letter."""
    box = word.box
    margin = round(0.1 * box.height)
    top, left = max(0, round(box.top) - margin), max(0, round(box.left) - margin)
    crop = grey[top : round(box.bottom) + margin, left : round(box.right) + margin]
    if not crop.size:
        return []
    darkest, paper = int(crop.min()), int(crop.max())
    if paper - darkest < _LEAST_CONTRAST:
        return []
    ink = np.asarray(crop < (darkest + paper) / 2, np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    pieces = sorted(row for row in stats[1:].tolist() if row[4] >= _SPECK * box.height**2)
    merged: list[list[int]] = []  # left, right, top, bottom
    for x, y, width, height, _ in pieces:
        if merged and min(merged[-1][1], x + width) - x > 0.5 * min(width, merged[-1][1] - merged[-1][0]):
            last = merged[-1]
            last[1], last[2], last[3] = max(last[1], x + width), min(last[2], y), max(last[3], y + height)
        else:
            merged.append([x, x + width, y, y + height])
    return [(first, last) for _, _, first, last in merged]
