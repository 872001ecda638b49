"""The order in which a person reads the boxes of a page: pure functions on rectangles.

The page is cut recursively along its gutters, the tall white rectangles between columns. It is the recursive XY-cut of
Nagy and Seth ("Hierarchical representation of optically scanned documents", ICPR 1984) on bounding boxes (Ha, Haralick
and Phillips, "Recursive X-Y cut using bounding boxes of connected components", ICDAR 1995) with the cut chosen as in
Breuel ("Two geometric algorithms for layout analysis", DAS 2002): not any gap of a projection profile, but a maximal
empty rectangle with text on both sides. A rectangle need not run over the whole region, so titles, tables and footnotes
that span columns need no special case: what lies above the gutter is read first, then its left side, its right side,
and what lies below it; each of the four is cut again.

Horizontal gaps alone never cut: two columns set on one grid have such a gap after every line.

White space also separates an item from its price and a label from its value. There both sides belong to one row, and
:func:`_is_row_like` keeps them together. Where no gutter is left, boxes are gathered into visual rows.

Right-to-left pages are mirrored, pages in vertical CJK turned by a quarter, and then treated alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box
from pipeline.white_space import find_white_runs, lengthen

Boxes = NDArray[np.float64]
Places = list[list[float]]
"""Shape (n, 4): start, top, end, bottom in reading coordinates (text runs from start to end, rows from top down)."""


class Direction(StrEnum):
    """How a page runs: lines from the left, lines from the right, or columns top-down from the right."""

    LEFT_TO_RIGHT = "ltr"
    RIGHT_TO_LEFT = "rtl"
    VERTICAL = "vertical"


@dataclass(frozen=True, slots=True)
class Traits:
    """What the text of a box says about its place: a bare number (price, page), or a label with a colon."""

    is_number: bool = False
    is_label: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A stretch of a page that is read straight down: rows of box indexes, each row in reading direction."""

    rows: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class _Gutter:
    """A white rectangle with the boxes on both its sides; ``height`` is the part that has text left and right."""

    left: NDArray[np.intp]
    right: NDArray[np.intp]
    top: float
    bottom: float
    height: float
    width: float


# All lengths below are multiples of the page's usual line height.
_CELL = 1 / 8  # resolution of the search for white rectangles
_MIN_GUTTER_WIDTH = 0.6  # LaTeX's 10 pt between columns of 10 pt text is about 1.0
_MIN_GUTTER_HEIGHT = 2.4  # three lines
_BOX_MARGIN = 0.12
_MAX_CANDIDATES = 40
_PROSE_WIDTH = 8.0  # about 16 letters: a line this long is no price and no label
_SHORT_WIDTH = 5.0
_VOID, _PARAGRAPH_GAP = 2.2, 0.6
_JUSTIFIED_GAP = 1.6
_MIN_LOW_WIDTH = 4.0
_LONG_LIST_ROWS = 12


def reading_order(boxes: Sequence[Box], direction: Direction = Direction.LEFT_TO_RIGHT) -> list[int]:
    """Indexes of ``boxes`` in the order in which they are read, each exactly once."""
    return [index for column in find_columns(boxes, direction) for row in column.rows for index in row]


def find_columns(
    boxes: Sequence[Box],
    direction: Direction = Direction.LEFT_TO_RIGHT,
    traits: Sequence[Traits] | None = None,
    line_height: float | None = None,
) -> tuple[Column, ...]:
    """The page as columns in reading order.

    ``boxes`` are lines, pieces of lines or whole tables in any order; the result does not depend on it. ``traits``
    (one per box) tell prices and labels from prose; ``line_height`` is the usual height of a line in pixels, measured
    on the boxes where it is not given. Each box stands in exactly one row of one column.
    """
    if not boxes:
        return ()
    rects = to_reading_coordinates(boxes, direction)
    known = traits or [Traits()] * len(boxes)
    cutter = _Cutter(
        rects=rects,
        line_height=line_height or usual_height(rects),
        numbers=np.array([t.is_number for t in known]),
        labels=np.array([t.is_label for t in known]),
    )
    ranked = np.lexsort((rects[:, 3], rects[:, 2], rects[:, 0], rects[:, 1]))
    return tuple(Column(rows) for rows in cutter.cut(ranked))


def to_reading_coordinates(boxes: Sequence[Box], direction: Direction) -> Boxes:
    """The boxes as if the page ran from left to right and top to bottom; distances are kept, the origin is not."""
    rects = np.array([(b.left, b.top, b.right, b.bottom) for b in boxes], dtype=np.float64).reshape(-1, 4)
    if direction is Direction.RIGHT_TO_LEFT:
        return rects[:, [2, 1, 0, 3]] * (-1, 1, -1, 1)
    if direction is Direction.VERTICAL:
        return rects[:, [1, 2, 3, 0]] * (1, -1, 1, -1)
    return rects


def usual_height(rects: Boxes) -> float:
    """The usual height of a line: the median, each box counting as much as it is long, so that specks don't matter."""
    heights = rects[:, 3] - rects[:, 1]
    weights = np.maximum(rects[:, 2] - rects[:, 0], 1e-6)
    tallest_first = np.argsort(heights, kind="stable")
    reached = np.searchsorted(np.cumsum(weights[tallest_first]), weights.sum() / 2)
    return max(float(heights[tallest_first[min(reached, len(heights) - 1)]]), 1.0)


@dataclass(frozen=True, slots=True)
class _Cutter:
    """One page while it is cut; ``line_height`` in pixels, ``numbers`` and ``labels`` one flag per box."""

    rects: Boxes
    line_height: float
    numbers: NDArray[np.bool_]
    labels: NDArray[np.bool_]

    def cut(self, members: NDArray[np.intp]) -> list[tuple[tuple[int, ...], ...]]:
        """Columns of rows for these boxes, in reading order."""
        if not len(members):
            return []
        gutter = self._find_gutter(members) if len(members) >= 4 else None
        if gutter is None:
            return [group_rows(self.rects, members, self.line_height)]
        rest = members[~np.isin(members, np.concatenate((gutter.left, gutter.right)))]
        centers = (self.rects[rest, 1] + self.rects[rest, 3]) / 2
        above = centers < (gutter.top + gutter.bottom) / 2
        return [
            *self.cut(rest[above]),
            *self.cut(gutter.left),
            *self.cut(gutter.right),
            *self.cut(rest[~above]),
        ]

    def _find_gutter(self, members: NDArray[np.intp]) -> _Gutter | None:
        """The tallest white rectangle between two columns, or None."""
        best: _Gutter | None = None
        judged: set[tuple[bytes, bytes]] = set()
        for start, end, top, bottom in self._white_rectangles(members):
            if best is not None and bottom - top < best.height:
                break
            gutter = self._measure(members, start, end, top, bottom)
            if gutter is None or (best is not None and (gutter.height, gutter.width) <= (best.height, best.width)):
                continue
            sides = (gutter.left.tobytes(), gutter.right.tobytes())
            if sides in judged:
                continue
            judged.add(sides)
            if self._has_room(gutter) and not self._is_row_like(gutter):
                best = gutter
        return best

    def _white_rectangles(self, members: NDArray[np.intp]) -> list[tuple[float, float, float, float]]:
        """Candidates (start, end, top, bottom) in pixels, the tallest first, the wider of equals first."""
        rects = self.rects[members[self._is_obstacle(members)]]
        if len(rects) < 4:
            return []
        cell = self.line_height * _CELL
        # Detectors draw boxes with a margin; an engine that does not loses nothing, its columns are further apart.
        margin = np.minimum(_BOX_MARGIN * self.line_height, 0.25 * (rects[:, 2] - rects[:, 0]))
        rects = rects + np.stack((margin, 0 * margin, -margin, 0 * margin), axis=1)
        origin = rects[:, :2].min(axis=0)
        grid = np.ceil((rects[:, 2:].max(axis=0) - origin) / cell).astype(int) + 1
        white = np.ones((grid[0], grid[1]), dtype=bool)
        low = np.floor((rects[:, :2] - origin) / cell).astype(int)
        high = np.ceil((rects[:, 2:] - origin) / cell).astype(int)
        for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True):
            white[x0:x1, y0:y1] = False
        runs = find_white_runs(
            white, round(_MIN_GUTTER_WIDTH / _CELL), round(_MIN_GUTTER_HEIGHT / _CELL), most=_MAX_CANDIDATES
        )
        longer = {lengthen(white, run) for run in runs}
        return [
            (origin[0] + x0 * cell, origin[0] + x1 * cell, origin[1] + y0 * cell, origin[1] + y1 * cell)
            for x0, x1, y0, y1 in sorted(longer, key=lambda run: (run[2] - run[3], run[0] - run[1], run))
        ]

    def _is_obstacle(self, members: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Specks (stray dots and strokes read as text) don't block a gutter."""
        rects = self.rects[members]
        return np.maximum(rects[:, 2] - rects[:, 0], rects[:, 3] - rects[:, 1]) > 0.5 * self.line_height

    def _measure(
        self, members: NDArray[np.intp], start: float, end: float, top: float, bottom: float
    ) -> _Gutter | None:
        """What stands on the two sides of a white rectangle; None when nothing faces each other across it."""
        rects = self.rects[members]
        middle = (rects[:, 1] + rects[:, 3]) / 2
        inside = (middle > top) & (middle < bottom)
        is_left = (rects[:, 0] + rects[:, 2]) < (start + end)
        left, right = members[inside & is_left], members[inside & ~is_left]
        if len(left) < 2 or len(right) < 2:
            return None
        whole = len(left) + len(right)
        left, right = self._end_at_void(left, right)
        a, b = self.rects[left], self.rects[right]
        if len(left) + len(right) < whole:
            bottom = max(a[:, 3].max(), b[:, 3].max())
        height = min(a[:, 3].max(), b[:, 3].max()) - max(a[:, 1].min(), b[:, 1].min())
        if height < _MIN_GUTTER_HEIGHT * self.line_height:
            return None
        return _Gutter(left, right, top, bottom, float(height), end - start)

    def _end_at_void(
        self, left: NDArray[np.intp], right: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Both sides down to where one ends and begins again much lower, while the other begins a new paragraph.

        The head of a letter: what stands below it is read after both of its sides. Columns of prose go on, as a picture
        may fill the void.
        """
        if max(self._usual_width(left), self._usual_width(right)) >= _PROSE_WIDTH:
            return left, right
        middle = (self.rects[:, 1] + self.rects[:, 3]) / 2
        least, overlap = _PARAGRAPH_GAP * self.line_height, 0.5 * _PARAGRAPH_GAP * self.line_height
        ends = sorted(
            max(top, start)
            for one, other in ((left, right), (right, left))
            for top, bottom in self._gaps(one, _VOID * self.line_height)
            for start, end in self._gaps(other, least)
            if min(bottom, end) - max(top, start) >= overlap
        )
        for end in ends:
            above = left[middle[left] < end], right[middle[right] < end]
            if min(map(len, above)) > 1:
                return above
        return left, right

    def _gaps(self, members: NDArray[np.intp], least: float) -> list[tuple[float, float]]:
        """(top, bottom) of the white between rows of these boxes that is at least so high."""
        rects = self.rects[members[np.argsort(self.rects[members, 1], kind="stable")]]
        bottoms = np.maximum.accumulate(rects[:, 3])[:-1]
        tops = rects[1:, 1]
        return [(b, t) for b, t in zip(bottoms.tolist(), tops.tolist(), strict=True) if t - b >= least]

    def _has_room(self, gutter: _Gutter) -> bool:
        """A low gutter must be wide and part lines of some length, or chance gaps would be taken for columns."""
        if gutter.height >= 5 * self.line_height:
            return gutter.width >= _MIN_GUTTER_WIDTH * self.line_height
        narrow = min(self._usual_width(gutter.left), self._usual_width(gutter.right))
        return gutter.width >= 1.5 * self.line_height and narrow >= _MIN_LOW_WIDTH

    def _is_row_like(self, gutter: _Gutter) -> bool:
        """Whether the white space parts items from prices or labels from values, which are read row by row."""
        left, right = gutter.left, gutter.right
        fewer, other = (left, right) if len(left) < len(right) else (right, left)
        aligned = self._aligned_share(fewer, other)
        has_numbers = max(self.numbers[right].mean(), self.numbers[left].mean()) >= 0.5
        has_labels = max(self.labels[right].mean(), self.labels[left].mean()) >= 0.3
        if (has_numbers or has_labels) and aligned >= 0.4:
            return True
        if self._usual_step(fewer) < 0.8 * self._usual_step(other):
            return False  # a side note in smaller type, aligned by chance
        gap = max(gutter.width, _JUSTIFIED_GAP * self.line_height)
        narrow, wide = sorted(self._usual_row_width(side, gap) for side in (left, right))
        is_low = gutter.height < 5 * self.line_height
        if aligned < (0.5 if is_low and narrow < _SHORT_WIDTH else 0.7) or narrow >= _PROSE_WIDTH:
            return False
        is_sparse = self._usual_step(fewer) > 2.2 * self.line_height
        is_long_list = len(fewer) >= _LONG_LIST_ROWS and narrow * 2 > wide and narrow >= 3
        return is_sparse or (narrow < _SHORT_WIDTH and not is_long_list)

    def _aligned_share(self, fewer: NDArray[np.intp], other: NDArray[np.intp]) -> float:
        """How many of ``fewer`` have a neighbour at the same height in ``other``, 0..1."""
        middle = (self.rects[:, 1] + self.rects[:, 3]) / 2
        distances = np.abs(middle[fewer][:, None] - middle[other][None, :]).min(axis=1)
        return float((distances < 0.35 * self.line_height).mean())

    def _usual_step(self, members: NDArray[np.intp]) -> float:
        """Distance from row to row in pixels: fields of a form stand further apart than lines of a text."""
        return float(np.median(np.diff(np.sort(self.rects[members, 1]))))

    def _usual_width(self, members: NDArray[np.intp]) -> float:
        return float(np.median(self.rects[members, 2] - self.rects[members, 0])) / self.line_height

    def _usual_row_width(self, members: NDArray[np.intp], gap: float) -> float:
        """The same, pieces less than ``gap`` pixels apart taken as one: justified lines come in several."""
        widths: list[float] = []
        for row in group_rows(self.rects, members, self.line_height):
            begun, end = self.rects[row[0], 0], self.rects[row[0], 2]
            for index in row[1:]:
                if self.rects[index, 0] - end >= gap:
                    widths.append(end - begun)
                    begun = self.rects[index, 0]
                end = max(end, self.rects[index, 2])
            widths.append(end - begun)
        return float(np.median(widths)) / self.line_height


def group_rows(rects: Boxes, members: NDArray[np.intp], line_height: float) -> tuple[tuple[int, ...], ...]:
    """Gather boxes into visual rows, top down, each row from start to end.

    A box joins the row whose nearest member (along the row) it overlaps by half its height, so a slightly slanted row
    holds together. Tall boxes come last: a drop cap joins the first of the rows it stands beside.
    """
    heights = rects[members, 3] - rects[members, 1]
    is_tall = heights > 1.7 * line_height
    middles = (rects[members, 1] + rects[members, 3]) / 2
    rows: list[list[int]] = []
    places: Places = rects.tolist()  # lists: reading single numbers out of an array is slow
    for position in np.lexsort((rects[members, 0], middles, is_tall)).tolist():
        index = int(members[position])
        row = _find_row(places, rows, index, top_first=bool(is_tall[position]))
        if row is None:
            rows.append([index])
        else:
            row.append(index)
    for row in rows:
        row.sort(key=lambda i: (places[i][0], places[i][2], places[i][1]))
    rows.sort(key=lambda row: _row_position(places, row))
    return tuple(tuple(row) for row in rows)


def _row_position(places: Places, row: list[int]) -> tuple[float, float]:
    """Where a row stands: the middle of its lowest-built member (a drop cap must not pull its row down)."""
    shortest = min(row, key=lambda i: (places[i][3] - places[i][1], places[i][0]))
    return (places[shortest][1] + places[shortest][3]) / 2, places[row[0]][0]


def _find_row(places: Places, rows: list[list[int]], index: int, *, top_first: bool) -> list[int] | None:
    start, top, end, bottom = places[index]
    best: tuple[float, list[int]] | None = None
    # Boxes arrive by their middle, so only the last rows can still take one; tall boxes look at all.
    for row in rows if top_first else rows[-6:]:
        nearest = row[0] if len(row) == 1 else min(row, key=lambda i: max(places[i][0] - end, start - places[i][2]))
        near = places[nearest]
        shared = min(bottom, near[3]) - max(top, near[1])
        smaller = min(bottom - top, near[3] - near[1])
        apart = max(near[0] - end, start - near[2])
        # Some engines draw boxes with a margin, so that those of neighbours overlap.
        most = max(0.3 * min(end - start, near[2] - near[0]), 0.4 * smaller)
        if shared < 0.5 * smaller or apart < -most:
            continue
        if top_first:
            return row
        if best is None or shared > best[0]:
            best = (shared, row)
    return best[1] if best else None
