"""Tables of a page: those drawn with rules first, then those that only their columns show.

img2table 2.0 was the other choice. Of 84 drawn pages (ruled, open at the sides, horizontal rules only, merged cells, no
rules, prose, receipts, contents; each clean, noisy, pale and tilted) it read 70 as drawn, this module 81; what it
missed were mostly receipts and contents, taken for tables. It costs 0.2 to 0.3 CPU seconds on every page, with or
without a table, against 0.01 to 0.03, and needs the contrib build of OpenCV. The words are already known here, and with
them a grid of rules or of white strips is quickly read.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pipeline.borderless_tables import Piece, PieceRow, find_row_tables, read_rows
from pipeline.cell_texts import CellText, FoundTable, is_number, split_by_places, to_cell_text, to_table
from pipeline.document import Box, Line, Table, TableCell
from pipeline.line_fragments import Fragment, split_lines
from pipeline.reading_order import Direction, group_rows, to_reading_coordinates
from pipeline.ruled_tables import Grid, GridCell, find_grids, find_stacks
from pipeline.rules import Rules

_MAX_CELL_LINES = 12
_MIN_FILL = 0.3


def take_ruled_tables(
    fragments: Sequence[Fragment], rules: Rules, line_height: float, direction: Direction
) -> tuple[tuple[FoundTable, ...], tuple[Fragment, ...]]:
    """(the tables that rules show, the fragments that are in none of them).

    ``line_height`` is the usual height of a line in page pixels. Pages in vertical script keep their text as it is:
    their rules part columns of text.
    """
    if direction is Direction.VERTICAL or not fragments:
        return (), tuple(fragments)
    rules = _without_strokes(rules, fragments, line_height)
    grids = find_grids(rules, line_height)
    tables: list[FoundTable] = []
    rest = list(fragments)
    for grid in grids:
        inside, outside = split_by_places(rest, [cell.box for cell in grid.cells])
        table = _read_grid(grid, inside, line_height, direction)
        if table is not None:
            tables.append(table)
            rest = outside
    for stack in find_stacks(rules, grids, line_height):
        hull = Box.around(stack)
        inside, outside = split_by_places(rest, [hull])
        table = _read_stack(stack, inside.get(0, []), line_height, direction)
        above = _row_above(hull, outside, line_height)
        if table is not None and above is not None:
            with_header, without = split_by_places(rest, [Box.around((hull, above))])
            taller = _read_stack(stack, with_header.get(0, []), line_height, direction)
            if taller is not None and _adds_header(taller.table, table.table):
                table, outside = taller, without
        if table is not None:
            tables.append(table)
            rest = outside
    return tuple(tables), tuple(rest)


def _row_above(hull: Box, fragments: Sequence[Fragment], line_height: float) -> Box | None:
    """The row of several pieces just above the first rule of a table, if any: it may name the columns."""
    boxes = [fragment.line.box for fragment in fragments]
    near = [
        box
        for box in boxes
        if hull.top - 2 * line_height < (box.top + box.bottom) / 2 < hull.top
        and box.left > hull.left - line_height
        and box.right < hull.right + line_height
    ]
    if not near:
        return None
    lowest = max(near, key=lambda box: box.bottom)
    row = [box for box in near if box.bottom > lowest.top]
    return Box.around(row) if len(row) > 1 else None


def _adds_header(taller: Table, table: Table) -> bool:
    """Whether the table is the same with a row more that names most of its columns."""
    if (taller.row_count, taller.column_count) != (table.row_count + 1, table.column_count):
        return False
    first = taller.to_rows()[0]
    named = [text for text in first if text]
    return len(named) >= max(2, 0.6 * len(first)) and not any(is_number(text) for text in named)


def _without_strokes(rules: Rules, fragments: Sequence[Fragment], line_height: float) -> Rules:
    """The rules that are no strokes of letters: Devanagari hangs from such strokes, and Arabic draws letters out."""
    margin = 0.2 * line_height

    def is_stroke(rule: Box) -> bool:
        y = (rule.top + rule.bottom) / 2
        covered = sum(
            max(0.0, min(rule.right, word.box.right + margin) - max(rule.left, word.box.left - margin))
            for fragment in fragments
            if fragment.line.box.top <= y <= fragment.line.box.bottom
            for word in fragment.line.words or (fragment.line,)
        )
        return covered >= 0.9 * rule.width

    return Rules(tuple(rule for rule in rules.horizontal if not is_stroke(rule)), rules.vertical)


def _read_grid(
    grid: Grid, inside: dict[int, list[Line]], line_height: float, direction: Direction
) -> FoundTable | None:
    grid, inside = _split_header(grid, inside, line_height)
    texts = [to_cell_text(inside.get(index, []), direction, line_height) for index in range(len(grid.cells))]
    if _is_page_frame(texts):
        return None
    cells, row_count = _with_hidden_rows(grid, texts, line_height)
    column_count = len(grid.xs) - 1
    filled = [cell for cell, text in cells if text.lines]
    filled_sides = min(len({cell.row for cell in filled}), len({cell.column for cell in filled}))
    if filled_sides < 2 or len(filled) < max(3, _MIN_FILL * len(cells)):
        return None
    return to_table(cells, row_count, column_count, direction)


def _split_header(grid: Grid, inside: dict[int, list[Line]], line_height: float) -> tuple[Grid, dict[int, list[Line]]]:
    """A first row without upright rules (a dark bar, often) cut where the columns below it begin.

    Only where its words stand apart there: a title over the whole table has its words where it likes.
    """
    first = grid.cells[0]
    if first.column_span < 2 or first.column_span != len(grid.xs) - 1 or first.row_span > 1 or len(grid.ys) < 3:
        return grid, inside
    places = [Box(a, first.box.top, b, first.box.bottom) for a, b in pairwise(grid.xs)]
    pieces = tuple(inside.get(0, []))
    parts, outside = split_by_places([Fragment(line, index, 1) for index, line in enumerate(pieces)], places)
    if outside or len(parts) < max(2, 0.6 * len(places)) or not _stand_apart(parts, line_height):
        return grid, inside
    split = tuple(GridCell(0, column, 1, 1, box) for column, box in enumerate(places))
    shifted = {index + len(split) - 1: lines for index, lines in inside.items() if index}
    return Grid(grid.xs, grid.ys, (*split, *grid.cells[1:])), {**parts, **shifted}


def _stand_apart(parts: dict[int, list[Line]], line_height: float) -> bool:
    """Whether the texts of neighbouring places are further apart than words of a line."""
    hulls = [Box.around(line.box for line in lines) for _, lines in sorted(parts.items())]
    return all(after.left - before.right > 0.6 * line_height for before, after in pairwise(hulls))


def _is_page_frame(texts: Sequence[CellText]) -> bool:
    """Frames around columns of text are layout, not a table: one field holds most of the lines."""
    counts = [len(text.lines) for text in texts]
    return max(counts) > _MAX_CELL_LINES and max(counts) > 0.4 * sum(counts)


def _with_hidden_rows(
    grid: Grid, texts: Sequence[CellText], line_height: float
) -> tuple[list[tuple[TableCell, CellText]], int]:
    """Cells with their texts, and the number of rows, once fields that hold several rows of figures are cut up."""
    rows: dict[int, list[tuple[GridCell, CellText]]] = {}
    for cell, text in zip(grid.cells, texts, strict=True):
        rows.setdefault(cell.row, []).append((cell, text))
    crossed = {r for cell in grid.cells if cell.row_span > 1 for r in range(cell.row, cell.row + cell.row_span)}
    cells: list[tuple[TableCell, CellText]] = []
    added = 0
    for row in range(len(grid.ys) - 1):
        members = rows.get(row, [])
        cuts = [] if row in crossed else _hidden_rows(members, line_height)
        for cell, text in members:
            cells.extend(_cut_cell(cell, text, cuts, row + added))
        added += len(cuts)
    return cells, len(grid.ys) - 1 + added


def _hidden_rows(members: Sequence[tuple[GridCell, CellText]], line_height: float) -> list[float]:
    """Where to cut a row of fields that each hold the same number of aligned lines, figures among them."""
    filled = [text.lines for _, text in members if text.lines]
    count = max((len(lines) for lines in filled), default=0)
    alike = [lines for lines in filled if len(lines) == count]
    if count < 2 or len(alike) < 2 or len(alike) < 0.6 * len(filled):
        return []
    middles = np.array([[(line.box.top + line.box.bottom) / 2 for line in lines] for lines in alike])
    has_figures = any(all(is_number(line.text) for line in lines[-2:]) for lines in alike)
    if not has_figures or (middles.max(axis=0) - middles.min(axis=0)).max() > 0.6 * line_height:
        return []
    return [(a + b) / 2 for a, b in pairwise(middles.mean(axis=0).tolist())]


def _cut_cell(cell: GridCell, text: CellText, cuts: Sequence[float], row: int) -> list[tuple[TableCell, CellText]]:
    bounds = [cell.box.top, *cuts, cell.box.bottom]
    parts: list[tuple[TableCell, CellText]] = []
    for index, (top, bottom) in enumerate(pairwise(bounds)):
        lines = tuple(line for line in text.lines if not cuts or top <= (line.box.top + line.box.bottom) / 2 < bottom)
        part = CellText(lines)
        box = Box(cell.box.left, top, cell.box.right, bottom)
        parts.append((TableCell(row + index, cell.column, cell.row_span, cell.column_span, part.text, box), part))
    return parts


def _read_stack(
    stack: Sequence[Box], pieces: Sequence[Line], line_height: float, direction: Direction
) -> FoundTable | None:
    """The lines between a stack of rules as a table: columns by white strips, rows by rules where those part them."""
    fragments = split_lines(pieces)
    if len(fragments) < 4:
        return None
    rows = to_piece_rows([fragment.line for fragment in fragments], line_height, direction)
    ys = [(rule.top + rule.bottom) / 2 for rule in stack]
    return read_rows(rows, line_height, direction, is_ruled=True, bands=ys)


def take_plain_tables(
    fragments: Sequence[Fragment], line_height: float, direction: Direction
) -> tuple[tuple[FoundTable, ...], tuple[Fragment, ...]]:
    """(tables without rules that stand alone in their rows, the fragments that are in none of them).

    They are looked for before the page is cut into columns, which would take a table of words apart. A table beside
    other text is found later, in its own column (:func:`pipeline.borderless_tables.find_row_tables`).
    """
    if direction is Direction.VERTICAL or len(fragments) < 9:
        return (), tuple(fragments)
    rects = to_reading_coordinates([fragment.line.box for fragment in fragments], direction)
    rows = group_rows(rects, np.arange(len(fragments)), line_height)
    pieces = [[Piece(fragments[i].line, *rects[i].tolist()) for i in row] for row in rows]
    found = find_row_tables(pieces, line_height, direction, may_have_prose=False)
    taken = {i for table in found for row in rows[table.first : table.last + 1] for i in row}
    rest = tuple(fragment for i, fragment in enumerate(fragments) if i not in taken)
    return tuple(table.found for table in found), rest


def to_piece_rows(lines: Sequence[Line], line_height: float, direction: Direction) -> list[PieceRow]:
    """Lines as visual rows of pieces."""
    rects = to_reading_coordinates([line.box for line in lines], direction)
    rows = group_rows(rects, np.arange(len(lines)), line_height)
    return [[Piece(lines[i], *rects[i].tolist()) for i in row] for row in rows]
