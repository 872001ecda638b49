"""Text that breaks files: every format, of the document and of its translation, is read back by another program."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import docx
import openpyxl
import pikepdf
import pypdfium2
import pytest
from lxml import etree
from markdown_it import MarkdownIt
from PIL import Image

from exports.formats import FORMATS, ExportOptions, write_export
from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Translation, Word
from tests.documents import make_document, make_table, make_table_block

HOSTILE = {
    "controls": "\x00\x01\x07\x08\x0b\x0c\x1b\x1f\x7f\x80\x9f",
    "lone surrogates": "\ud800 lone \udfff",
    "not characters": "\ufffe\uffff\U0001fffe",
    "formula": "=cmd|' /C calc'!A0",
    "formula behind a tab": "\t@SUM(1+1)*cmd|' /C calc'!A0",
    "full-width formula": "\uff1dHYPERLINK(1)",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "xml": "]]><!-- --> <?php ?> <!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "markdown": "# > - 1. ``` ~~~ | [x](javascript:alert(1)) ![y](z) $$ \\ *a* _b_",
    "pdf": ") Tj ET Q endstream endobj trailer << /Root 1 0 R >> (",
    "quotes": '"\'"; DROP TABLE jobs; --\r\n"',
    "bidi controls": "\u202eabc\u202c \u2066def\u2069 \u200f\u200e\u061c",
    "marks": "e" + "\u0301\u0323" * 200,
    "outside the plane": "\U0001d49c\U0001f600\U00020000" * 5,
    "line breaks": "a\r\nb\rc\u2028d\u2029e\x85f",
    "nothing": "",
    "blanks": " \u00a0\u3000\t ",
    "megabyte": "x" * 1_000_000,
}
SIGN = "harmless"
BOX = Box(10, 10, 300, 40)
VARIANTS: Mapping[str, tuple[str, ExportOptions]] = {
    **{name: (name, ExportOptions()) for name in FORMATS},
    **{f"{name} translated": (name, ExportOptions(translation=True)) for name in FORMATS},
    "csv zip": ("csv", ExportOptions(tables="zip")),
    "pdfa": ("pdf", ExportOptions(pdfa=True)),
}


def hostile_pages(text: str) -> tuple[Page, ...]:
    """The text as every kind of block, with words and without, as a cell of a table, and as a name."""
    words = (Word(text, BOX, 0.5),)
    blocks = [
        Block(f"p1-b{n}", kind, text, BOX, 0.5, (Line(text, BOX, 0.5, words),) if n % 2 else (), None, 1)
        for n, kind in enumerate(BlockKind, 1)
        if kind is not BlockKind.TABLE
    ]
    if len(text) > 1000:
        blocks = blocks[:1]
    sign = Block("p1-b90", BlockKind.TEXT, SIGN, BOX, 0.5, (Line(SIGN, BOX, 0.5, (Word(SIGN, BOX, 0.5),)),))
    table = make_table_block(make_table([["head", SIGN], [text[:3000], SIGN]]), index=91)
    return (Page(1, 400, 300, 100.0, (*blocks, sign, table), "tesseract", language="en"),)


def document_of(text: str) -> Document:
    document = make_document(source_name=text[:300], page_count=1)
    pages = hostile_pages(text)
    return replace(document, pages=pages, translation=Translation("de", pages), notices=(text[:300],))


def source() -> bytes:
    target = BytesIO()
    Image.new("L", (400, 300), 255).save(target, "PNG")
    return target.getvalue()


SOURCE = source()


def read_text(data: bytes) -> str:
    return data.decode("utf-8")


def read_markdown(data: bytes) -> str:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(read_text(data))
    for tag in ("<script", "<img", "<a ", "<?php", "<h2"):
        assert tag not in html
    return html


def read_docx(data: bytes) -> str:
    opened = docx.Document(BytesIO(data))
    for part in zipfile.ZipFile(BytesIO(data)).namelist():
        if part.endswith((".xml", ".rels")):
            etree.fromstring(zipfile.ZipFile(BytesIO(data)).read(part), etree.XMLParser(huge_tree=True))
    return "\n".join(
        [p.text for p in opened.paragraphs] + [c.text for t in opened.tables for r in t.rows for c in r.cells]
    )


def read_pdf(data: bytes) -> str:
    with pikepdf.open(BytesIO(data)) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert not {"/JavaScript", "/JS", "/Launch"} & {str(name) for name in pdf.Root.get("/Names", {})}
        # fpdf2 says so which part of the first page is shown; a script would be a dictionary.
        assert isinstance(pdf.Root.get("/OpenAction", pikepdf.Array()), pikepdf.Array)
    opened = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in opened)
    finally:
        opened.close()


def read_csv(data: bytes) -> str:
    csv.field_size_limit(10_000_000)
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]
    for cell in cells:
        assert not cell.lstrip(" \u00a0\u3000\t\r\n").startswith(("=", "+", "@", "\uff1d", "\uff20")), cell
        assert "\x00" not in cell
    return "\n".join(cells)


def read_zip(data: bytes) -> str:
    opened = zipfile.ZipFile(BytesIO(data))
    assert all("/" not in name and "\\" not in name for name in opened.namelist())
    return "\n".join(read_csv(opened.read(name)) for name in opened.namelist())


def read_xlsx(data: bytes) -> str:
    cells = [cell for sheet in openpyxl.load_workbook(BytesIO(data)) for row in sheet for cell in row]
    assert all(cell.data_type in "sn" and cell.hyperlink is None for cell in cells)
    return "\n".join(str(cell.value) for cell in cells)


def read_json(data: bytes) -> str:
    shown = json.loads(data)
    assert shown["pages"][0]["blocks"]
    return read_text(data)


def read_xml(data: bytes) -> str:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(data, parser)
    assert not root.xpath("//*[local-name()='script' or local-name()='img']")
    return etree.tostring(root, encoding="unicode")


OPEN: Mapping[str, Callable[[bytes], Any]] = {
    "txt": read_text,
    "md": read_markdown,
    "docx": read_docx,
    "pdf": read_pdf,
    "csv": read_csv,
    "json": read_json,
    "xlsx": read_xlsx,
    "hocr": read_xml,
    "alto": read_xml,
}


def test_every_format_is_tested() -> None:
    assert OPEN.keys() == FORMATS.keys()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("variant", VARIANTS)
def test_hostile_text_breaks_no_format(variant: str, text: str) -> None:
    format, options = VARIANTS[variant]
    target = BytesIO()
    write_export(format, document_of(text), target, source=SOURCE, options=options)
    read = read_zip if options.tables == "zip" else OPEN[format]
    assert SIGN in read(target.getvalue())
