"""Document -> plain text: blocks in reading order, an empty line between them, a form feed between pages."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipeline.document import Document, Page

PAGE_BREAK = "\f"
# A form feed of the text's own would look like a page break; NUL and other controls trouble editors.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def to_plain_text(document: Document) -> str:
    """The whole text, pages parted by a form feed. A table's cells are parted by tabs, its rows by line breaks."""
    return "".join(_pieces(document))


def to_plain_text_page(page: Page) -> str:
    """The text of one page, without a line break at its end."""
    return _CONTROL.sub("", page.text)


def write(document: Document, target: BinaryIO) -> None:
    """Write UTF-8 text page by page."""
    for piece in _pieces(document):
        target.write(piece.encode("utf-8"))


def _pieces(document: Document) -> Iterator[str]:
    for index, page in enumerate(document.pages):
        if index:
            yield PAGE_BREAK
        text = to_plain_text_page(page)
        if text:
            yield text + "\n"
