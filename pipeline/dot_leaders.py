"""Leaders: the rows of dots that lead the eye from an entry of contents or a price list to its figure.

Engines read the dots as anything (points, zeros, letters), and hundreds of them hide how large the letters of a page
are. So they are found among the pieces of ink before the page is read, as rows of small pieces of one size at one
distance, and taken out of the picture; in the text each row becomes three points, on one line with its figure.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box, Line, Word
from pipeline.line_fragments import is_right_to_left

Stats = NDArray[np.int32]  # (pieces, 5): left, top, width, height, area

DOTS = "..."
_FEWEST_PIECES = 30
_SMALL = 0.45  # of a letter's height, where letters are the most
_ALIKE = 0.4  # of the usual piece's height more or less, where dots are the most ...
_LONGEST = 3.2  # ... and so many heights long, as blurred dots run into each other
_MOST = 0.4  # of all pieces
_SOLID = 0.5  # of its box that a dot fills
_SMALLEST_PX = 2
_REACH = 4  # dot sizes from dot to dot
_FEWEST_DOTS = 10
_SHORTEST = 5  # letter heights
_PITCH = (1.02, 4.5)  # dot sizes
_EVEN = 0.2  # of the usual distance
_MOSTLY = 0.75
_LEVEL = 0.35  # dot sizes off a straight line, as a standard deviation
_UNLIKE = 0.15  # of the usual ink of a dot, as a median deviation
_FILLED = 0.64  # of its box
_STRANGERS = 0.15  # pieces so many times as high as a dot, for each dot
_LETTER = 1.7
_CLEAR = 0.7  # of the distance from dot to dot, above and below them
_NEAR = 3.0  # heights of a word from the end of a leader
_TYPED = re.compile(r"\s*(?:[.·•…‥․]\s?){4,}\s*")
_TYPED_WORD = re.compile(r"[.·•…‥․]+")


@dataclass(frozen=True, slots=True)
class Leader:
    """One row of dots, given by their boxes: (n, 4) left, top, right, bottom."""

    dots: NDArray[np.int32]

    def turned(self) -> "Leader":
        """The same with x and y changed places."""
        return Leader(self.dots[:, [1, 0, 3, 2]])

    def box_on(self, to_page: NDArray[np.float64], scale: float) -> Box:
        """Around all dots in pixels of a picture that the affine map ``to_page`` (2, 3) leads from.

        ``scale`` times the dots' pixels are those of the page.
        """
        corners = scale * self.dots.reshape(-1, 2) - to_page[:, 2]
        points = corners @ np.linalg.inv(to_page[:, :2]).T
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return Box(left, top, right, bottom)


def find_leaders(stats: Stats, *, is_lying: bool = False) -> list[Leader]:
    """The leaders among a picture's pieces of ink (as :func:`pipeline.ink.find_pieces` measures them, no paper).

    ``is_lying`` says that the picture's lines run up or down.
    """
    if is_lying:
        return [leader.turned() for leader in find_leaders(stats[:, [1, 0, 3, 2, 4]])]
    if len(stats) < _FEWEST_PIECES:
        return []
    widths, heights, areas = stats[:, 2], stats[:, 3], stats[:, 4]
    solid = (areas >= _SOLID * widths * heights) & (np.minimum(widths, heights) >= _SMALLEST_PX)
    sizes = np.maximum(widths, heights)
    usual = float(np.median(heights))
    many = solid & (np.abs(heights - usual) <= _ALIKE * usual)
    many &= (widths >= (1 - _ALIKE) * usual) & (widths <= _LONGEST * usual)
    if many.mean() >= _MOST:
        leaders = _chain(stats[many], stats)
        if sum(len(leader.dots) for leader in leaders) >= _MOST * len(stats):
            return leaders
    leaders = _chain(stats[solid & (sizes <= _SMALL * usual)], stats)
    return [leader for leader in leaders if leader.dots[:, 2].max() - leader.dots[:, 0].min() > _SHORTEST * usual]


def _chain(dots: Stats, pieces: Stats) -> list[Leader]:
    """Rows of dots: close to each other, evenly spaced, on a straight line that may rise."""
    if len(dots) < _FEWEST_DOTS:
        return []
    size = float(np.median(np.maximum(dots[:, 2], dots[:, 3])))
    cells = ((dots[:, :2] + dots[:, 2:4] / 2) / size).astype(np.intp)
    grid = np.zeros((int(cells[:, 1].max()) + 2, int(cells[:, 0].max()) + 2), np.uint8)
    grid[cells[:, 1], cells[:, 0]] = 1
    reach = np.ones((1, _REACH + 1), np.uint8)
    joined = cv2.morphologyEx(cv2.dilate(grid, np.ones((2, 1), np.uint8)), cv2.MORPH_CLOSE, reach)
    _, labels = cv2.connectedComponents(joined, connectivity=8)
    rows = labels[cells[:, 1], cells[:, 0]]
    counts = np.bincount(rows)
    leaders = (_to_leader(dots[rows == row], pieces) for row in np.flatnonzero(counts >= _FEWEST_DOTS) if row)
    return [leader for leader in leaders if leader is not None]


def _to_leader(dots: Stats, pieces: Stats) -> Leader | None:
    dots = dots[np.argsort(dots[:, 0])]
    xs, ys = dots[:, 0] + dots[:, 2] / 2, dots[:, 1] + dots[:, 3] / 2
    size = float(np.median(np.maximum(dots[:, 2], dots[:, 3])))
    steps = np.diff(xs)
    pitch = float(np.median(steps))
    if not _PITCH[0] * size <= pitch <= _PITCH[1] * size:
        return None
    if not _are_dots(dots):
        return None
    # Where dots run into each other, or are lost, a step is as long as two.
    off = np.abs(steps - np.maximum(1, np.round(steps / pitch)) * pitch)
    is_even = (off <= max(_EVEN * pitch, 1.0)).mean() >= _MOSTLY
    if not is_even:
        return None
    line = np.polyfit(xs, ys, 1)
    if float((ys - np.polyval(line, xs)).std()) > max(_LEVEL * size, 1.0) or _are_letters_between(
        xs, line, size, pieces
    ):
        return None
    # Dots that run into each other are no dots by their shape.
    middles = pieces[:, 0] + pieces[:, 2] / 2, pieces[:, 1] + pieces[:, 3] / 2
    height = float(np.median(dots[:, 3]))
    between = (middles[0] >= xs[0] - 2 * pitch) & (middles[0] <= xs[-1] + 2 * pitch) & (pieces[:, 3] < 1.6 * height)
    row = pieces[between & (np.abs(middles[1] - np.polyval(line, middles[0])) < 0.6 * height)]
    return Leader(np.column_stack([row[:, :2], row[:, :2] + row[:, 2:4]]))


def _are_dots(pieces: Stats) -> bool:
    """Whether all are as large as each other and filled: the letters of a typewriter stand as evenly, but differ."""
    areas, boxes = pieces[:, 4], pieces[:, 2] * pieces[:, 3]
    usual = float(np.median(areas))
    return float(np.median(np.abs(areas - usual))) <= _UNLIKE * usual and float(np.median(areas / boxes)) >= _FILLED


def _are_letters_between(xs: NDArray[np.float64], line: NDArray[np.float64], size: float, pieces: Stats) -> bool:
    """Whether the dots belong to letters that stand among them or close by, as those of Arabic do."""
    middles = pieces[:, 0] + pieces[:, 2] / 2
    heights = np.polyval(line, middles)
    near = _CLEAR * float(np.median(np.diff(xs)))
    crossing = (pieces[:, 1] < heights + near) & (heights - near < pieces[:, 1] + pieces[:, 3])
    between = crossing & (middles > xs[0]) & (middles < xs[-1]) & (pieces[:, 3] > _LETTER * size)
    return int(between.sum()) > _STRANGERS * len(xs)


def erase_leaders(pixels: NDArray[np.uint8], leaders: Sequence[Leader], scale: float = 1.0) -> NDArray[np.uint8]:
    """A copy of a picture (grey or RGB) with each dot in the colour around it.

    ``scale`` times the leaders' pixels are the picture's, for pieces that were looked for at half the size.
    """
    erased = pixels.copy()
    margin = max(2, round(1.5 * scale))
    height, width = pixels.shape[:2]
    for dot in (dot for leader in leaders for dot in leader.dots):
        left, top = (max(0, int(value * scale) - margin) for value in dot[:2])
        right, bottom = min(width, int(dot[2] * scale) + margin), min(height, int(dot[3] * scale) + margin)
        edge = np.concatenate([pixels[top, left:right], pixels[bottom - 1, left:right]])
        erased[top:bottom, left:right] = np.percentile(edge, 60, axis=0)
    return erased


def join_over_leaders(lines: Sequence[Line], leaders: Sequence[Box]) -> tuple[Line, ...]:
    """The lines with three points where a leader stood, an entry and its figure on one line.

    ``leaders`` are in the pixels of the lines' boxes. Lines without words are taken for one word each.
    """
    joined = list(lines)
    for leader in leaders:
        before, after = _nearest(joined, leader)
        if before is None:
            continue
        words = _words(joined[before]) if after in (before, None) else _words(joined[before]) + _words(joined[after])
        line = _with_dots(words, leader, joined[before])
        joined = [line if i == before else other for i, other in enumerate(joined) if i == before or i != after]
    return tuple(joined)


def _nearest(lines: Sequence[Line], leader: Box) -> tuple[int | None, int | None]:
    """The lines whose words are nearest to the leader's left and right ends, by number."""
    nearest: list[int | None] = [None, None]
    least = [math.inf, math.inf]
    for index, line in enumerate(lines):
        for side, distance in enumerate(_ends(line, leader)):
            if distance is not None and distance < least[side]:
                nearest[side], least[side] = index, distance
    return nearest[0], nearest[1]


def _words(line: Line) -> tuple[Word, ...]:
    return line.words or (Word(line.text, line.box, line.confidence),)


def _ends(line: Line, leader: Box) -> tuple[float | None, float | None]:
    """How far the line's nearest words left and right of the leader are from its ends; None where there are none."""
    left = right = None
    for word in _words(line):
        # On the line of writing: a row of dots below it parts one row from the next.
        height = word.box.height
        if not word.box.top + 0.4 * height < leader.bottom < word.box.bottom + 0.15 * height:
            continue
        before, after = leader.left - word.box.right, word.box.left - leader.right
        if -word.box.height < before < _NEAR * word.box.height:
            left = before if left is None else min(left, before)
        if -word.box.height < after < _NEAR * word.box.height:
            right = after if right is None else min(right, after)
    return left, right


def _with_dots(words: Sequence[Word], leader: Box, line: Line) -> Line:
    """One line of the words on both sides of the leader, whatever stands over it left out."""
    middle = (leader.left + leader.right) / 2
    kept = [w for w in words if any(map(str.isalnum, w.text)) or not leader.left < w.box.center[0] < leader.right]
    kept = [w for w in kept if w.text != DOTS]  # the other half of a row that is broken in the middle
    is_rtl = is_right_to_left(word.text for word in kept)
    first = [word for word in kept if (word.box.center[0] > middle) is is_rtl]
    second = [word for word in kept if (word.box.center[0] > middle) is not is_rtl]
    ordered = (*first, Word(DOTS, leader, line.confidence), *second)
    text = " ".join(word.text for word in ordered)
    known = [word.confidence for word in kept if word.confidence is not None]
    return Line(text, Box.around(w.box for w in ordered), sum(known) / len(known) if known else None, ordered)


def shorten_typed(line: Line) -> Line:
    """The line with each row of four points or more that an engine or a PDF spelled out made into three."""
    if not _TYPED.search(line.text):
        return line
    words: list[Word] = []
    for word in line.words:
        if _TYPED_WORD.fullmatch(word.text):
            if words and words[-1].text == DOTS:
                words[-1] = replace(words[-1], box=words[-1].box.union(word.box))
            else:
                words.append(replace(word, text=DOTS))
        else:
            words.append(replace(word, text=_TYPED.sub(f" {DOTS} ", word.text).strip()))
    return replace(line, text=_TYPED.sub(f" {DOTS} ", line.text).strip(), words=tuple(words))
