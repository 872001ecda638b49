"""Places in a document: from offsets to a citation with boxes, and from somebody's quote to the place it comes from."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from rapidfuzz import fuzz

from pipeline.document import Block, Box, Line, Page
from retrieval.answer import Citation, unwrap
from retrieval.tables import place_cells
from retrieval.terms import is_spaceless

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff9-\ufffc\U000e0000-\U000e0fff]"
)
_ALIKE = {"’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "‑": "-", "−": "-", "…": "..."}

_MIN_RATIO = 85.0
_MIN_QUOTE_CHARS = 2
_EXACT_CHARS = 12
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
    visible = unwrap(visible)
    return " ".join(visible.split())


def _place_blocks(page: Page) -> Iterator[tuple[Block, int]]:
    position = 0
    for block in page.blocks:
        if block.text:
            yield block, position
            position += len(block.text) + 2


def _boxes_of(block: Block, start: int, end: int) -> Iterator[Box]:
    """Boxes of the characters ``start`` to ``end`` of the block's text, one a line or a table's row.

    The whole block where neither lines nor cells add up.
    """
    cells = [one.cell for one in place_cells(block) if one.start < end and one.end > start]
    if cells:
        for _, row in groupby(cells, key=lambda cell: cell.row):
            yield Box.around(cell.box for cell in row)
        return
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


def locate(quote: str, text: str) -> tuple[int, int] | None:
    """Where ``text`` says ``quote``: offsets widened to whole words, or None.

    Case, spacing and hidden characters don't matter, and a few wrong letters don't; numbers do: every digit of the
    quote must stand in the place found. A quote of less than :data:`_EXACT_CHARS` must be there letter by letter.
    """
    wanted, _ = _comparable(quote)
    said, offsets = _comparable(text)
    if len(wanted) < _MIN_QUOTE_CHARS or not said:
        return None
    at = said.find(wanted)
    if at >= 0:
        first, last = at, at + len(wanted) - 1
    else:
        found = (
            None if len(wanted) < _EXACT_CHARS else fuzz.partial_ratio_alignment(wanted, said, score_cutoff=_MIN_RATIO)
        )
        if found is None or found.dest_end <= found.dest_start or len(wanted) > len(said):
            return None
        first, last = found.dest_start, found.dest_end - 1
    start, end = _whole_words(text, offsets[first], offsets[last] + 1)
    return (start, end) if numbers_in(quote) <= numbers_in(text[start:end]) else None


def numbers_in(text: str) -> frozenset[str]:
    """The numbers of a text as plain digits: ``1,234.50`` and ``1234.5`` are the same, ``٣`` is 3."""
    plain = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
    return frozenset(_to_digits(number) for number in re.findall(r"\d+(?:[.,'’\u00a0 ]\d{3})*(?:[.,]\d+)?", plain))


def _to_digits(number: str) -> str:
    """Thousands separators gone, decimals without trailing zeros; two digits behind a mark are decimals."""
    groups = re.split(r"[.,'’\u00a0 ]", number)
    if len(groups) == 1:
        return groups[0].lstrip("0") or "0"
    decimals = groups.pop() if len(groups[-1]) != 3 else ""
    whole = "".join(groups).lstrip("0") or "0"
    decimals = decimals.rstrip("0")
    return f"{whole}.{decimals}" if decimals else whole


def _comparable(text: str) -> tuple[str, list[int]]:
    """The text case-folded with single spaces and nothing hidden, and each character's offset in the original."""
    characters: list[str] = []
    offsets: list[int] = []
    for offset, char in enumerate(text):
        if char.isspace():
            if characters and characters[-1] != " ":
                characters.append(" ")
                offsets.append(offset)
            continue
        if _HIDDEN.match(char):
            continue
        for folded in _ALIKE.get(char, char).casefold():
            characters.append(folded)
            offsets.append(offset)
    while characters and characters[-1] == " ":
        characters.pop()
        offsets.pop()
    return "".join(characters), offsets


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and _is_word_inside(text, start):
        start -= 1
    while end < len(text) and _is_word_inside(text, end):
        end += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _is_word_inside(text: str, border: int) -> bool:
    """Whether a border cuts a word or number (``1,2|34``); scripts without spaces have no such borders."""
    before, after = text[border - 1], text[border]
    if before in ".," and border >= 2:
        return text[border - 2].isdecimal() and after.isdecimal()
    if after in ".,":
        return before.isdecimal() and border + 1 < len(text) and text[border + 1].isdecimal()
    return before.isalnum() and after.isalnum() and not is_spaceless(before)
