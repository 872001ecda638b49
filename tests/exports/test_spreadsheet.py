from io import BytesIO

import openpyxl
import pandas

from exports import spreadsheet
from pipeline.document import Box, Table, TableCell
from tests.documents import make_block, make_document, make_line, make_page, make_table, make_table_block


def opened(*blocks, pages=None):
    target = BytesIO()
    spreadsheet.write(make_document(*(pages or [make_page(*blocks)])), target)
    target.seek(0)
    return target


def test_a_sheet_for_each_table_in_pandas():
    pages = [make_page(make_table_block(make_table([["Item", "n"], [f"x{n}", "7"]])), number=n) for n in (1, 4)]
    sheets = pandas.read_excel(opened(pages=pages), sheet_name=None)
    assert list(sheets) == ["Page 1 table 1", "Page 4 table 1"]
    assert sheets["Page 4 table 1"].to_dict("records") == [{"Item": "x4", "n": 7}]


def test_strings_stay_strings_and_plain_numbers_are_numbers():
    texts = ["=1+1", "007", "1e5", "http://example.org", "215.00", "-3", "1,234", "12345678901234567890", "2026-01-02"]
    sheet = openpyxl.load_workbook(opened(make_table_block(make_table([texts])))).active
    cells = list(sheet[1])
    values = [cell.value for cell in cells]
    assert values == [
        "=1+1",
        "007",
        "1e5",
        "http://example.org",
        215,
        -3,
        "1,234",
        "12345678901234567890",
        "2026-01-02",
    ]
    assert cells[0].data_type == "s"
    assert cells[3].hyperlink is None
    assert cells[4].number_format == "0.00"


def test_merged_cells_and_header():
    box = Box(0, 0, 9, 9)
    cells = (TableCell(0, 0, 1, 2, "wide", box), TableCell(1, 0, 1, 1, "a", box), TableCell(1, 1, 1, 1, "b", box))
    sheet = openpyxl.load_workbook(opened(make_table_block(Table(2, 2, cells, 1)))).active
    assert [str(merged) for merged in sheet.merged_cells.ranges] == ["A1:B1"]
    assert sheet["A1"].font.bold
    assert sheet.freeze_panes == "A2"


def test_right_to_left_sheet():
    sheet = openpyxl.load_workbook(opened(make_table_block(make_table([["السعر", "شاي"]])))).active
    assert sheet.sheet_view.rightToLeft


def test_overlapping_spans_leave_a_file_that_opens():
    box = Box(0, 0, 9, 9)
    cells = (TableCell(0, 0, 2, 2, "a", box), TableCell(1, 1, 2, 2, "b", box), TableCell(0, 1, 1, 1, "c", box))
    assert openpyxl.load_workbook(opened(make_table_block(Table(3, 3, cells)))).active["A1"].value == "a"


def test_without_tables_one_sheet_of_blocks():
    sheet = openpyxl.load_workbook(opened(make_block(make_line("hello world")))).active
    assert sheet.title == "Text"
    assert [cell.value for cell in sheet[2]] == [1, "text", "hello world", 0.9]


def test_grouped_numbers_with_a_point_are_numbers_others_stay_as_they_are_written():
    texts = ["2,668.00", "-1,234,567.5", "2,668", "2.668,00", "12,34.00"]
    cells = list(openpyxl.load_workbook(opened(make_table_block(make_table([texts])))).active[1])
    assert [cell.value for cell in cells] == [2668, -1234567.5, "2,668", "2.668,00", "12,34.00"]
    assert cells[0].number_format == "#,##0.00"


def test_rows_are_high_enough_for_their_lines():
    block = make_block(*(make_line(f"line {n}", top=30 * n) for n in range(1, 6)))
    sheet = openpyxl.load_workbook(opened(block)).active
    assert sheet.row_dimensions[2].height >= 5 * 15
