"""Tables without upright rules: rows of pieces that stand in the same columns, row after row.

The columns of a candidate are the intervals between the white strips that its rows share (a projection profile, as in
Wang, Phillips and Haralick, "Table structure understanding and its performance evaluation", 2004). A false table is
worse than a missed one, so a candidate needs three columns, filled and aligned; a stack of horizontal rules around it
is evidence enough for two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipeline.cell_texts import CellText, FoundTable, is_number, to_cell_text, to_table
from pipeline.document import Box, Line, TableCell
from pipeline.line_fragments import cut_line, is_wide
from pipeline.reading_order import Direction

_MIN_STRIP = 0.7  # line heights
_MIN_STRIP_LONG = 0.35  # where many rows share it, which chance does not bring about
_LONG = 6
_MAX_WRAPPED = 4  # rows between two full ones that hold the rest of a field
_CLOSER = 0.92  # than rows are to each other: the lines of one field
_MAX_LEADING = 2.6
_MAX_GAP = 3.2  # from row to row, line heights
_MIN_ROWS = 3
_MIN_FILL = 0.55
_MAX_CELL_LENGTH = 60  # characters, in the usual cell of a column
_MIN_NAMED = 0.7  # of the columns, by a row that names them
_MIN_PROSE_LENGTH = 20
_TRIES = 3
_JUSTIFIED = 0.96
_RAGGED = 0.8


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line with its place in reading coordinates (pixels)."""

    line: Line
    start: float
    top: float
    end: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


PieceRow = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table in rows ``first`` to ``last`` (inclusive) of a column."""

    first: int
    last: int
    found: FoundTable


def find_row_tables(
    rows: Sequence[PieceRow], line_height: float, direction: Direction, *, may_have_prose: bool = True
) -> list[RowTable]:
    """The tables among the rows of one column, in order.

    Without ``may_have_prose`` none of a table's columns may look like running text: for rows of a whole page, where
    such a column may be a column of the page.
    """
    limit = _JUSTIFIED if may_have_prose else _RAGGED
    tables: list[RowTable] = []
    for first, last in _candidates(rows, line_height, 3):
        for a, b in _shrinkings(first, last):
            full = sum(len(row) >= 3 for row in rows[a : b + 1])
            if full < max(_MIN_ROWS, 0.5 * sum(len(row) > 1 for row in rows[a : b + 1])):
                continue
            found = read_rows(rows[a : b + 1], line_height, direction, is_ruled=False, max_prose=limit)
            if found is not None:
                tables.append(RowTable(a, b, found))
                break
    return tables


def read_rows(
    rows: Sequence[PieceRow],
    line_height: float,
    direction: Direction,
    *,
    is_ruled: bool,
    bands: Sequence[float] = (),
    max_prose: float = _JUSTIFIED,
) -> FoundTable | None:
    """These rows as one table, or None where they don't make one.

    ``is_ruled`` says that horizontal rules enclose them; ``bands`` are the positions of rules that part its rows,
    ``max_prose`` is how far a column may be filled like one of running text, 0..1.
    """
    columns = _columns(rows, line_height)
    needed = 2 if is_ruled else 3
    below = _columns(rows[1:], line_height)
    if len(below) >= max(needed, len(columns) + 1):
        # Names of columns may stand closer than what is in the columns.
        header = _cut_at_columns(rows[0], below, line_height)
        if header is not None:
            rows, columns = [header, *rows[1:]], below
    if len(columns) < needed:
        return None
    placed = [[(piece, *_span(piece, columns, line_height)) for piece in row] for row in rows]
    merged = _merge_rows(placed, bands, line_height)
    if not _is_table(merged, len(columns), line_height, is_ruled=is_ruled, max_prose=max_prose):
        return None
    cells = [cell for index, row in enumerate(merged) for cell in _to_cells(index, row, direction, line_height)]
    # These columns run in reading direction already, whichever that is.
    return to_table(cells, len(merged), len(columns), Direction.LEFT_TO_RIGHT)


def _cut_at_columns(row: PieceRow, columns: Sequence[tuple[float, float]], line_height: float) -> list[Piece] | None:
    """A row cut between words where the columns of the rows below part; None where it doesn't name most of them."""
    cut = [part for piece in row for part in _cut_piece(piece, columns)]
    homes = [_span(piece, columns, line_height) for piece in cut]
    named = {first for first, last in homes if first == last}
    if len(named) < len(cut) or len(named) < _MIN_NAMED * len(columns):
        return None
    return cut


def _cut_piece(piece: Piece, columns: Sequence[tuple[float, float]]) -> list[Piece]:
    """The piece cut before each word that begins in another column than the word before."""
    words = piece.line.words
    if len(words) < 2:
        return [piece]
    leftwards = piece.start != piece.line.box.left
    homes = [_nearest_column(word.box, columns, leftwards=leftwards) for word in words]
    cuts = [i for i in range(1, len(homes)) if homes[i] != homes[i - 1]]
    return [_to_piece(part, piece, leftwards=leftwards) for part in cut_line(piece.line, cuts)]


def _nearest_column(box: Box, columns: Sequence[tuple[float, float]], *, leftwards: bool) -> int:
    """The column that most of a box is in, else the nearest."""
    start, end = (-box.right, -box.left) if leftwards else (box.left, box.right)
    return max(range(len(columns)), key=lambda i: min(end, columns[i][1]) - max(start, columns[i][0]))


def _to_piece(line: Line, whole: Piece, *, leftwards: bool) -> Piece:
    start, end = (-line.box.right, -line.box.left) if leftwards else (line.box.left, line.box.right)
    return Piece(line, start, whole.top, end, whole.bottom)


def _candidates(rows: Sequence[PieceRow], line_height: float, pieces: int) -> list[tuple[int, int]]:
    """Runs of rows (first, last) that begin and end with a row of at least so many pieces."""
    runs: list[list[int]] = []
    for index, row in enumerate(rows):
        if len(row) < pieces:
            continue
        if runs and _is_continued(rows, runs[-1][1], index, line_height):
            runs[-1][1] = index
        else:
            runs.append([index, index])
    extended = [
        (first, _with_totals(rows, _with_rest(rows, first, last, line_height), line_height)) for first, last in runs
    ]
    return [(first, last) for first, last in extended if last - first + 1 >= _MIN_ROWS]


def _is_continued(rows: Sequence[PieceRow], last: int, index: int, line_height: float) -> bool:
    between = rows[last + 1 : index]
    is_near = all(b[0].middle - a[0].middle < _MAX_GAP * line_height for a, b in pairwise(rows[last : index + 1]))
    if not is_near or len(between) > _MAX_WRAPPED:
        return False
    return len(between) <= 2 or all(_is_inside_one(row, rows[last], rows[index]) for row in between)


def _is_inside_one(row: PieceRow, above: PieceRow, below: PieceRow) -> bool:
    """Whether a row is one piece that can be the wrapped rest of one field: it reaches under no other one."""
    if len(row) != 1:
        return False
    return all(
        sum(min(row[0].end, piece.end) > max(row[0].start, piece.start) for piece in full) <= 1
        for full in (above, below)
    )


def _with_rest(rows: Sequence[PieceRow], first: int, last: int, line_height: float) -> int:
    """The run with the lines below its last row that go on with one of that row's fields."""
    steps = [rows[i][0].middle - rows[i - 1][0].middle for i in range(first + 1, last + 1) if len(rows[i]) > 1]
    limit = min(_CLOSER * median(steps), _MAX_LEADING * line_height) if steps else 0.0
    full = rows[last]
    while last + 1 < len(rows) and rows[last + 1][0].middle - rows[last][0].middle < limit:
        row = rows[last + 1]
        starts = [piece.start for piece in full[1:]]
        if not _is_inside_one(row, full, full) or not any(abs(row[0].start - x) < line_height for x in starts):
            break
        last += 1
    return last


def _with_totals(rows: Sequence[PieceRow], last: int, line_height: float) -> int:
    """Rows of two pieces below, the last one a figure, are totals."""
    while last + 1 < len(rows):
        row = rows[last + 1]
        is_near = row[0].middle - rows[last][0].middle < _MAX_GAP * line_height
        if len(row) != 2 or not is_near or not is_number(row[-1].line.text):
            break
        last += 1
    return last


def _shrinkings(first: int, last: int) -> list[tuple[int, int]]:
    """The run itself, then with a few rows less at its ends: captions and totals may not keep to the columns."""
    tries = [(first + a, last - b) for a in range(_TRIES) for b in range(_TRIES)]
    return sorted(tries, key=lambda run: (run[0] - run[1], run))


def _columns(rows: Sequence[PieceRow], line_height: float) -> list[tuple[float, float]]:
    """(start, end) of each column: what lies between the white strips shared by nearly all rows."""
    pieces = [piece for row in rows if len(row) > 1 for piece in row]
    if not pieces:
        return []
    shared = sum(len(row) > 1 for row in rows)
    tolerance = shared // 8
    strip = (_MIN_STRIP_LONG if shared >= _LONG else _MIN_STRIP) * line_height
    events = sorted([(p.start, 1) for p in pieces] + [(p.end, -1) for p in pieces], key=lambda event: event)
    columns: list[tuple[float, float]] = []
    depth = 0
    begun: float | None = None
    for position, change in events:
        depth += change
        if begun is None and depth > tolerance:
            begun = position
        elif begun is not None and depth <= tolerance:
            if columns and begun - columns[-1][1] < strip:
                columns[-1] = (columns[-1][0], position)
            else:
                columns.append((begun, position))
            begun = None
    return columns


def _span(piece: Piece, columns: Sequence[tuple[float, float]], line_height: float) -> tuple[int, int]:
    """(first, last) column that a piece stands in."""
    margin = 0.5 * line_height
    reached = [
        index
        for index, (start, end) in enumerate(columns)
        if min(piece.end, end) - max(piece.start, start) > min(margin, 0.5 * (end - start))
    ]
    if reached:
        return reached[0], reached[-1]
    middle = (piece.start + piece.end) / 2
    nearest = min(range(len(columns)), key=lambda i: abs((columns[i][0] + columns[i][1]) / 2 - middle))
    return nearest, nearest


Placed = tuple[Piece, int, int]


def _merge_rows(rows: Sequence[Sequence[Placed]], bands: Sequence[float], line_height: float) -> list[list[Placed]]:
    """Rows between the same two rules are one; so is a row with the wrapped rest of a cell and the row above it."""
    if len(bands) > 3:
        grouped: dict[int, list[Placed]] = {}
        for row in rows:
            band = sum(row[0][0].middle > y for y in bands)
            grouped.setdefault(band, []).extend(row)
        return [grouped[band] for band in sorted(grouped)]
    merged: list[list[Placed]] = []
    own = _own_rows(rows, line_height)
    for row, is_own in zip(rows, own, strict=True):
        if is_own or not merged:
            merged.append(list(row))
        else:
            merged[-1] = [*merged[-1], *row]
    return merged


def _own_rows(rows: Sequence[Sequence[Placed]], line_height: float) -> list[bool]:
    """For each row whether it begins a row of the table, and is not the wrapped rest of the one above it.

    The rest of a field stands in one column, closer to what is above it than rows are to each other.
    """
    steps = [b[0][0].middle - a[0][0].middle for a, b in pairwise(rows)]
    to_full = [step for step, row in zip(steps, rows[1:], strict=True) if len(row) > 1]
    usual = median(to_full) if to_full else 0.0
    own = [True] * len(rows)
    for index in range(1, len(rows)):
        if len(rows[index]) != 1:
            continue
        above = steps[index - 1]
        below = steps[index] if index < len(steps) else None
        is_close = below is not None and above < 0.8 * below and above < 1.7 * line_height
        is_rest = _is_rest(rows[index][0], rows[index - 1]) and above < min(_CLOSER * usual, _MAX_LEADING * line_height)
        own[index] = not (is_close or is_rest)
    return own


def _is_rest(placed: Placed, above: Sequence[Placed]) -> bool:
    """Whether this can go on with what stands in its column in the row above."""
    piece, first, last = placed
    return first == last and any(
        first == a == b and abs(piece.start - p.start) < piece.bottom - piece.top for p, a, b in above
    )


def _is_table(
    rows: Sequence[Sequence[Placed]], column_count: int, line_height: float, *, is_ruled: bool, max_prose: float
) -> bool:
    if len(rows) < (2 if is_ruled else _MIN_ROWS):
        return False
    by_column: list[list[Piece]] = [[] for _ in range(column_count)]
    for row in rows:
        for piece, first, last in row:
            if first == last:
                by_column[first].append(piece)
    filled = sum(len({first for _, first, _ in row}) for row in rows)
    inhabited = [sum(any(a == b == column for _, a, b in row) for row in rows) for column in range(column_count)]
    if filled < _MIN_FILL * len(rows) * column_count or min(inhabited) < 2:
        return False
    is_sparse = [count < 0.4 * len(rows) for count in inhabited]
    if (
        is_sparse[0]
        or is_sparse[-1]
        or not all(_are_figures(pieces) for pieces, sparse in zip(by_column, is_sparse, strict=True) if sparse)
    ):
        return False
    if any(median(len(piece.line.text) for piece in pieces) > _MAX_CELL_LENGTH for pieces in by_column):
        return False
    prose = [_prose_share(pieces, line_height) for pieces in by_column]
    if max(prose) > max_prose or sum(share > _RAGGED for share in prose) > 1:
        return False
    aligned = sum(_is_aligned(pieces, line_height) for pieces in by_column)
    return aligned >= column_count - (1 if column_count > 3 else 0)


def _are_figures(pieces: Sequence[Piece]) -> bool:
    """Whether a column holds figures below its name, as debits and credits do: few rows have both."""
    return len(pieces) > 1 and all(is_number(piece.line.text) for piece in pieces[1:])


def _prose_share(pieces: Sequence[Piece], line_height: float) -> float:
    """How far the pieces fill their column, as lines of a narrow column of text do; 0 for short pieces."""
    widths = sorted(piece.end - piece.start for piece in pieces)
    usual = widths[len(widths) // 2]
    if usual < 6 * line_height or median(_length(piece.line.text) for piece in pieces) < _MIN_PROSE_LENGTH:
        return 0.0
    # Lines of one length are no accident in a justified column, but in a few rows they may be.
    is_justified = len(widths) >= 4 and widths[len(widths) // 4] > _JUSTIFIED * widths[-1] and usual > 10 * line_height
    return 1.0 if is_justified else min(usual / widths[-1], _JUSTIFIED)


def _length(text: str) -> int:
    """Characters, full-width ones counted twice."""
    return len(text) + sum(map(is_wide, text))


def _is_aligned(pieces: Sequence[Piece], line_height: float) -> bool:
    """Whether most pieces of a column begin, end or are centred at the same place."""
    for edges in (
        [piece.start for piece in pieces],
        [piece.end for piece in pieces],
        [(piece.start + piece.end) / 2 for piece in pieces],
    ):
        usual = median(edges)
        if sum(abs(edge - usual) < 0.7 * line_height for edge in edges) >= 0.7 * len(edges):
            return True
    return False


def _to_cells(
    row_index: int, row: Sequence[Placed], direction: Direction, line_height: float
) -> list[tuple[TableCell, CellText]]:
    """The row's cells; pieces in the same column are lines of one cell. Columns still run in reading direction."""
    by_column: dict[int, list[Placed]] = {}
    for placed in row:
        by_column.setdefault(placed[1], []).append(placed)
    cells: list[tuple[TableCell, CellText]] = []
    for column, members in sorted(by_column.items()):
        last = max(member[2] for member in members)
        text = to_cell_text([member[0].line for member in members], direction, line_height)
        box = Box.around(line.box for line in text.lines)
        cells.append((TableCell(row_index, column, 1, last - column + 1, text.text, box), text))
    return cells
