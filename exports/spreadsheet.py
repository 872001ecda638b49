"""Document -> XLSX: a sheet for each table, or one sheet of blocks when there is none.

Text stays text: no string is turned into a formula, a link or a date. Only plain numbers whose written form a number
format can keep ("215.00", not "007") become numbers, so that a column can be added up.
"""

import math
import re
import unicodedata
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
# Commas between thousands are certain only where a decimal point follows: "2,668" is two and a half to many.
_GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3}){1,3}\.(\d{1,6})")
_ROW_POINTS = 15
_MOST_LINES_SHOWN = 25  # Excel's highest row has 409 points
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write(document: Document, target: BinaryIO) -> None:
    from xlsxwriter import Workbook

    workbook = Workbook(target, {**_OPTIONS, "in_memory": False})
    formats = {
        "head": workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        "left": workbook.add_format({"align": "left", "valign": "top"}),
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
    widths = _column_widths(table)
    for column, width in widths.items():
        sheet.set_column(column, column, width)
    for row, lines in _line_counts(table, widths).items():
        sheet.set_row(row, _ROW_POINTS * lines)
    if table.header_row_count:
        sheet.freeze_panes(table.header_row_count, 0)
    if sum(1 if is_right_to_left(cell.text) else -1 for cell in table.cells if cell.text) > 0:
        sheet.right_to_left()


def _write_cell(
    workbook: "Workbook", sheet: "Worksheet", row: int, column: int, text: str, style: Any, formats: "dict[str, Format]"
) -> None:
    grouped = _GROUPED.fullmatch(text)
    number = grouped or _NUMBER.fullmatch(text)
    if number is None:
        sheet.write_string(row, column, to_legal_text(text)[:_MAX_CELL_CHARACTERS], style)
        return
    decimals = len(number[1] or "")
    shown = ("#,##0" if grouped else "0") + ("." + "0" * decimals if decimals else "")
    if shown not in formats:
        formats[shown] = workbook.add_format({"num_format": shown, "valign": "top"})
    sheet.write_number(row, column, float(text.replace(",", "")), formats[shown])


def _column_widths(table: Table) -> Mapping[int, float]:
    """In characters: the longest line of a column's unmerged cells, within limits."""
    widths: dict[int, float] = {}
    for cell in table.cells:
        if cell.column_span == 1:
            longest = max((_width(line) for line in cell.text.split("\n")), default=0)
            widths[cell.column] = min(max(widths.get(cell.column, 8), longest + 2), _WIDEST_COLUMN)
    return widths


def _line_counts(table: Table, widths: Mapping[int, float]) -> Mapping[int, int]:
    """For rows that need more than one line, how many: not every program finds out by itself."""
    counts: dict[int, int] = {}
    for cell in table.cells:
        if cell.row_span == 1 and cell.column_span == 1 and cell.row < _MAX_ROWS:
            lines = _lines_shown(cell.text, widths.get(cell.column, _WIDEST_COLUMN))
            counts[cell.row] = max(counts.get(cell.row, 1), lines)
    return {row: lines for row, lines in counts.items() if lines > 1}


def _lines_shown(text: str, width: float) -> int:
    """How many lines ``text`` takes in a column of ``width`` characters."""
    return min(_MOST_LINES_SHOWN, sum(max(1, math.ceil(_width(line) / width)) for line in text.split("\n")))


def _width(line: str) -> int:
    """In columns of a spreadsheet's letters: an ideograph takes two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def _write_blocks(sheet: "Worksheet", document: Document, formats: "Mapping[str, Format]") -> None:
    for index, row in enumerate(block_rows(document)):
        if index >= _MAX_ROWS:
            break
        if index:
            sheet.set_row(index, _ROW_POINTS * max(1, *(_lines_shown(text, _WIDEST_COLUMN) for text in row)))
        for column, text in enumerate(row):
            style = formats["head" if index == 0 else "left" if column == 0 else "text"]
            if index and column in {0, 3} and text:
                sheet.write_number(index, column, float(text), style)
            else:
                sheet.write_string(index, column, to_legal_text(text)[:_MAX_CELL_CHARACTERS], style)
    sheet.set_column(2, 2, _WIDEST_COLUMN)
    sheet.freeze_panes(1, 0)
