"""Bullets that an engine left out or took for a letter, found in the ink before the lines.

A bullet is a small solid mark beside the letters' middle, with room around it, and it seldom comes alone: lists repeat
the same mark at the same place before texts that begin at the same place. One mark by itself may be a speck.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from statistics import median

import numpy as np

from pipeline.document import Box, Line, Word
from pipeline.grey_page import Grey
from pipeline.line_fragments import is_right_to_left
from pipeline.list_items import find_marker

_DISC, _SQUARE = "•", "▪"

# In line heights, but for the shares.
_REACH = 3.5  # how far before the text
_INTO = 1.8  # and into it, where the line's box begins with the mark
_SIZES = (0.13, 0.8)
_GAP = 0.18  # between the mark and the text
_APART = 0.7  # from whatever stands before the mark
_OFF_MIDDLE = 0.3
_ROUND = 1.4  # longer side by the shorter
_SOLID = 0.62  # of its box that a disc covers at least, and a square
_SQUARE_COVER = 0.93
_SQUARE_PX = 7
_SAME_PLACE = 0.4
_SAME_SIZE = 1.35
_LEAST_CONTRAST = 50  # grey values
# What engines take a disc for.
_READ_AS = frozenset("«»„“”‹›\"'*°¤¢©®@=+~.,·-–—•●■0oOeоес๑०٠۰၀\u200f")


@dataclass(frozen=True, slots=True)
class _Mark:
    """``line`` is the number of the line it stands before, ``start`` where that line's text begins; pixels."""

    line: int
    sign: str
    box: Box
    start: float
    is_read: bool


def restore_bullets(lines: Sequence[Line], grey: Grey) -> list[Line]:
    """The lines with their bullets; ``grey`` is the page in the pixels of their boxes."""
    heights = [line.box.height for line in lines if line.box.width > line.box.height]
    if len(heights) < 2:
        return list(lines)
    usual = median(heights)
    is_rtl = is_right_to_left(line.text for line in lines)
    page = _Page(grey, int(np.median(grey[::32, ::32])), usual, is_rtl)
    marks = [mark for index, line in enumerate(lines) if (mark := _find_mark(index, line, page))]
    kept = {mark.line for pair in combinations(marks, 2) if _are_alike(*pair, usual) for mark in pair}
    restored = list(lines)
    for mark in marks:
        if mark.line in kept:
            restored[mark.line] = _with_bullet(lines[mark.line], mark)
    return restored


def _are_alike(first: _Mark, second: _Mark, height: float) -> bool:
    """Whether two marks are of one list: the same sign and size at the same place before texts that begin alike."""
    place = _SAME_PLACE * height
    small, large = sorted((first.box.height, second.box.height))
    return (
        abs(first.box.left - second.box.left) < place
        and abs(first.start - second.start) < place
        and large <= _SAME_SIZE * small + 1
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """The page, the grey value of its paper, the usual height of its lines, whether they run leftwards."""

    grey: Grey
    paper: int
    usual: float
    is_rtl: bool


def _find_mark(index: int, line: Line, page: _Page) -> _Mark | None:
    if line.box.height > line.box.width or not 0.5 * page.usual < line.box.height < 1.8 * page.usual:
        return None
    may_be_read = _signs_read(line) > 0
    if not may_be_read and find_marker(line.text):
        return None
    left, strip = _strip_before(line, page)
    before = round((_REACH - 0.1) * page.usual)
    if min(strip.shape) < 6 or not (may_be_read or _has_ink(strip[:, :before], page.paper)):
        return None
    found = _first_piece(strip, page.paper, page.usual)
    if found is None:
        return None
    x, y, width, height, sign, start = found
    if page.is_rtl:
        right = left + strip.shape[1]
        x, start = right - x - width, right - start
    else:
        x, start = left + x, left + start
    box = Box(x, max(0, round(line.box.top)) + y, x + width, max(0, round(line.box.top)) + y + height)
    is_read = may_be_read and line.words[0].box.intersection(box) > 0.5 * box.area
    is_outside = (box.left >= line.box.right) if page.is_rtl else (box.right <= line.box.left + 0.1 * page.usual)
    return _Mark(index, sign, box, float(start), is_read) if is_read or is_outside else None


def _strip_before(line: Line, page: _Page) -> tuple[int, Grey]:
    """(its left edge on the page, the picture of what stands before the line), mirrored on right-to-left pages."""
    reach, into = _REACH * page.usual, _INTO * page.usual
    text = line.box
    if len(line.words) > 1 and _signs_read(line) == len(line.words[0].text):
        text = Box.around(word.box for word in line.words[1:])
        reach += text.left - line.box.left + line.box.right - text.right
    near, far = (text.right - into, text.right + reach) if page.is_rtl else (text.left - reach, text.left + into)
    left, right = max(0, round(near)), max(0, round(far))
    strip = page.grey[max(0, round(line.box.top)) : max(0, round(line.box.bottom)), left:right]
    return left, strip[:, ::-1] if page.is_rtl else strip


def _has_ink(strip: Grey, paper: int) -> bool:
    return strip.size > 0 and paper - int(strip.min()) >= _LEAST_CONTRAST


def _first_piece(strip: Grey, paper: int, line_height: float) -> tuple[int, int, int, int, str, int] | None:
    """(left, top, width, height, sign, where the text begins) of a bullet that the strip begins with, if it does."""
    import cv2

    darkest = int(strip.min())
    ink = np.asarray(strip < (paper + darkest) / 2, np.uint8)
    _, _, stats, centers = cv2.connectedComponentsWithStats(ink, connectivity=8)
    least = (0.08 * line_height) ** 2
    pieces = [(row, y) for row, (_, y) in zip(stats[1:].tolist(), centers[1:].tolist(), strict=True) if row[4] >= least]
    pieces.sort(key=lambda piece: piece[0][0])
    end = 0  # of what stands before
    for ((x, y, width, height, area), middle), (following, _) in pairwise(pieces):
        if (
            x - end >= _APART * line_height
            and following[0] - x - width >= _GAP * line_height
            and _is_bullet(width, height, area, line_height)
            and abs(middle - len(strip) / 2) <= _OFF_MIDDLE * line_height
        ):
            is_square = area >= _SQUARE_COVER * width * height and min(width, height) >= _SQUARE_PX
            return x, y, width, height, _SQUARE if is_square else _DISC, following[0]
        end = max(end, x + width)
    return None


def _is_bullet(width: int, height: int, area: int, line_height: float) -> bool:
    low, high = _SIZES[0] * line_height, _SIZES[1] * line_height
    return (
        low <= min(width, height)
        and max(width, height) <= high
        and max(width, height) <= _ROUND * min(width, height) + 1
        and area >= _SOLID * width * height
    )


def _signs_read(line: Line) -> int:
    """How many characters at the line's beginning may be a bullet that was taken for something else."""
    if len(line.words) < 2:
        return 0
    text = line.words[0].text
    if len(text) <= 2 and set(text) <= _READ_AS:
        return len(text)
    return 1 if text[0] in _READ_AS and not text[0].isalnum() else 0


def _with_bullet(line: Line, mark: _Mark) -> Line:
    bullet = Word(mark.sign, mark.box, line.confidence)
    if not mark.is_read:
        words = (bullet, *line.words) if line.words else ()
        return replace(line, text=f"{mark.sign} {line.text}", box=line.box.union(mark.box), words=words)
    first = line.words[0]
    rest = first.text[_signs_read(line) :].lstrip(". ")
    others = (*((replace(first, text=rest),) if rest else ()), *line.words[1:])
    following = line.text.removeprefix(first.text).lstrip()
    return replace(line, text=" ".join(filter(None, (mark.sign, rest, following))), words=(bullet, *others))
