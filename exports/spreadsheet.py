"""Document -> XLSX: a sheet for each table, or one sheet of blocks when there is none.

Text stays text: no string is turned into a formula, a link or a date. Only plain numbers whose written form a number
format can keep ("215.00", not "007") become numbers, so that a column can be added up.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from exports.legal_text import to_legal_text
from exports.line_placement import is_right_to_left
from exports.tables_csv import block_rows, named_tables
from pipeline.document import Document, Table

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_MAX_CELL_CHARACTERS = 32_767
_MAX_ROWS = 1_048_576
_MAX_COLUMNS = 16_384
_WIDEST_COLUMN = 60
# Fifteen digits are what a double keeps.
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,11})(?:\.(\d{1,6}))?")
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(document: Document, target: BinaryIO) -> None:
    from xlsxwriter import Workbook

    workbook = Workbook(target, {**_OPTIONS, "in_memory": False})
    formats = {
        "head": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "text": workbook.add_format({"text_wrap": True, "valign": "top"}),
    }
    tables = list(named_tables(document))
    for name, table in tables:
        _write_table(workbook, workbook.add_worksheet(name), table, formats)
    if not tables:
        _write_blocks(workbook.add_worksheet("Text"), document, formats)
    workbook.close()


def _write_table(workbook: "Workbook", sheet: "Worksheet", table: Table, formats: "dict[str, Format]") -> None:
    claimed: set[tuple[int, int]] = set()
    for cell in table.cells:
        covered = {
            (row, column)
            for row in range(cell.row, min(cell.row + cell.row_span, table.row_count, _MAX_ROWS))
            for column in range(cell.column, min(cell.column + cell.column_span, table.column_count, _MAX_COLUMNS))
        }
        # Excel calls a file damaged where merged cells overlap; the first cell has the place.
        if (cell.row, cell.column) not in covered - claimed:
            continue
        style = formats["head"] if cell.row < table.header_row_count else formats["text"]
        if len(covered) > 1 and not covered & claimed:
            sheet.merge_range(cell.row, cell.column, *max(covered), "", style)
            claimed |= covered
        claimed.add((cell.row, cell.column))
        _write_cell(workbook, sheet, cell.row, cell.column, cell.text, style, formats)
    for column, width in _column_widths(table).items():
        sheet.set_column(column, column, width)
    if table.header_row_count:
        sheet.freeze_panes(table.header_row_count, 0)
    if sum(1 if is_right_to_left(cell.text) else -1 for cell in table.cells if cell.text) > 0:
        sheet.right_to_left()


def _write_cell(
    workbook: "Workbook", sheet: "Worksheet", row: int, column: int, text: str, style: Any, formats: "dict[str, Format]"
) -> None:
    number = _NUMBER.fullmatch(text)
    if number is None:
        sheet.write_string(row, column, to_legal_text(text)[:_MAX_CELL_CHARACTERS], style)
        return
    decimals = len(number[1] or "")
    key = f"number{decimals}"
    if key not in formats:
        formats[key] = workbook.add_format(
            {"num_format": "0" + ("." + "0" * decimals if decimals else ""), "valign": "top"}
        )
    sheet.write_number(row, column, float(text), formats[key])


def _column_widths(table: Table) -> Mapping[int, float]:
    """In characters: the longest line of a column's unmerged cells, within limits."""
    widths: dict[int, float] = {}
    for cell in table.cells:
        if cell.column_span == 1:
            longest = max((len(line) for line in cell.text.splitlines()), default=0)
            widths[cell.column] = min(max(widths.get(cell.column, 8), longest + 2), _WIDEST_COLUMN)
    return widths


def _write_blocks(sheet: "Worksheet", document: Document, formats: "Mapping[str, Format]") -> None:
    for index, row in enumerate(block_rows(document)):
        if index >= _MAX_ROWS:
            break
        for column, text in enumerate(row):
            style = formats["head"] if index == 0 else formats["text"]
            if index and column in {0, 3} and text:
                sheet.write_number(index, column, float(text), style)
            else:
                sheet.write_string(index, column, to_legal_text(text)[:_MAX_CELL_CHARACTERS], style)
    sheet.set_column(2, 2, _WIDEST_COLUMN)
    sheet.freeze_panes(1, 0)
