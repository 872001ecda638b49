"""Rows of a column to paragraphs, by the signs a typesetter leaves: spacing, indents, short last lines, size.

All lengths are in reading coordinates (see :mod:`pipeline.reading_order`): ``start`` is where a row begins whatever
its script, so right-to-left and vertical text need no rules of their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.document import Line
from pipeline.list_items import find_marker


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a column with its place in reading coordinates (pixels).

    ``size`` estimates the height of its type in pixels; ``is_bold`` is False where that is not known.
    """

    line: Line
    start: float
    top: float
    end: float
    bottom: float
    size: float
    is_bold: bool = False

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> float:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Rows that belong together. ``gap_above`` and ``gap_below`` are distances to the neighbours in usual line
    spacings of its column (1.0 = set solid), infinite at the column's ends."""

    rows: tuple[Row, ...]
    gap_above: float
    gap_below: float
    column_start: float
    column_end: float

    @property
    def text(self) -> str:
        return "\n".join(row.line.text for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is usual in a column: its margins, line height and distance from line to line, in pixels."""

    start: float
    end: float
    height: float
    spacing: float


_WIDE_SPACING = 1.35
_INDENT = 0.8  # line heights
_SIZE_CHANGE = 1.3
_FULL_SHARE = 0.35
_MIN_PROSE_LETTERS = 16
_MIN_PROSE_WIDTH = 10.0  # line heights, some 20 letters
_HANGING = re.compile(r"\s*[\[(]?\d{1,3}[\])]?[.)]?\s+\S")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_FIRST_WORD = re.compile(r"\S+")


def to_paragraphs(rows: Sequence[Row]) -> list[Paragraph]:
    """The rows of one column, in order, as paragraphs in order; every row in exactly one."""
    if not rows:
        return []
    measure = _measure(rows)
    chunks = _cut(rows, [_is_spaced(a, b, measure) for a, b in pairwise(rows)])
    groups = [group for chunk in chunks for group in _split_chunk(chunk, measure)]
    paragraphs = []
    for index, group in enumerate(groups):
        above = _distance(groups[index - 1][-1], group[0], measure) if index else float("inf")
        below = _distance(group[-1], groups[index + 1][0], measure) if index + 1 < len(groups) else float("inf")
        paragraphs.append(Paragraph(tuple(group), above, below, measure.start, measure.end))
    return paragraphs


def _measure(rows: Sequence[Row]) -> _Measure:
    height = median(row.height for row in rows)
    steps = sorted(b.middle - a.middle for a, b in pairwise(rows))
    steps = [step for step in steps if 0.5 * height < step < 2.5 * height]
    spacing = steps[int(0.3 * len(steps))] if steps else 1.4 * height
    ends = sorted(row.end for row in rows)
    # One row sticking out (a noise box, a formula number) must not make all others look short.
    end = ends[-2] if len(ends) > 4 and ends[-1] - ends[-2] > 2 * height else ends[-1]
    return _Measure(min(row.start for row in rows), end, height, spacing)


def _distance(above: Row, below: Row, measure: _Measure) -> float:
    """Distance of two rows in usual spacings, corrected for rows of larger type."""
    extra = max(0.0, (above.height + below.height) / 2 - measure.height)
    return (below.middle - above.middle - extra) / measure.spacing


def _is_spaced(above: Row, below: Row, measure: _Measure) -> bool:
    distance = _distance(above, below, measure)
    # A large first line or initial does not end a sentence: what goes on in a small letter goes on.
    is_continued = below.line.text[:1].islower() and distance < _WIDE_SPACING
    if max(above.size, below.size) > _SIZE_CHANGE * min(above.size, below.size) and not is_continued:
        return True
    return distance > _WIDE_SPACING and (distance - 1) * measure.spacing > 0.25 * measure.height


def _cut(rows: Sequence[Row], breaks: Sequence[bool]) -> list[list[Row]]:
    """``breaks[i]`` cuts between row i and row i + 1."""
    groups = [[rows[0]]]
    for row, is_break in zip(rows[1:], breaks, strict=True):
        if is_break:
            groups.append([])
        groups[-1].append(row)
    return groups


def _split_chunk(rows: list[Row], measure: _Measure) -> list[list[Row]]:
    """Cut rows that are set solid at indents, at rows that end early, at list markers and where the weight changes."""
    ends_early = [_ends_early(a, b, measure) for a, b in pairwise(rows)]
    is_prose = _is_prose(rows, ends_early, measure)
    groups = [[rows[0]]]
    for row, is_short in zip(rows[1:], ends_early, strict=True):
        if _begins_paragraph(groups[-1], row, is_short, is_prose, measure):
            groups.append([])
        groups[-1].append(row)
    return groups


def _is_prose(rows: Sequence[Row], ends_early: Sequence[bool], measure: _Measure) -> bool:
    """Whether rows end where the column ends, and not at will as in verse, addresses and receipts.

    A good share of full rows says so; between many short paragraphs two are enough if they are surely text, as a row
    of a receipt also reaches the end with its price.
    """
    if len(rows) < 3 or measure.end - measure.start < _MIN_PROSE_WIDTH * measure.height:
        return False
    full = [row for row, is_short in zip(rows, ends_early, strict=False) if not is_short]
    texts = [row.line.text for row in full if not row.line.text[-1:].isdigit()]
    sure = [text for text in texts if sum(map(str.isalpha, text)) > max(_MIN_PROSE_LETTERS, 0.6 * len(text))]
    return len(full) >= _FULL_SHARE * len(ends_early) or len(sure) >= 2


def _begins_paragraph(group: list[Row], row: Row, follows_short: bool, is_prose: bool, measure: _Measure) -> bool:
    previous = group[-1]
    marker = find_marker(row.line.text)
    if marker is not None and (marker.is_bullet or follows_short or find_marker(group[0].line.text) is not None):
        return True
    if row.is_bold != previous.is_bold and (follows_short or not is_prose):
        return True
    if is_prose and follows_short and not row.line.text[:1].islower():
        return True
    return _is_indent_break(group, row, measure)


def _is_indent_break(group: list[Row], row: Row, measure: _Measure) -> bool:
    previous = group[-1]
    step = row.start - previous.start
    if abs(step) < _INDENT * measure.height or _is_centred(previous, row, measure):
        return False
    first = group[0].line.text
    is_hanging = find_marker(first) is not None or _HANGING.match(first) is not None
    if step > 0:
        return not (is_hanging and len(group) == 1)
    # Back to the margin: the second row of an indented paragraph, else the end of a quotation or a hanging entry.
    return len(group) > 1


def _is_centred(above: Row, below: Row, measure: _Measure) -> bool:
    middle = (measure.start + measure.end) / 2
    return all(abs((row.start + row.end) / 2 - middle) < measure.height for row in (above, below))


def _ends_early(row: Row, following: Row, measure: _Measure) -> bool:
    """Whether the first word of the next row would still have fitted, so that the row was ended on purpose."""
    return measure.end - row.end > _first_word_width(following) + 0.8 * measure.height


def _first_word_width(row: Row) -> float:
    found = _FIRST_WORD.search(row.line.text)
    length = len(found.group()) if found else 1
    width = (row.end - row.start) * length / max(len(row.line.text), 1)
    # Without spaces (Chinese, Thai) a line may break after any character, or nearly so.
    return min(width, 2 * row.height) if found and _UNSPACED.search(found.group()) else width
