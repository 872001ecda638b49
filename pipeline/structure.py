"""From lines with boxes to the blocks a person would recognise: paragraphs, titles, lists and tables in order."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from pipeline.block_kinds import Kind, classify
from pipeline.document import Block, BlockKind, Box, Line, Table
from pipeline.line_fragments import Fragment, is_right_to_left, is_wide, join_row, mean_confidence, split_lines
from pipeline.page_edges import find_edge_rows, mark_repeated
from pipeline.page_image import PageImage
from pipeline.paragraphs import Paragraph, Row, to_paragraphs
from pipeline.reading_order import Direction, Traits, find_columns, to_reading_coordinates, usual_height
from pipeline.type_size import TypeMeasure, measure_type

__all__ = ["mark_repeated", "to_blocks"]

_LABEL = re.compile(r"[^:：]{1,24}[:：](?:\s.{0,20})?")
_NUMBER = re.compile(r"[\W\d]*\d[\W\d]*(?:[A-Z]{1,3}|[^\W\d]{1,3}\.?)?")


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
    exactly one block. ``image`` is the page image in the pixels of the boxes; it shows ruled tables and bold type, and
    may be None. Each item of a list is a block of its own, its marker kept in the text. Blocks hold their text as read:
    one line break between lines, words hyphenated at a line's end left so.
    """
    readable = [_clipped(line, width_px, height_px) for line in lines if line.text.strip()]
    if not readable:
        return ()
    measures = measure_type(readable, image)
    direction = find_direction(readable)
    headers, footers = find_edge_rows(readable, height_px)
    body = [line for index, line in enumerate(readable) if index not in headers | footers]
    drafts = [
        *_edge_drafts([readable[i] for i in headers], BlockKind.HEADER, direction),
        *_body_drafts(body, direction, measures),
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
    words = tuple(replace(word, box=word.box.clipped(width_px, height_px)) for word in line.words)
    return replace(line, text=line.text.strip(), box=line.box.clipped(width_px, height_px), words=words)


def _edge_drafts(lines: Sequence[Line], kind: BlockKind, direction: Direction) -> list[_Draft]:
    """A header's or footer's pieces, one block each: they are apart on the page."""
    columns = find_columns([line.box for line in lines], direction)
    ordered = [lines[index] for column in columns for row in column.rows for index in row]
    return [_Draft(kind, (line,), line.box, line.text) for line in ordered]


def _body_drafts(lines: Sequence[Line], direction: Direction, measures: dict[Box, TypeMeasure]) -> list[_Draft]:
    fragments = split_lines(lines)
    if not fragments:
        return []
    boxes = [fragment.line.box for fragment in fragments]
    body_size = _body_size(lines, measures, direction)
    paragraphs: list[Paragraph] = []
    for column in find_columns(boxes, direction, [_traits(fragment.line) for fragment in fragments]):
        rows = [_to_row([fragments[i] for i in row], lines, direction, measures) for row in column.rows]
        paragraphs.extend(to_paragraphs(rows))
    kinds = classify(paragraphs, body_size)
    return [_to_draft(paragraph, kind) for paragraph, kind in zip(paragraphs, kinds, strict=True)]


def _to_draft(paragraph: Paragraph, kind: Kind) -> _Draft:
    lines = tuple(row.line for row in paragraph.rows)
    return _Draft(kind.kind, lines, Box.around(line.box for line in lines), paragraph.text, kind.level)


def _body_size(lines: Sequence[Line], measures: dict[Box, TypeMeasure], direction: Direction) -> float:
    """The size of type most of the page is set in, pixels."""
    rects = to_reading_coordinates([line.box for line in lines], direction)
    known = [measures[line.box].size for line in lines if line.box in measures for _ in range(1 + len(line.text) // 8)]
    return median(known) if known else usual_height(rects)


def _traits(line: Line) -> Traits:
    text = line.text.strip()
    is_number = len(text) <= 20 and _NUMBER.fullmatch(text) is not None
    return Traits(is_number=is_number, is_label=_LABEL.fullmatch(text) is not None)


def _to_row(
    fragments: Sequence[Fragment], sources: Sequence[Line], direction: Direction, measures: dict[Box, TypeMeasure]
) -> Row:
    line = join_row(fragments, sources, direction)
    start, top, end, bottom = to_reading_coordinates([line.box], direction)[0].tolist()
    known = [measures[f.line.box] for f in fragments if f.line.box in measures]
    known = known or [measures[sources[f.source].box] for f in fragments if sources[f.source].box in measures]
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
