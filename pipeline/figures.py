"""Figures that were read with the wrong sign between their digits, or with letters for digits.

Points and commas are told apart by what most figures of the page have: ``4.138.79`` is ``4,138.79`` where the others
are ``62.43``. In a column of figures an O is a zero.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.document import Line

_BOTH_SIGNS = re.compile(r"(?<=\d)(?:,\.|\.,)(?=\d{3}(?!\d))")
_DECIMAL = {
    sign: re.compile(rf"(?<![\d.,])\d+(?:{other}\d{{3}})*{sign}\d\d(?![\d.,])")
    for sign, other in ((r"\.", ","), (",", r"\."))
}
_GROUPED = {sign: re.compile(rf"(?<![\d.,])\d{{1,3}}(?:{sign}\d{{3}})+(?![\d.,])") for sign in (",", r"\.")}
_SAME_TWICE = re.compile(r"(?<![\d.,])(\d{1,3}(?:([.,])\d{3})+)\2(\d\d)(?![\d.,])")
_ENOUGH = 2

_TWINS = str.maketrans("OoОоοlIІӏוЗзSsБбBВЧәө", "000001111133556688499")
_FIGURE = re.compile(r"[\d.,:/' %+–-]*\d[\d.,:/' %+–-]*")
_LIKE_FIGURE = re.compile(r"[\dOoОоοlIІӏוЗзSsБбBВЧәө.,:/' %+–-]+")
_FEWEST, _SOME, _MOSTLY = 3, 0.3, 0.9


def correct_figures(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines of a page with the signs in their figures set right."""
    text = "\n".join(line.text for line in lines)
    corrections: list[Callable[[str], str]] = []
    points, commas = (len(_DECIMAL[sign].findall(text)) for sign in (r"\.", ","))
    by_comma, by_point = (len(_GROUPED[sign].findall(text)) for sign in (",", r"\."))
    decimal = "." if points >= max(_ENOUGH, 2 * commas) else "," if commas >= max(_ENOUGH, 2 * points) else ""
    group = {".": ",", ",": "."}.get(decimal, "," if by_comma >= max(_ENOUGH, by_point) else "")
    if group and _BOTH_SIGNS.search(text):
        corrections.append(lambda read: _BOTH_SIGNS.sub(group, read))
    if decimal and _SAME_TWICE.search(text):
        corrections.append(lambda read: _SAME_TWICE.sub(lambda m: _regroup(m, group, decimal), read))
    if not points + commas and by_point and by_comma >= 2 * by_point and by_comma >= _ENOUGH:
        corrections.append(lambda read: _GROUPED[r"\."].sub(lambda m: m.group().replace(".", ","), read))
    for correct in corrections:
        lines = [_corrected(line, correct) for line in lines]
    return tuple(lines)


def _regroup(match: re.Match[str], group: str, decimal: str) -> str:
    return match.group(1).replace(match.group(2), group) + decimal + match.group(3)


def _corrected(line: Line, correct: Callable[[str], str]) -> Line:
    if not any(map(str.isdigit, line.text)):
        return line
    words = tuple(replace(word, text=correct(word.text)) for word in line.words)
    return replace(line, text=correct(line.text), words=words)


def correct_column(texts: Sequence[str]) -> list[str]:
    """The fields of a table's column, top down; where all look like figures they are."""
    filled = [text.strip() for text in texts if text.strip()]
    figures = sum(_FIGURE.fullmatch(text) is not None for text in filled)
    alike = sum(_LIKE_FIGURE.fullmatch(text) is not None for text in filled)
    if figures < max(_FEWEST, _SOME * len(filled)) or alike < _MOSTLY * len(filled):
        return list(texts)
    return [text.translate(_TWINS) if _LIKE_FIGURE.fullmatch(text.strip()) else text for text in texts]
