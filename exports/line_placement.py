"""Where the words of a line go in an invisible text layer.

Everything here is in page pixels (origin top left, y down); :mod:`exports.text_layer` turns it into PDF operators.

Words of one line share one baseline and one size although their boxes differ ("on" is lower than "Of"): readers put
words on one line by baseline and size. Along the line every word keeps its own box.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.document import Box, Line, Page, Word

_STRONG_RTL = frozenset({"R", "AL"})
_FIT_MIN_WORDS = 4
_FIT_MAX_SLOPE = math.tan(math.radians(8))
_MIN_EXTENT_PX = 0.5


@dataclass(frozen=True, slots=True)
class Run:
    """Text that starts at (x, y) on its baseline and covers ``length`` by ``height`` page pixels.

    ``angle`` is the direction the line is read on the page for left-to-right text, in radians clockwise from the x
    axis. A ``mirrored`` run starts at its right end and goes left, with its characters in logical order.
    """

    text: str
    x: float
    y: float
    length: float
    height: float
    angle: float
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class _Extent:
    """A box seen from a line: ``start``..``end`` along it, ``top``..``bottom`` across it."""

    start: float
    end: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top


def place_line(line: Line, page: Page) -> list[Run]:
    """The line's words and the spaces between them, left to right as they stand on the page.

    A line without words, or whose words do not spell its text, is laid as one run over its box.
    """
    words = match_words(line)
    angle = _angle_of(line, words, page)
    extents = [_seen_along(word.box, angle, page.skew_deg) for word in words]
    if len(words) >= _FIT_MIN_WORDS:
        slope = _fitted_slope(extents)
        if slope:
            angle += math.atan(slope)
            extents = [_seen_along(word.box, angle, page.skew_deg + math.degrees(math.atan(slope))) for word in words]
    top, bottom = _common_height(extents)
    order = sorted(range(len(words)), key=lambda index: extents[index].start + extents[index].end)
    separated = _separators(line.text, words)
    runs: list[Run] = []
    for position, index in enumerate(order):
        extent = extents[index]
        if position and (spaced := _gap(extents[order[position - 1]], extent, bottom - top)):
            left, right = order[position - 1], index
            if abs(left - right) != 1 or separated[min(left, right)]:
                runs.append(_to_run(" ", *spaced, top, bottom, angle))
        runs.append(_to_run(words[index].text, extent.start, extent.end, top, bottom, angle))
    return runs


def match_words(line: Line) -> tuple[Word, ...]:
    """The line's words if they spell its text, else its text cut at spaces over the same boxes, else one word."""
    pieces = line.text.split()
    text = " ".join(pieces)
    if line.words and "".join("".join(word.text.split()) for word in line.words) == "".join(pieces):
        return line.words
    if pieces and len(pieces) == len(line.words):
        return tuple(Word(piece, word.box, word.confidence) for piece, word in zip(pieces, line.words, strict=True))
    return (Word(text, line.box, line.confidence),)


def _separators(text: str, words: Sequence[Word]) -> list[bool]:
    """For each word, whether white space follows it in ``text``."""
    flags: list[bool] = []
    position = 0
    for word in words:
        for character in word.text:
            if character.isspace():
                continue
            while position < len(text) and text[position].isspace():
                position += 1
            position += 1
        flags.append(position < len(text) and text[position].isspace())
    return flags


def is_right_to_left(text: str) -> bool:
    """Whether the first strong character of ``text`` is a right-to-left one (UAX #9, rules P2 and P3)."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in _STRONG_RTL:
            return True
        if kind == "L":
            return False
    return False


def _angle_of(line: Line, words: Sequence[Word], page: Page) -> float:
    turned = -page.rotation
    if page.rotation in {0, 180} and _is_vertical(line.box, words):
        turned += 90
    return math.radians(turned + page.skew_deg)


def _is_vertical(box: Box, words: Sequence[Word]) -> bool:
    """A column of East Asian text: far higher than wide although it has several characters."""
    characters = sum(len(word.text) for word in words)
    wide = any(unicodedata.east_asian_width(word.text[0]) == "W" for word in words if word.text)
    return wide and characters > 1 and box.height > 1.5 * box.width


def _seen_along(box: Box, angle: float, skew_deg: float) -> _Extent:
    """``box`` (drawn around tilted text, so too large) as the tilted rectangle that it was drawn around."""
    x, y = box.center
    along = x * math.cos(angle) + y * math.sin(angle)
    across = y * math.cos(angle) - x * math.sin(angle)
    width, height = box.width, box.height
    if round(math.degrees(angle) / 90) % 2:
        width, height = height, width
    tilt = math.radians(abs(skew_deg))
    if 0 < tilt < math.radians(30):
        # w = W cos + H sin, h = W sin + H cos, solved for W and H; noise may make either impossible.
        scale = math.cos(2 * tilt)
        tight_width = (width * math.cos(tilt) - height * math.sin(tilt)) / scale
        tight_height = (height * math.cos(tilt) - width * math.sin(tilt)) / scale
        width = max(tight_width, width / 2)
        height = max(tight_height, height / 3)
    half_width, half_height = max(width, _MIN_EXTENT_PX) / 2, max(height, _MIN_EXTENT_PX) / 2
    return _Extent(along - half_width, along + half_width, across - half_height, across + half_height)


def _fitted_slope(extents: Sequence[_Extent]) -> float:
    """Least-squares slope of the words' bottoms and tops along the line; 0 unless it matters and is plausible."""
    xs = [(extent.start + extent.end) / 2 for extent in extents]
    ys = [(extent.top + extent.bottom) / 2 for extent in extents]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    if not spread:
        return 0.0
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread
    drift = abs(slope) * (max(xs) - min(xs))
    return slope if abs(slope) < _FIT_MAX_SLOPE and drift > 0.4 * median(e.height for e in extents) else 0.0


def _common_height(extents: Sequence[_Extent]) -> tuple[float, float]:
    """(top, bottom) around all words but those that stick out absurdly, such as a rule read as a bar."""
    usual = median(extent.height for extent in extents)
    middle_top, middle_bottom = median(e.top for e in extents), median(e.bottom for e in extents)
    top = min(e.top for e in extents if e.top >= middle_top - 0.5 * usual) if extents else 0.0
    bottom = max(e.bottom for e in extents if e.bottom <= middle_bottom + 0.5 * usual)
    return (top, bottom) if bottom - top > _MIN_EXTENT_PX else (middle_top, middle_bottom)


def _gap(left: _Extent, right: _Extent, height: float) -> tuple[float, float]:
    """Where a space between two words goes. Overlapping words still get one, a tenth of the height wide."""
    start, end = left.end, right.start
    least = 0.1 * height
    if end - start < least:
        middle = (start + end) / 2
        start, end = middle - least / 2, middle + least / 2
    return start, end


def _to_run(text: str, start: float, end: float, top: float, bottom: float, angle: float) -> Run:
    mirrored = is_right_to_left(text)
    along = end if mirrored else start
    x = along * math.cos(angle) - bottom * math.sin(angle)
    y = along * math.sin(angle) + bottom * math.cos(angle)
    return Run(text, x, y, end - start, bottom - top, angle, mirrored)
