"""From lines with boxes to the blocks a person would recognise: paragraphs, titles, lists and tables in order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.block_kinds import Kind, classify
from pipeline.borderless_tables import Piece, find_row_tables
from pipeline.bullets import restore_bullets
from pipeline.cell_texts import FoundTable
from pipeline.document import Block, BlockKind, Box, Line, Table
from pipeline.dot_leaders import shorten_typed
from pipeline.line_fragments import Fragment, is_right_to_left, is_wide, join_row, mean_confidence, split_lines
from pipeline.page_edges import find_edge_rows, mark_repeated
from pipeline.page_image import PageImage
from pipeline.paragraphs import Paragraph, Row, to_paragraphs
from pipeline.reading_order import Direction, Traits, find_columns, to_reading_coordinates, usual_height
from pipeline.rules import find_rules
from pipeline.tables import take_plain_tables, take_ruled_tables
from pipeline.type_size import TypeMeasure, measure_type

__all__ = ["mark_repeated", "to_blocks"]

_LABEL = re.compile(r"[^:：]{1,24}[:：](?:\s.{0,20})?")
_NUMBER = re.compile(
    r"[\W\d]*\d[\W\d]*(?:[A-Z]{1,3}|[^\W\d]{1,3}\.?)?"
    r"|\d{1,2}\.?\s[^\W\d_]{3,10}\.?,?\s\d{4}|[^\W\d_]{3,10}\.?\s\d{1,2},?\s\d{4}"  # 17 March 2026, March 17, 2026
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A block before it has an id."""

    kind: BlockKind
    lines: tuple[Line, ...]
    box: Box
    text: str
    level: int = 0
    table: Table | None = None


def to_blocks(
    lines: Sequence[Line], *, page_number: int, width_px: int, height_px: int, image: PageImage | None
) -> tuple[Block, ...]:
    """The blocks of one page in reading order, ids ``p{page_number}-b1`` onwards.

    ``lines`` may come in any order and cut in any way (see :mod:`pipeline.line_fragments`); every word of them is in
    exactly one block. ``image`` shows ruled tables and bold type; it is the page in the pixels of the boxes, or a
    smaller preview of it, or None. Each item of a list is a block of its own, its marker kept in the text. Blocks hold
    their text as read: one line break between lines, words hyphenated at a line's end left so.
    """
    shown = (shorten_typed(_clipped(line, width_px, height_px)) for line in lines if line.text.strip())
    readable = sorted(shown, key=_place)
    if not readable:
        return ()
    if image is not None and image.pixels.ndim == 2 and image.width_px == width_px:
        readable = restore_bullets(readable, image.pixels)
    direction = find_direction(readable)
    headers, footers = find_edge_rows(readable, height_px)
    body = [line for index, line in enumerate(readable) if index not in headers | footers]
    drafts = [
        *_edge_drafts([readable[i] for i in headers], BlockKind.HEADER, direction),
        *_body_drafts(body, direction, image, width_px),
        *_edge_drafts([readable[i] for i in footers], BlockKind.FOOTER, direction),
    ]
    return tuple(_to_block(draft, f"p{page_number}-b{index}") for index, draft in enumerate(drafts, start=1))


def find_direction(lines: Sequence[Line]) -> Direction:
    """How the page runs, by the shape of its lines and the letters in them."""
    tall = sum(len(line.text) for line in lines if line.box.height > 2 * line.box.width and is_wide(line.text[:1]))
    total = sum(len(line.text) for line in lines if len(line.text.strip()) > 1)
    if total and tall > 0.5 * total:
        return Direction.VERTICAL
    return Direction.RIGHT_TO_LEFT if is_right_to_left(line.text for line in lines) else Direction.LEFT_TO_RIGHT


def _clipped(line: Line, width_px: int, height_px: int) -> Line:
    """The line with all its boxes inside the page, and no blank space around its text."""
    if _is_inside(line.box, width_px, height_px) and all(_is_inside(w.box, width_px, height_px) for w in line.words):
        return line if line.text == line.text.strip() else replace(line, text=line.text.strip())
    words = tuple(replace(word, box=word.box.clipped(width_px, height_px)) for word in line.words)
    return replace(line, text=line.text.strip(), box=line.box.clipped(width_px, height_px), words=words)


def _place(line: Line) -> tuple[float, float, float, float, str]:
    """A key that leaves nothing to the order of the input, even among lines in the same box."""
    return line.box.top, line.box.left, line.box.bottom, line.box.right, line.text


def _is_inside(box: Box, width_px: int, height_px: int) -> bool:
    return box.left >= 0 and box.top >= 0 and box.right <= width_px and box.bottom <= height_px


def _edge_drafts(lines: Sequence[Line], kind: BlockKind, direction: Direction) -> list[_Draft]:
    """A header's or footer's pieces, one block each: they are apart on the page."""
    columns = find_columns([line.box for line in lines], direction)
    ordered = [lines[index] for column in columns for row in column.rows for index in row]
    return [_Draft(kind, (line,), line.box, line.text) for line in ordered]


def _body_drafts(lines: Sequence[Line], direction: Direction, image: PageImage | None, width_px: int) -> list[_Draft]:
    fragments = split_lines(lines)
    if not fragments:
        return []
    measures = measure_type([fragment.line for fragment in fragments], image, width_px)
    rects = to_reading_coordinates([fragment.line.box for fragment in fragments], direction)
    line_height = usual_height(rects)
    body_size = _body_size(fragments, measures, line_height)
    heights = (rects[:, 3] - rects[:, 1]).tolist()
    tables: tuple[FoundTable, ...] = ()
    if image is not None:
        rules = find_rules(image, line_height, width_px)
        tables, fragments = take_ruled_tables(fragments, rules, line_height, direction)
    plain_tables, fragments = take_plain_tables(fragments, line_height, direction)
    page = _Page(fragments, lines, direction, line_height, measures)
    parts = [part for column in _columns(page, tables + plain_tables) for part in column]
    paragraphs = [part for part in parts if isinstance(part, Paragraph)]
    kinds = iter(classify(paragraphs, body_size, heights if tables or plain_tables else None))
    return [_to_draft(part, next(kinds)) if isinstance(part, Paragraph) else _to_table_draft(part) for part in parts]


@dataclass(frozen=True, slots=True)
class _Page:
    """What is known of a page's body; ``sources`` are the engine's lines that the fragments were cut from."""

    fragments: Sequence[Fragment]
    sources: Sequence[Line]
    direction: Direction
    line_height: float
    measures: dict[Box, TypeMeasure]


_Part = Paragraph | FoundTable


def _columns(page: _Page, tables: Sequence[FoundTable]) -> Iterator[list[_Part]]:
    """The page's columns in reading order, each as paragraphs and tables from the top down."""
    boxes = [fragment.line.box for fragment in page.fragments]
    traits = [_traits(fragment.line) for fragment in page.fragments] + [Traits()] * len(tables)
    count = len(boxes)
    boxes.extend(table.box for table in tables)
    for column in find_columns(boxes, page.direction, traits, page.line_height):
        parts: list[_Part] = []
        run: list[list[Fragment]] = []
        for row in column.rows:
            texts = [page.fragments[i] for i in row if i < count]
            if texts:
                run.append(texts)
            if len(texts) < len(row):
                parts.extend(_read_run(run, page))
                run = []
                parts.extend(tables[i - count] for i in row if i >= count)
        parts.extend(_read_run(run, page))
        yield parts


def _read_run(rows: list[list[Fragment]], page: _Page) -> list[_Part]:
    """Rows without a ruled table among them: tables that only their columns show, and paragraphs between those."""
    parts: list[_Part] = []
    begin = 0
    pieces = [_to_pieces(row, page.direction) for row in rows]
    found = (
        find_row_tables(pieces, page.line_height, page.direction) if page.direction is not Direction.VERTICAL else []
    )
    for table in found:
        parts.extend(to_paragraphs([_to_row(row, page) for row in rows[begin : table.first]]))
        parts.append(table.found)
        begin = table.last + 1
    parts.extend(to_paragraphs([_to_row(row, page) for row in rows[begin:]]))
    return parts


def _to_pieces(row: Sequence[Fragment], direction: Direction) -> list[Piece]:
    rects = to_reading_coordinates([fragment.line.box for fragment in row], direction).tolist()
    return [Piece(fragment.line, *rect) for fragment, rect in zip(row, rects, strict=True)]


def _to_draft(paragraph: Paragraph, kind: Kind) -> _Draft:
    lines = tuple(row.line for row in paragraph.rows)
    return _Draft(kind.kind, lines, Box.around(line.box for line in lines), paragraph.text, kind.level)


def _to_table_draft(found: FoundTable) -> _Draft:
    rows = ("\t".join(text.replace("\n", " ") for text in row) for row in found.table.to_rows())
    return _Draft(BlockKind.TABLE, found.pieces, found.box, "\n".join(rows), table=found.table)


def _body_size(fragments: Sequence[Fragment], measures: dict[Box, TypeMeasure], line_height: float) -> float:
    """The size of type most of the page is set in, pixels."""
    known = [
        measures[fragment.line.box].size
        for fragment in fragments
        if fragment.line.box in measures
        for _ in range(1 + len(fragment.line.text) // 8)
    ]
    return median(known) if known else line_height


def _traits(line: Line) -> Traits:
    text = line.text.strip()
    is_number = len(text) <= 20 and _NUMBER.fullmatch(text) is not None
    return Traits(is_number=is_number, is_label=_LABEL.fullmatch(text) is not None)


def _to_row(fragments: Sequence[Fragment], page: _Page) -> Row:
    line = join_row(fragments, page.sources, page.direction)
    start, top, end, bottom = to_reading_coordinates([line.box], page.direction)[0].tolist()
    known = [page.measures[f.line.box] for f in fragments if f.line.box in page.measures]
    size = median(measure.size for measure in known) if known else bottom - top
    return Row(line, start, top, end, bottom, size, bool(known) and all(measure.is_bold for measure in known))


def _to_block(draft: _Draft, block_id: str) -> Block:
    confidence = mean_confidence((line.confidence, len(line.text)) for line in draft.lines)
    return Block(
        id=block_id,
        kind=draft.kind,
        text=draft.text,
        box=draft.box,
        confidence=confidence,
        lines=draft.lines,
        table=draft.table,
        level=draft.level,
    )
