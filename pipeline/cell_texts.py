"""Words into the cells of a table, and what stands in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pipeline.document import Box, Line, Table, TableCell
from pipeline.figures import correct_column
from pipeline.line_fragments import Fragment, cut_line, join_pieces
from pipeline.reading_order import Direction, group_rows, to_reading_coordinates

_NUMBER = re.compile(r"[^\w\s]{0,3}\s?\d[\d.,:٫٬/' %+–-]*[^\W\d]{0,4}[^\w\s]{0,2}")


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table with its place and the pieces of lines that stand in it, cell by cell."""

    table: Table
    box: Box
    pieces: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class CellText:
    """The pieces of one cell as lines, top down."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def is_number(text: str) -> bool:
    """Whether this is a figure: a number, a price, a date, a percentage."""
    return _NUMBER.fullmatch(text.strip()) is not None


def split_by_places(
    fragments: Sequence[Fragment], places: Sequence[Box]
) -> tuple[dict[int, list[Line]], list[Fragment]]:
    """Words sorted into the places whose boxes hold their middle: (place -> pieces of lines, what lies outside).

    A line that crosses places is cut between its words; one without words goes where its middle is.
    """
    inside: dict[int, list[Line]] = {}
    outside: list[Fragment] = []
    corners = np.array([(p.left, p.top, p.right, p.bottom) for p in places]).reshape(-1, 4)
    hull = Box.around(places)
    for fragment in fragments:
        if not fragment.line.box.intersection(hull):
            outside.append(fragment)
            continue
        words = fragment.line.words
        homes = [_place_of(word.box, corners) for word in words] or [_place_of(fragment.line.box, corners)]
        cuts = [i for i in range(1, len(homes)) if homes[i] != homes[i - 1]]
        starts = [0, *cuts]
        pieces = cut_line(fragment.line, cuts)
        if len(pieces) != len(starts):  # a piece without text was dropped: take the line as it is
            pieces, starts = [fragment.line], [0]
        for piece, start in zip(pieces, starts, strict=True):
            home = homes[start]
            if home is None:
                # One piece more than the line has, so that it is never taken for the whole line again.
                outside.append(Fragment(piece, fragment.source, fragment.count + (len(pieces) > 1)))
            else:
                inside.setdefault(home, []).append(piece)
    return inside, outside


def _place_of(box: Box, corners: np.ndarray) -> int | None:
    x, y = box.center
    found = np.flatnonzero((corners[:, 0] <= x) & (x < corners[:, 2]) & (corners[:, 1] <= y) & (y < corners[:, 3]))
    return int(found[0]) if len(found) else None


def to_cell_text(pieces: Sequence[Line], direction: Direction, line_height: float) -> CellText:
    """The pieces of a cell in reading order, those side by side joined to lines."""
    if not pieces:
        return CellText(())
    rects = to_reading_coordinates([piece.box for piece in pieces], direction)
    rows = group_rows(rects, np.arange(len(pieces)), line_height)
    return CellText(tuple(join_pieces([pieces[i] for i in row], direction) for row in rows))


def guess_header_rows(rows: Sequence[Sequence[str]]) -> int:
    """1 where the first row names the columns: no empty place but the corner, no figures, and others follow."""
    if len(rows) < 2:
        return 0
    first = rows[0]
    if len(first) < 2 or not all(first[1:]) or any(is_number(text) for text in first):
        return 0
    return int(any(row[1:] != first[1:] for row in rows[1:]))


def to_table(
    cells: Sequence[tuple[TableCell, CellText]], row_count: int, column_count: int, direction: Direction
) -> FoundTable:
    """The table with its cells row by row. On right-to-left pages the first column is the right one."""
    cells = _with_figures(cells)
    if direction is Direction.RIGHT_TO_LEFT:
        cells = [(_mirrored(cell, column_count), text) for cell, text in cells]
    ordered = sorted(cells, key=lambda pair: (pair[0].row, pair[0].column))
    plain = Table(row_count, column_count, tuple(cell for cell, _ in ordered))
    header = max(guess_header_rows(plain.to_rows()), _spanned_header(plain))
    box = Box.around(cell.box for cell, _ in ordered)
    pieces = tuple(line for _, text in ordered for line in text.lines)
    return FoundTable(Table(row_count, column_count, plain.cells, header), box, pieces)


def _with_figures(cells: Sequence[tuple[TableCell, CellText]]) -> list[tuple[TableCell, CellText]]:
    """The cells with the letters in columns of figures read as digits, below the first row, which may name them."""
    corrected = list(cells)
    for column in {cell.column for cell, _ in cells}:
        places = [
            i for i, (cell, _) in enumerate(cells) if cell.column == column and cell.row and "\n" not in cell.text
        ]
        before = [cells[i][0].text for i in places]
        for place, old, new in zip(places, before, correct_column(before), strict=True):
            if new != old:
                cell, text = cells[place]
                (line,) = text.lines
                words = (replace(line.words[0], text=new),) if len(line.words) == 1 else line.words
                corrected[place] = (replace(cell, text=new), CellText((replace(line, text=new, words=words),)))
    return corrected


def _spanned_header(table: Table) -> int:
    """Rows of a header with a cell merged across columns: down to the first row with figures, at most three."""
    if not any(cell.row == 0 and cell.column_span > 1 for cell in table.cells):
        return 0
    with_figures = [cell.row for cell in table.cells if cell.column > 0 and cell.row > 0 and is_number(cell.text)]
    first = min(with_figures, default=1)
    return first if first <= 3 else 1


def _mirrored(cell: TableCell, column_count: int) -> TableCell:
    column = column_count - cell.column - cell.column_span
    return TableCell(cell.row, column, cell.row_span, cell.column_span, cell.text, cell.box)
