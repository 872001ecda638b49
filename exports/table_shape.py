"""How a table is set: the widths of its columns, and which cells are numbers."""

import re

from exports.line_placement import is_right_to_left
from pipeline.document import Table

_NARROWEST, _WIDEST = 5, 30
"""Characters that a column is counted with at least and at most when the width is shared out."""

_NUMBER = re.compile(r"\s*[-+\u2212]?\s*\W?\s*\d[\d\s.,\u00a0\u202f']*\s*(?:%|[^\W\d]{1,3}|[^\w\s])?\s*")


def share_out(width: float, table: Table) -> list[float]:
    """``width`` by column, after the longest line that each has in a cell of its own."""
    needs = [_NARROWEST] * table.column_count
    for cell in table.cells:
        if cell.column_span == 1 and cell.column < table.column_count:
            longest = max((len(line) for line in cell.text.splitlines()), default=0)
            needs[cell.column] = max(needs[cell.column], min(longest, _WIDEST))
    return [width * need / sum(needs) for need in needs]


def is_number(text: str) -> bool:
    """Whether a cell holds a number or an amount, to be set to the right."""
    return _NUMBER.fullmatch(text) is not None and not is_right_to_left(text)
