"""Words corrected by hand, longer or shorter than what was read, in every format; the document read stays."""

from io import BytesIO

import pytest
from lxml import etree

from bench.pdf_readers import READERS
from exports.formats import write_export
from pipeline.corrections import Correction, correct
from pipeline.document import Document
from tests.documents import make_block, make_document, make_line, make_page, make_table, make_table_block
from tests.exports.test_formats import FORMATS, SOURCE, export, text_in

LINE = "Invoce nmbr 4711 due today or tomorrow if ever ~"


def corrected() -> Document:
    block = make_block(make_line(LINE, top=300), make_line("second line stays", top=340))
    leftwards = make_block(make_line("كل إنسان حق", left=700, top=400, leftwards=True), index=2)
    table = make_table_block(make_table([["Item", "Prize"], ["Tiles", "1.8O"]]), index=3)
    corrections = [
        Correction("p1-b1", 0, "Invoice-with-a-much-longer-name"),
        Correction("p1-b1", 1, "number is"),
        Correction("p1-b1", 4, "to"),
        Correction("p1-b1", 9, ""),
        Correction("p1-b2", 1, "إنسان على الأرض"),
        Correction("p1-b3", 3, "1.80"),
    ]
    return correct(make_document(make_page(block, leftwards, table)), corrections)


TEXT = "Invoice-with-a-much-longer-name number is 4711 due to or tomorrow if ever"


@pytest.mark.parametrize("format", [name for name in FORMATS if name not in ("csv", "xlsx")])
def test_the_corrected_text_is_in_every_format(format: str) -> None:
    text = text_in(format, export(format, corrected()))
    if format in ("hocr", "alto"):
        root = etree.fromstring(text.encode())
        words = root.xpath("//*[@class='ocrx_word']/text() | //@CONTENT")
        text = " ".join(words)
    assert TEXT in text.replace("\\-", "-")
    assert "nmbr" not in text
    assert "1.80" in text or format == "docx"  # whose tables `text_in` does not read
    assert "1.8O" not in text


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_gives_back_corrected_lines(reader: str, tmp_path) -> None:
    path = tmp_path / "corrected.pdf"
    path.write_bytes(export("pdf", corrected()))
    lines = READERS[reader](path)[0]
    assert TEXT in lines
    assert "second line stays" in lines
    assert "كل إنسان على الأرض حق" in lines


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_the_corrected_cell_is_in_tables(format: str) -> None:
    target = BytesIO()
    write_export(format, corrected(), target, source=SOURCE)
    assert "1.8" in text_in(format, target.getvalue())
    assert "1.8O" not in text_in(format, target.getvalue())
