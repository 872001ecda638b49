"""Lines for blocks whose engine gave text and a box but no lines (vision-language models, table cells)."""

import math
import textwrap

from pipeline.document import Block, Box, Line

_CHARACTER_WIDTH = 0.45
"""Mean width of a character relative to the distance of two lines, over the world's printed scripts."""


def lines_of(block: Block, rotation: int = 0) -> tuple[Line, ...]:
    """The block's own lines, else its cells' texts over their boxes, else its text spread over its box.

    ``rotation`` is the page's: how many degrees clockwise its picture must be turned for the text to stand upright.
    """
    if block.lines:
        return block.lines
    if block.table:
        return tuple(line for cell in block.table.cells for line in spread_lines(cell.text, cell.box, rotation))
    return spread_lines(block.text, block.box, rotation)


def spread_lines(text: str, box: Box, rotation: int = 0) -> tuple[Line, ...]:
    """``text`` in lines of equal height that fill ``box``.

    Line breaks of the text are kept. Where that leaves lines far too long for their height (a whole paragraph given
    as one line), they are broken at spaces into as many as fit the box's proportions.
    """
    written = [line.strip() for line in text.splitlines() if line.strip()]
    if not written:
        return ()
    length, depth = (box.height, box.width) if rotation in {90, 270} else (box.width, box.height)
    count = _plausible_line_count(sum(map(len, written)), length, depth)
    if count >= 2 * len(written):
        width = math.ceil(sum(map(len, written)) / count) + 1
        written = [piece for line in written for piece in _wrapped(line, width)]
    return tuple(
        Line(line, _strip_of(box, index / len(written), (index + 1) / len(written), rotation), None)
        for index, line in enumerate(written)
    )


def _wrapped(line: str, width: int) -> list[str]:
    """Broken at spaces; a text without any (or with a monstrous word) is left in one piece."""
    return textwrap.wrap(line, width, break_on_hyphens=False, break_long_words=False) or [line]


def _strip_of(box: Box, start: float, end: float, rotation: int) -> Box:
    """The part of the box from ``start`` to ``end`` (0..1) in the direction in which lines follow each other."""
    if rotation in {180, 270}:
        start, end = 1 - end, 1 - start
    if rotation in {90, 270}:
        return Box(box.left + box.width * start, box.top, box.left + box.width * end, box.bottom)
    return Box(box.left, box.top + box.height * start, box.right, box.top + box.height * end)


def _plausible_line_count(characters: int, length: float, depth: float) -> int:
    """How many lines ``characters`` of running text make in a box of this shape."""
    if length <= 0 or depth <= 0:
        return 1
    return max(1, round(math.sqrt(depth * characters * _CHARACTER_WIDTH / length)))
