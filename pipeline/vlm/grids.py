"""Cells with spans, given one after the other, become a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.document import Table, TableCell
from pipeline.vlm.raw_blocks import to_cell

MAX_COLUMNS = 200
MAX_ROWS = 2000
# A model that loops inside a table can claim spans of any size; a grid of that many places is no table any more.
_MAX_PLACES = 100_000


@dataclass(frozen=True, slots=True)
class SpannedCell:
    """A cell as markup gives it: its place follows from those before it."""

    text: str
    row_span: int = 1
    column_span: int = 1
    is_header: bool = False


def to_table(rows: Sequence[Sequence[SpannedCell]], header_row_count: int | None = None) -> Table | None:
    """Place cells as HTML does: each in the first column that no cell from above reaches into.

    ``header_row_count`` None counts the leading rows that consist of header cells. None when there are no cells.
    """
    taken: set[tuple[int, int]] = set()
    cells: list[TableCell] = []
    row_count = min(len(rows), MAX_ROWS)
    for row, row_cells in enumerate(rows[:row_count]):
        column = 0
        for cell in row_cells:
            while (row, column) in taken:
                column += 1
            if column >= MAX_COLUMNS or len(taken) >= _MAX_PLACES:
                break
            height = max(1, min(cell.row_span, row_count - row))
            width = _free_width(taken, row, column, min(cell.column_span, MAX_COLUMNS - column))
            taken.update((row + down, column + right) for down in range(height) for right in range(width))
            cells.append(to_cell(row, column, cell.text, height, width))
            column += width
    if not cells:
        return None
    if header_row_count is None:
        header_row_count = _count_header_rows(rows)
    return Table(row_count, max(column for _, column in taken) + 1, tuple(cells), min(header_row_count, row_count))


def _free_width(taken: set[tuple[int, int]], row: int, column: int, wanted: int) -> int:
    """How far a cell may reach to the right before it meets one that hangs down from above."""
    width = 1
    while width < wanted and (row, column + width) not in taken:
        width += 1
    return width


def _count_header_rows(rows: Iterable[Sequence[SpannedCell]]) -> int:
    count = 0
    for row in rows:
        if not row or not all(cell.is_header for cell in row):
            break
        count += 1
    return count
