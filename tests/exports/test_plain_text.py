from datetime import UTC, datetime
from io import BytesIO

from exports.plain_text import to_plain_text, to_plain_text_page, write
from pipeline.document import Block, BlockKind, Box, Document, Page


def page(number, *texts):
    blocks = tuple(
        Block(f"p{number}-b{i}", BlockKind.TEXT, text, Box(0, 0, 9, 9), None) for i, text in enumerate(texts, 1)
    )
    return Page(number, 600, 800, 72, blocks, "tesseract")


def document(*pages):
    return Document("0" * 32, "scan.pdf", pages, len(pages), datetime(2026, 1, 1, tzinfo=UTC))


def test_blocks_in_order_with_an_empty_line_between():
    assert to_plain_text(document(page(1, "INVOICE", "Acme Corp\nTotal"))) == "INVOICE\n\nAcme Corp\nTotal\n"


def test_pages_are_parted_by_a_form_feed():
    assert to_plain_text(document(page(1, "one"), page(2), page(3, "three"))) == "one\n\f\fthree\n"


def test_the_texts_own_controls_cannot_fake_a_page():
    assert to_plain_text_page(page(1, "a\fb\x00c\td")) == "abc\td"


def test_streamed_file_is_the_same_text():
    whole = document(page(1, "één"), page(2, "中文\ud800"))
    target = BytesIO()
    write(whole, target)
    assert target.getvalue().decode() == to_plain_text(whole)
