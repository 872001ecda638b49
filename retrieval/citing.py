"""Places in a document: from offsets to a citation with boxes, and from somebody's quote to the place it comes from."""

import re
import unicodedata
from collections.abc import Iterator

from pipeline.document import Block, Box, Line, Page
from retrieval.answer import Citation

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
_MARKER = re.compile(r"[(\[（［]\s*(?:p|pp|pg|page|pages|s|seite)\s*\.?\s*(\d[\d\s,–-]*)[)\]）］]", re.IGNORECASE)


def cite(document_id: str, page: Page, start: int, end: int) -> Citation:
    """The place ``start`` to ``end`` of ``page.text``, with the blocks it touches and boxes line by line."""
    touched = [
        (block, position)
        for block, position in _place_blocks(page)
        if position < end and position + len(block.text) > start
    ]
    boxes = tuple(
        box for block, position in touched for box in _boxes_of(block, max(0, start - position), end - position)
    )
    return Citation(
        document_id, page.number, tuple(block.id for block, _ in touched), page.text[start:end], start, end, boxes
    )


def mark_page(text: str, page_number: int, *, document_name: str = "") -> str:
    """``text`` with "(p. N)" behind it; several documents are told apart by name."""
    name = f"{document_name}, " if document_name else ""
    return f"{text} ({name}p. {page_number})"


def neutralise(text: str) -> str:
    """A document's or a model's text made harmless for display: one line, nothing hidden, no markup that acts.

    Zero-width, direction-override and tag characters go; Markdown links and images and HTML tags lose the two
    characters that make them work; anything that looks like our page mark loses its brackets.
    """
    visible = _HIDDEN.sub("", text)
    visible = "".join(
        char
        for char in visible
        if char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"} or char in "\u200c\u200d"
    )
    visible = _MARKER.sub(lambda match: f"p. {match[1].strip()}", visible)
    visible = re.sub(r"\]\s*(?=[(\[:])", "] ", visible).replace("![", "! [")
    visible = re.sub(r"<(?=[A-Za-z/!?])", "< ", visible).replace("`", "'")
    return " ".join(visible.split())


def _place_blocks(page: Page) -> Iterator[tuple[Block, int]]:
    position = 0
    for block in page.blocks:
        if block.text:
            yield block, position
            position += len(block.text) + 2


def _boxes_of(block: Block, start: int, end: int) -> Iterator[Box]:
    """Boxes of the characters ``start`` to ``end`` of the block's text; the whole block where lines don't add up."""
    if not block.lines or "\n".join(line.text for line in block.lines) != block.text:
        yield block.box
        return
    position = 0
    for line in block.lines:
        if position < end and position + len(line.text) > start:
            yield _box_in_line(line, max(0, start - position), end - position)
        position += len(line.text) + 1


def _box_in_line(line: Line, start: int, end: int) -> Box:
    """The words from ``start`` to ``end``; the whole line where its words don't add up."""
    boxes: list[Box] = []
    position = 0
    for word in line.words:
        found = line.text.find(word.text, position)
        if found < 0:
            return line.box
        if found < end and found + len(word.text) > start:
            boxes.append(word.box)
        position = found + len(word.text)
    return Box.around(boxes) if boxes else line.box
