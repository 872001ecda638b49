"""Lines for blocks whose engine gave text and a box but no lines (vision-language models, table cells)."""

import math
import textwrap

from pipeline.document import Block, Box, Line

_CHARACTER_WIDTH = 0.45
"""Mean width of a character relative to the distance of two lines, over the world's printed scripts."""


def lines_of(block: Block) -> tuple[Line, ...]:
    """The block's own lines, else its cells' texts over their boxes, else its text spread over its box."""
    if block.lines:
        return block.lines
    if block.table:
        return tuple(line for cell in block.table.cells for line in spread_lines(cell.text, cell.box))
    return spread_lines(block.text, block.box)


def spread_lines(text: str, box: Box) -> tuple[Line, ...]:
    """``text`` in lines of equal height that fill ``box``.

    Line breaks of the text are kept. Where that leaves lines far too long for their height (a whole paragraph given
    as one line), they are broken at spaces into as many as fit the box's proportions.
    """
    written = [line.strip() for line in text.splitlines() if line.strip()]
    if not written:
        return ()
    count = _plausible_line_count(sum(map(len, written)), box)
    if count >= 2 * len(written):
        width = math.ceil(sum(map(len, written)) / count) + 1
        written = [piece for line in written for piece in textwrap.wrap(line, width, break_on_hyphens=False)] or written
    height = box.height / len(written)
    tops = (box.top + index * height for index in range(len(written)))
    return tuple(
        Line(line, Box(box.left, top, box.right, top + height), None) for line, top in zip(written, tops, strict=True)
    )


def _plausible_line_count(characters: int, box: Box) -> int:
    """How many lines ``characters`` of running text make in a box of this shape."""
    if box.width <= 0 or box.height <= 0:
        return 1
    return max(1, round(math.sqrt(box.height * characters * _CHARACTER_WIDTH / box.width)))
