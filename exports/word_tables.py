"""Tables in a DOCX, with merged cells, built as XML.

python-docx finds a cell by counting through its table each time, which makes a large table take minutes.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from exports.line_placement import is_right_to_left
from exports.table_shape import is_number, share_out
from exports.word_text import fill
from pipeline.document import Table, TableCell

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

_STYLE = "Table Grid"
_TWIPS_PER_EMU = 1 / 635
_LETTER_TWIPS = 140
_MAX_COLUMNS = 63
"""More than that Word can't open."""


def add_table(written: "WordDocument", table: Table) -> None:
    """Append the table and an empty paragraph, which keeps two tables from growing together.

    A table too wide for Word becomes tab-separated lines.
    """
    from docx.table import _Cell

    if table.column_count > _MAX_COLUMNS:
        for row in table.to_rows():
            fill(written.add_paragraph(), "\t".join(row))
        return
    shown = written.add_table(rows=0, cols=table.column_count, style=_STYLE)
    if _is_right_to_left(table):
        shown.table_direction = _direction()
    widths = [round(width) for width in share_out(_text_width(written), _LETTER_TWIPS, table)]
    for column, width in zip(shown._tbl.tblGrid.gridCol_lst, widths, strict=True):
        column.w = round(width / _TWIPS_PER_EMU)
    grid = _grid(table)
    for index in range(table.row_count):
        row = _make("w:tr")
        if index < table.header_row_count:
            properties = _make("w:trPr")
            properties.append(_make("w:tblHeader"))
            row.append(properties)
        for cell, column, covers in _row_cells(grid[index]):
            width = sum(widths[column : column + covers])
            element = _cell(cell, covers, index, width)
            if cell is not None and (index, column) == (cell.row, cell.column):
                _write(_Cell(element, shown).paragraphs[0], cell.text, is_head=index < table.header_row_count)
            row.append(element)
        shown._tbl.append(row)
    written.add_paragraph()


def _grid(table: Table) -> list[list[TableCell | None]]:
    """The cell that covers each position; where two claim one, the first has it."""
    grid: list[list[TableCell | None]] = [[None] * table.column_count for _ in range(table.row_count)]
    for cell in table.cells:
        for row in range(cell.row, min(cell.row + cell.row_span, table.row_count)):
            for column in range(cell.column, min(cell.column + cell.column_span, table.column_count)):
                if grid[row][column] is None:
                    grid[row][column] = cell
    return grid


def _row_cells(row: list[TableCell | None]) -> Iterator[tuple[TableCell | None, int, int]]:
    """(cell or None for an empty one, its first column in this row, how many columns it covers here)."""
    column = 0
    while column < len(row):
        covers = 1
        if row[column] is not None:
            while column + covers < len(row) and row[column + covers] is row[column]:
                covers += 1
        yield row[column], column, covers
        column += covers


def _text_width(written: "WordDocument") -> float:
    """Between the margins, in twips."""
    section = written.sections[-1]
    width = (section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0)
    return width * _TWIPS_PER_EMU


def _write(paragraph: "Paragraph", text: str, *, is_head: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    fill(paragraph, text)
    if is_head:
        for run in paragraph.runs:
            run.bold = True
    elif is_number(text):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _cell(cell: TableCell | None, covers: int, row: int, width: int) -> Any:
    element = _make("w:tc")
    properties = _make("w:tcPr")
    properties.append(_make("w:tcW", {"w:w": str(width), "w:type": "dxa"}))
    if covers > 1:
        properties.append(_make("w:gridSpan", {"w:val": str(covers)}))
    if cell is not None and cell.row_span > 1:
        properties.append(_make("w:vMerge", {"w:val": "restart"} if row == cell.row else {}))
    element.append(properties)
    element.append(_make("w:p"))
    return element


def _make(tag: str, attributes: dict[str, str] | None = None) -> Any:
    from docx.oxml.ns import qn
    from docx.oxml.parser import OxmlElement

    element = OxmlElement(tag)
    for name, value in (attributes or {}).items():
        element.set(qn(name), value)
    return element


def _is_right_to_left(table: Table) -> bool:
    return sum(1 if is_right_to_left(cell.text) else -1 for cell in table.cells if cell.text.strip()) > 0


def _direction() -> Any:
    from docx.enum.table import WD_TABLE_DIRECTION

    return WD_TABLE_DIRECTION.RTL
