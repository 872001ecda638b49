"""Running headers, footers and page numbers: by their place on one page, by repetition in a document."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from pipeline.document import Block, BlockKind, Box, Line, Page

_EDGE_BAND = 0.12  # of the page's height
_NUMBER_BAND = 0.16  # a page number in a row of its own may stand further in
_PAGE_NUMBER = re.compile(
    r"""[\s\-–—|·.\[\](]*
    (?:(?:p|pp|pg|page|seite|pagina|página|pág|str|стр|страница|sayfa|sida|side|strona|oldal|صفحة|עמוד|第)\.?\s*)?
    (?:\d{1,4}|[ivxlc]{1,6})
    (?:\s*(?:/|of|von|de|di|sur|iz|из|z|av|van|out\ of|من|מתוך)\s*\d{1,4})?
    \s*[页頁ページ]*
    [\s\-–—|·.\])]*""",
    re.VERBOSE | re.IGNORECASE,
)
_PAGE_OF = re.compile(r"\b(?:page|seite|pagina|página|стр\.?|sayfa|strona)\s*\d{1,4}\b", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_SPACES = re.compile(r"\s+")


def is_page_number(text: str) -> bool:
    """Whether the text is nothing but a page number: ``12``, ``- 12 -``, ``Page 3 of 10``, ``iv``, ``第 3 页``."""
    return len(text) <= 24 and _PAGE_NUMBER.fullmatch(text.strip()) is not None


def find_edge_rows(lines: Sequence[Line], height_px: int) -> tuple[frozenset[int], frozenset[int]]:
    """Indexes of the lines of a header row and of a footer row that carry a page number.

    Only the outermost row at each end is looked at; it must stand in the edge band, apart from the rest by more than a
    line, and hold a page number. Without a number a single page can't tell a header from a heading.
    """
    if len(lines) < 4:
        return frozenset(), frozenset()
    return _edge_row(lines, height_px, at_top=True), _edge_row(lines, height_px, at_top=False)


def _edge_row(lines: Sequence[Line], height_px: int, *, at_top: bool) -> frozenset[int]:
    outer = min(line.box.top for line in lines) if at_top else max(line.box.bottom for line in lines)
    anchor = next(line.box for line in lines if outer in (line.box.top, line.box.bottom))
    row = {i for i, line in enumerate(lines) if _shares_row(line.box, anchor)}
    rest = [line.box for i, line in enumerate(lines) if i not in row]
    band = Box.around(lines[i].box for i in row)
    is_outside = band.bottom < _NUMBER_BAND * height_px if at_top else band.top > (1 - _NUMBER_BAND) * height_px
    if not is_outside or not rest:
        return frozenset()
    gap = min(box.top for box in rest) - band.bottom if at_top else band.top - max(box.bottom for box in rest)
    has_number = any(is_page_number(lines[i].text) or _PAGE_OF.search(lines[i].text) for i in row)
    return frozenset(row) if has_number and gap > 0.9 * anchor.height else frozenset()


def _shares_row(box: Box, anchor: Box) -> bool:
    shared = min(box.bottom, anchor.bottom) - max(box.top, anchor.top)
    return shared >= 0.5 * min(box.height, anchor.height)


def mark_repeated(pages: Sequence[Page]) -> tuple[Page, ...]:
    """The pages with running headers and footers marked as such.

    A block of at most two lines in the edge band is one when the same text (numbers aside) stands there on at least
    three pages, or on both pages of two. Odd and even pages may differ. Titles of the first page stay titles: the
    first page itself needs the same text on two later pages. A page number alone counts by its place.
    """
    counts: Counter[tuple[bool, str]] = Counter()
    for page in pages:
        counts.update({key for block in page.blocks if (key := _edge_key(page, block))})
    needed = 2 if len(pages) == 2 else 3
    repeated = {key for key, count in counts.items() if count >= needed}
    return tuple(_mark(page, repeated) for page in pages) if repeated else tuple(pages)


def _edge_key(page: Page, block: Block) -> tuple[bool, str] | None:
    """(at the top?, text without numbers) for a block that may be a running header or footer."""
    if block.kind in (BlockKind.TABLE, BlockKind.FIGURE, BlockKind.FORMULA) or block.text.count("\n") > 1:
        return None
    text = _SPACES.sub(" ", _DIGITS.sub("#", block.text)).strip().casefold()
    middle = (block.box.top + block.box.bottom) / 2
    if middle < _EDGE_BAND * page.height_px:
        return True, text
    if middle > (1 - _EDGE_BAND) * page.height_px:
        return False, text
    return None


def _mark(page: Page, repeated: set[tuple[bool, str]]) -> Page:
    sorted_blocks: dict[BlockKind | None, list[Block]] = defaultdict(list)
    for block in page.blocks:
        key = _edge_key(page, block)
        if key in repeated and key is not None:
            kind = BlockKind.HEADER if key[0] else BlockKind.FOOTER
            sorted_blocks[kind].append(replace(block, kind=kind, level=0))
        else:
            sorted_blocks[block.kind if block.kind in (BlockKind.HEADER, BlockKind.FOOTER) else None].append(block)
    blocks = (*sorted_blocks[BlockKind.HEADER], *sorted_blocks[None], *sorted_blocks[BlockKind.FOOTER])
    return replace(page, blocks=blocks)
