"""A document cut into overlapping pieces that search can rank and answers can quote.

A chunk never crosses a page. All offsets count characters of :attr:`pipeline.document.Page.text`, so that whatever is
quoted is the page's own text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.document import BlockKind, Document, Page
from retrieval.sentences import Span, looks_like_lines, reads_on, split_units

CHUNK_CHARS = 800
OVERLAP_CHARS = 150
_LINE_KINDS = frozenset({BlockKind.TABLE, BlockKind.LIST, BlockKind.FORMULA})


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or line that may be quoted: offsets in the page's text, and the block it stands in."""

    start: int
    end: int
    text: str
    block_id: str


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
    for block_id, kind, block in _place_blocks(page):
        part = text[block.start : block.end]
        keep_lines = kind in _LINE_KINDS or (is_form and not reads_on(part))
        spans = split_units(part, keep_lines=keep_lines or None)
        for span in spans:
            start, end = block.start + span.start, block.start + span.end
            units.append(Unit(start, end, text[start:end], block_id))
    return tuple(units)


def _place_blocks(page: Page) -> Iterator[tuple[str, BlockKind, Span]]:
    """Where each block stands in ``page.text``, which joins the blocks that have text with an empty line."""
    position = 0
    for block in page.blocks:
        if not block.text:
            continue
        yield block.id, block.kind, Span(position, position + len(block.text))
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
