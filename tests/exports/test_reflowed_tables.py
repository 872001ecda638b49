"""Tables of a translation that is set anew as a PDF."""

from io import BytesIO

import pypdfium2
import pytest

from exports import reflowed_pdf
from pipeline.document import Box, Table, TableCell
from tests.documents import make_document, make_page, make_table_block

BOX = Box(0, 0, 10, 10)


def write(table):
    target = BytesIO()
    assert reflowed_pdf.write(make_document(make_page(make_table_block(table))), target) == ()
    return pypdfium2.PdfDocument(target.getvalue())


def text_of(pdf):
    return [page.get_textpage().get_text_range() for page in pdf]


def groups_of_three(count):
    cells = []
    for row in range(0, 3 * count, 3):
        cells.append(TableCell(row, 0, 3, 1, f"group{row}", BOX))
        cells += [TableCell(row + line, 1, 1, 1, f"item{row + line}", BOX) for line in range(3)]
        cells.append(TableCell(row + 2, 2, 1, 1, f"price{row}", BOX))
    return Table(3 * count, 3, tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))))


def test_cells_merged_over_rows_stay_merged_and_together():
    pages = text_of(write(groups_of_three(40)))
    assert len(pages) == 3
    assert "|" not in "".join(pages)
    for row in range(0, 120, 3):
        (page,) = [page for page in pages if f"group{row}\r\n" in page or page.endswith(f"group{row}")]
        assert all(f"item{row + line}" in page for line in range(3))


@pytest.mark.parametrize(
    "cells",
    [
        (TableCell(0, 0, 2, 2, "wide", BOX), TableCell(0, 1, 2, 1, "over it", BOX)),
        (TableCell(0, 0, 9, 1, "too high", BOX), TableCell(0, 1, 1, 1, "fine", BOX)),
        (TableCell(0, 0, 1, 9, "too wide", BOX), TableCell(1, 1, 1, 1, "fine", BOX)),
    ],
)
def test_a_table_that_makes_no_sense_keeps_its_text(cells):
    (page,) = text_of(write(Table(2, 2, cells)))
    assert all(word in page for cell in cells for word in cell.text.split())


def test_a_merged_cell_higher_than_a_page_becomes_lines():
    cells = (TableCell(0, 0, 80, 1, "all", BOX), *(TableCell(row, 1, 1, 1, f"row{row}", BOX) for row in range(80)))
    text = "".join(text_of(write(Table(80, 2, cells))))
    assert all(f"row{row}" in text for row in range(80))
