"""Tables in OTSL, the five-token table language of Docling and PaddleOCR-VL.

Source: Lysak et al., "Optimized Table Tokenization for Table Structure Recognition", 2023 (arXiv 2305.03393).
"""

import re

from pipeline.document import Table, TableCell
from pipeline.vlm.grids import MAX_COLUMNS, MAX_ROWS
from pipeline.vlm.raw_blocks import to_cell

_TOKEN = re.compile(r"<(fcel|ecel|lcel|ucel|xcel|ched|rhed|srow|nl)>")
_OTHER_TAG = re.compile(r"</?[a-z_]+\d*>")
_FILLED = {"fcel", "ched", "rhed", "srow"}


def has_otsl(text: str) -> bool:
    return _TOKEN.search(text) is not None


def parse_otsl(text: str) -> Table | None:
    """The table, or None when there is no cell. Rows may be ragged and merges may point at nothing."""
    rows = _read_rows(text)[:MAX_ROWS]
    if not any(rows):
        return None
    column_count = max(map(len, rows))
    kinds = [[kind for kind, _ in row] + ["ecel"] * (column_count - len(row)) for row in rows]
    cells: list[TableCell] = []
    for row_index, row in enumerate(rows):
        for column_index, (kind, content) in enumerate(row):
            if kind in _FILLED or kind == "ecel":
                height, width = _span(kinds, row_index, column_index)
                cells.append(to_cell(row_index, column_index, content, height, width))
    header_rows = 0
    for kinds_of_row in kinds:
        if "ched" not in kinds_of_row or "fcel" in kinds_of_row:
            break
        header_rows += 1
    return Table(len(rows), column_count, tuple(cells), header_rows)


def _read_rows(text: str) -> list[list[tuple[str, str]]]:
    """(kind, text) of each token, row by row."""
    rows: list[list[tuple[str, str]]] = [[]]
    found = list(_TOKEN.finditer(text))
    ends = [token.start() for token in found[1:]] + [len(text)]
    for token, end in zip(found, ends, strict=False):
        if token[1] == "nl":
            rows.append([])
        elif len(rows[-1]) < MAX_COLUMNS:
            content = text[token.end() : end]
            rows[-1].append((token[1], _OTHER_TAG.sub("", content).strip()))
    return [row for row in rows if row]


def _span(kinds: list[list[str]], row: int, column: int) -> tuple[int, int]:
    """(rows, columns): how far ``lcel`` go on to the right and ``ucel`` below; ``xcel`` fill what both reach."""
    width = 1
    while column + width < len(kinds[row]) and kinds[row][column + width] == "lcel":
        width += 1
    height = 1
    while row + height < len(kinds) and _continues(kinds[row + height], column, width):
        height += 1
    return height, width


def _continues(row: list[str], column: int, width: int) -> bool:
    return row[column] == "ucel" and all(kind == "xcel" for kind in row[column + 1 : column + width])
