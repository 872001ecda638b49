"""A document cut into overlapping pieces that search can rank and answers can quote.

A chunk never crosses a page. All offsets count characters of :attr:`pipeline.document.Page.text`, so that whatever is
quoted is the page's own text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.document import Block, BlockKind, Document, Page
from retrieval.sentences import (
    Span,
    ends_in_amounts,
    has_long_lines,
    looks_like_lines,
    reads_on,
    split_items,
    split_units,
)
from retrieval.tables import find_headings
from retrieval.terms import join_spaceless

CHUNK_CHARS = 800
OVERLAP_CHARS = 150
_HEADING_CHARS = 60
_NOT_IN_HEADINGS = re.compile(r"[\d:：,;]|[.!?。！？।؟]$")
_LINE_KINDS = frozenset({BlockKind.TABLE, BlockKind.FORMULA})


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or line that may be quoted: offsets in the page's text, and the block it stands in.

    ``headings`` are what the columns of a table's row are called; ``is_heading`` marks the row that names them,
    ``is_title`` the line of a title block.
    """

    start: int
    end: int
    text: str
    block_id: str
    headings: str = ""
    is_heading: bool = False
    is_title: bool = False

    @property
    def meaning(self) -> str:
        """What to compare with a question."""
        text = join_spaceless(self.text)
        return f"{self.headings}\n{text}" if self.headings else text


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring units of one page. ``number`` counts from 0 through the document, ``page_number`` from 1."""

    document_id: str
    number: int
    page_number: int
    units: tuple[Unit, ...]
    text: str

    @property
    def key(self) -> str:
        """Unique over all documents."""
        return f"{self.document_id}:{self.number}"

    @property
    def block_ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(unit.block_id for unit in self.units))


def split_document(document: Document, *, chunk_chars: int = CHUNK_CHARS) -> tuple[Chunk, ...]:
    """All chunks of a document in reading order."""
    return tuple(iterate_chunks(document.id, document.pages, chunk_chars=chunk_chars))


def iterate_chunks(document_id: str, pages: Iterable[Page], *, chunk_chars: int = CHUNK_CHARS) -> Iterator[Chunk]:
    """The chunks page by page, so that a long document need not be held twice."""
    number = 0
    for page in pages:
        text = page.text
        for units in _pack(split_page(page), chunk_chars):
            yield Chunk(document_id, number, page.number, units, text[units[0].start : units[-1].end])
            number += 1


def split_page(page: Page) -> tuple[Unit, ...]:
    """The quotable units of a page, in reading order."""
    text = page.text
    units: list[Unit] = []
    # A receipt's block of two or three lines can't be told from prose by itself; its page can.
    is_form = looks_like_lines(text)
    for block, place in _place_blocks(page):
        part = text[place.start : place.end]
        spans = _split_block(block.kind, part, is_form=is_form)
        names = tuple(find_headings(block).values()) if block.table else ()
        headings = " ".join(one.cell.text for one in names)
        for span in spans:
            start, end = place.start + span.start, place.start + span.end
            is_heading = bool(names) and span.start <= names[-1].start
            is_title = block.kind is BlockKind.TITLE or _is_heading_line(text, start, end)
            units.append(
                Unit(start, end, text[start:end], block.id, "" if is_heading else headings, is_heading, is_title)
            )
    return tuple(units)


def _is_heading_line(text: str, start: int, end: int) -> bool:
    """Whether it looks like a heading: a short line without figures or a full stop, by itself above other text."""
    line = text[start:end]
    if len(line) > _HEADING_CHARS or "\n" in line or _NOT_IN_HEADINGS.search(line):
        return False
    return text[:start].rstrip(" ")[-2:] in ("", "\n\n") and text[end:].lstrip(" ")[:2] == "\n\n"


def _split_block(kind: BlockKind, text: str, *, is_form: bool) -> tuple[Span, ...]:
    if kind is BlockKind.LIST:
        return split_items(text)
    wraps = not ends_in_amounts(text) and (reads_on(text) or has_long_lines(text))
    keep_lines = kind in _LINE_KINDS or (is_form and not wraps)
    return split_units(text, keep_lines=keep_lines or None)


def _place_blocks(page: Page) -> Iterator[tuple[Block, Span]]:
    """Where each block stands in ``page.text``, which joins the blocks that have text with an empty line."""
    position = 0
    for block in page.blocks:
        if not block.text:
            continue
        yield block, Span(position, position + len(block.text))
        position += len(block.text) + 2


def _pack(units: tuple[Unit, ...], chunk_chars: int) -> Iterator[tuple[Unit, ...]]:
    first = 0
    while first < len(units):
        last = first
        while last + 1 < len(units) and units[last + 1].end - units[first].start <= chunk_chars:
            last += 1
        yield units[first : last + 1]
        if last + 1 == len(units):
            return
        following = last + 1
        while following - 1 > first and units[last].end - units[following - 1].start <= OVERLAP_CHARS:
            following -= 1
        first = following
