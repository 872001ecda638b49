"""A PDF's outline from the titles of the document."""

import pikepdf
from pikepdf import OutlineItem

from exports.legal_text import to_legal_text
from exports.page_space import pixels_to_user_space
from pipeline.document import BlockKind, Document

_MAX_ENTRIES = 2000
_MAX_TITLE_CHARACTERS = 120


def add_bookmarks(pdf: pikepdf.Pdf, document: Document) -> None:
    """An entry for each title block, nested by level, that leads to the title's place on its page."""
    titles = [(page, block) for page in document.pages for block in page.blocks if block.kind is BlockKind.TITLE]
    if not titles:
        return
    with pdf.open_outline() as outline:
        open_items: list[tuple[int, OutlineItem]] = []
        for page, block in titles[:_MAX_ENTRIES]:
            text = to_legal_text(" ".join(block.text.split()))[:_MAX_TITLE_CHARACTERS]
            if not text or page.number > len(pdf.pages):
                continue
            _, b, _, d, _, f = pixels_to_user_space(pdf.pages[page.number - 1], page.width_px, page.height_px)
            top = b * block.box.left + d * block.box.top + f
            item = OutlineItem(text, page.number - 1, "FitH", top=top)
            level = max(block.level, 1)
            while open_items and open_items[-1][0] >= level:
                open_items.pop()
            siblings = open_items[-1][1].children if open_items else outline.root
            siblings.append(item)
            open_items.append((level, item))
