import json
from dataclasses import replace
from io import BytesIO

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from errors import InvalidFieldError, SourceNotKeptError, UnknownFormatError
from exports.formats import FORMATS, ExportOptions, get_format, write_export
from pipeline.document import BlockKind, Box, ExtractedValue, Line, PageError, Translation, Word
from tests.documents import make_block, make_document, make_line, make_page, make_table, make_table_block

WITHOUT_SOURCE = [name for name in FORMATS if name != "pdf"]


def source():
    target = BytesIO()
    Image.new("RGB", (800, 600), "white").save(target, "PNG")
    return target.getvalue()


SOURCE = source()


def export(format, document, **options):
    target = BytesIO()
    write_export(format, document, target, source=SOURCE, options=ExportOptions(**options))
    return target.getvalue()


def two_pages():
    return make_document(*(make_page(make_block(make_line(f"page{n} text")), number=n) for n in (1, 2)))


def text_in(format, data):
    """All text of a download, whatever its format."""
    if format == "docx":
        import docx

        return "\n".join(paragraph.text for paragraph in docx.Document(BytesIO(data)).paragraphs)
    if format == "xlsx":
        import openpyxl

        book = openpyxl.load_workbook(BytesIO(data))
        return "\n".join(str(cell.value) for sheet in book for row in sheet for cell in row)
    if format == "pdf":
        import pypdfium2

        return "\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))
    return data.decode("utf-8-sig")


def test_table_of_formats_is_what_the_contract_names():
    assert {"txt", "md", "docx", "pdf", "csv", "json", "xlsx", "hocr", "alto"} == set(FORMATS)
    assert all(entry.suffix.startswith(".") and "/" in entry.media_type for entry in FORMATS.values())
    assert get_format("csv", ExportOptions(tables="zip")).suffix == ".zip"
    with pytest.raises(UnknownFormatError):
        get_format("exe")


@pytest.mark.parametrize("format", WITHOUT_SOURCE)
def test_pages_select_in_every_format(format):
    everything, second = (text_in(format, export(format, two_pages(), pages=pages)) for pages in (None, (2, 9)))
    assert "page1" in everything
    assert "page1" not in second
    assert "page2" in second


def test_pages_that_are_not_there():
    with pytest.raises(InvalidFieldError):
        export("txt", two_pages(), pages=(7,))


@pytest.mark.parametrize("format", WITHOUT_SOURCE)
def test_pages_keep_their_numbers_where_only_some_of_a_file_were_read(format):
    pages = (make_page(make_block(make_line(f"page{n} text")), number=n) for n in (20, 21))
    failed = PageError(22, "page_failed", "It could not be read.")
    document = make_document(*pages, page_count=3, page_errors=(failed,))
    assert "page21" in text_in(format, export(format, document, pages=(21,)))
    assert "page2" not in text_in(format, export(format, document, pages=(22,)))
    with pytest.raises(InvalidFieldError, match="it has pages 20 to 22"):
        export(format, document, pages=(1,))


def test_values_of_other_pages_are_left_out():
    values = tuple(ExtractedValue((f"value{number}",), "text", number, Box(0, 0, 9, 9), 0.9) for number in (1, 2))
    document = replace(two_pages(), fields=(*values, ExtractedValue(("paid",), True)))
    fields = json.loads(export("json", document, pages=(2,)))["fields"]
    assert [field["path"] for field in fields] == [["value2"], ["paid"]]


@pytest.mark.parametrize("format", FORMATS)
def test_translation_in_every_format(format):
    document = two_pages()
    translated = tuple(
        make_page(make_block(make_line(f"seite{page.number} übersetzt")), number=page.number) for page in document.pages
    )
    document = replace(document, translation=Translation("de", translated))
    text = text_in(format, export(format, document, translation=True, pages=(2,)))
    assert "seite2" in text
    assert "übersetzt" in text
    assert "seite1" not in text
    assert "page2" not in text


def test_no_translation_and_no_source_are_named_errors():
    with pytest.raises(InvalidFieldError):
        export("md", two_pages(), translation=True)
    with pytest.raises(SourceNotKeptError):
        write_export("pdf", two_pages(), BytesIO(), source=None, options=ExportOptions())


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_document(format):
    export(format, make_document())
    export(format, make_document(make_page()))


HOSTILE = st.one_of(
    st.text(st.characters(categories=None), max_size=60),
    st.sampled_from(
        [
            "\x00\x01\x1f\x7f",
            "\ud800 lone \udfff",
            "=cmd|' /C calc'!A0",
            "<script>alert(1)</script>&amp;]]>",
            "\ufffe\uffff\u202e\u200f",
            "a\r\nb\tc\x0bd\x0ce",
            "{\\rtf1} \\end{document} $$ | | `` ~~~",
            "'\"; DROP TABLE",
            "\u0301\u0301\u0301" * 10,
            "𝒜😀" * 5,
            "   ",
            "",
        ]
    ),
)


@given(texts=st.lists(HOSTILE, min_size=1, max_size=4), kind=st.sampled_from(BlockKind))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_breaks_a_format(texts, kind):
    box = Box(10, 10, 300, 40)
    words = tuple(Word(text, box, 0.5) for text in texts)
    block = replace(make_block(Line(" ".join(texts), box, 0.5, words)), kind=kind, level=1)
    bare = replace(block, id="p1-b2", lines=())
    page = make_page(block, bare, make_table_block(make_table([texts, texts]), index=3))
    document = make_document(page, source_name=texts[0])
    for format in FORMATS:
        written = export(format, document)
        assert written
        check(format, written)


def check(format, written):
    if format in {"hocr", "alto"}:
        from lxml import etree

        etree.fromstring(written, etree.XMLParser(resolve_entities=False, no_network=True))
    elif format == "json":
        import json

        json.loads(written)
    elif format == "pdf":
        with pikepdf.open(BytesIO(written)) as pdf:
            assert pdf.check_pdf_syntax() == []
    else:
        text_in(format, written)
