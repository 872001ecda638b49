"""What a paragraph is: a title, an item of a list, or plain text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from pipeline.document import BlockKind
from pipeline.line_fragments import is_wide
from pipeline.list_items import Marker, find_marker, is_followed_by
from pipeline.paragraphs import Paragraph

_LARGE = 1.2  # times the body's type ...
_MEASURE_PX = 2.0  # ... and as many pixels more, as small type can't be measured any better
_TALLER = 1.05  # times the usual box
_LEVEL_1 = 1.6
_LEVEL_2 = 1.3
_MAX_TITLE_ROWS = 3
_MAX_TITLE_LENGTH = 150
_SENTENCE_END = re.compile(r"[.,;!。，；、։।|]$")
_FULL_STOP = re.compile(r"[.,;。，；、։।]$")
_SENTENCE_WORDS, _SENTENCE_WIDE = 5, 12
_NUMBERED = re.compile(r"(?:[^\W\d_]{2,12}\s+)?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[IVX]{1,5})[.:)]?(?:\s+\S.*)?")
_MIN_CONFIDENCE = 0.4
_SECTION = re.compile(r"\d{1,2}(?:\.\d{1,2})*[.)]?\s")
_ENTRY = re.compile(r"\.{3}\s*[\w.]{1,6}$")  # of contents
_MATH = re.compile(r"[=<>|{}\\^∑∏∫∈√±]")
_AMOUNT = re.compile(r"\d[\d.,' ]*[.,]\d{2}\b")


@dataclass(frozen=True, slots=True)
class Kind:
    kind: BlockKind
    level: int = 0


_TEXT = Kind(BlockKind.TEXT)


def classify(paragraphs: Sequence[Paragraph], body_size: float, heights: Sequence[float] | None = None) -> list[Kind]:
    """A kind for each paragraph of a page, in reading order; ``body_size`` is the usual size of its type in pixels.

    ``heights`` are those of all its lines, in tables too: a title may be half of what stands outside of them.
    """
    kinds = [_TEXT] * len(paragraphs)
    known = heights or [row.height for p in paragraphs for row in p.rows]
    usual_height = median(known) if known else 0.0
    for index, depth in _find_lists(paragraphs).items():
        kinds[index] = Kind(BlockKind.LIST, depth)
    for index, paragraph in enumerate(paragraphs):
        following = paragraphs[index + 1] if index + 1 < len(paragraphs) else None
        if not _may_be_title(paragraph):
            continue
        ratio = _size_ratio(paragraph, body_size)
        if _is_large(paragraph, body_size, usual_height) and (ratio >= _LEVEL_1 or not _is_sentence(paragraph.text)):
            kinds[index] = Kind(BlockKind.TITLE, 1 if ratio >= _LEVEL_1 else 2 if ratio >= _LEVEL_2 else 3)
        elif kinds[index].kind is BlockKind.TEXT and _is_small_title(paragraph, following):
            kinds[index] = Kind(BlockKind.TITLE, 3)
    return _with_page_title(paragraphs, kinds)


def _with_page_title(paragraphs: Sequence[Paragraph], kinds: list[Kind]) -> list[Kind]:
    """A title in large type that the page begins with is of the first level, unless it carries a section's number."""
    if kinds and kinds[0] == Kind(BlockKind.TITLE, 2) and not _SECTION.match(paragraphs[0].text):
        return [Kind(BlockKind.TITLE, 1), *kinds[1:]]
    return kinds


def _size_ratio(paragraph: Paragraph, body_size: float) -> float:
    return min(row.size for row in paragraph.rows) / body_size


def _is_large(paragraph: Paragraph, body_size: float, usual_height: float) -> bool:
    """Whether the type is clearly larger than the body's, by its ink and by the engine's boxes."""
    is_taller = min(row.height for row in paragraph.rows) >= _TALLER * usual_height
    return is_taller and _size_ratio(paragraph, body_size) >= _LARGE + _MEASURE_PX / body_size


def _may_be_title(paragraph: Paragraph) -> bool:
    """Short, of letters mostly, without a price, and not so poorly read that it may be a bar code or a stamp."""
    text = paragraph.text
    confidences = [row.line.confidence for row in paragraph.rows if row.line.confidence is not None]
    if confidences and min(confidences) < _MIN_CONFIDENCE:
        return False
    if len(paragraph.rows) > _MAX_TITLE_ROWS or len(text) > _MAX_TITLE_LENGTH:
        return False
    letters = sum(character.isalpha() for character in text)
    if letters < 2:
        return False
    return letters >= 0.55 * sum(not character.isspace() for character in text) and not (
        _AMOUNT.search(text) or _MATH.search(text) or _ENTRY.search(text)
    )


def _is_sentence(text: str) -> bool:
    """Whether this is no heading by its words: it ends with a full stop and is longer than a name or a number."""
    if not _FULL_STOP.search(text):
        return False
    wide = sum(map(is_wide, text))
    return wide >= _SENTENCE_WIDE if wide > len(text) / 2 else len(text.split()) >= _SENTENCE_WORDS


def _is_small_title(paragraph: Paragraph, following: Paragraph | None) -> bool:
    """A title in the body's own size: one short row above prose, bold, in capitals, numbered, or set apart."""
    row = paragraph.rows[0]
    text = row.line.text.strip()
    if len(paragraph.rows) > 1 or _SENTENCE_END.search(text) or text[:1].islower():
        return False
    is_numbered = _NUMBERED.fullmatch(text) is not None
    if following is None:
        return row.is_bold and is_numbered
    width, below = row.end - row.start, following.rows[0]
    if width > 0.75 * _column_width(paragraph):
        return False
    if row.is_bold and not below.is_bold and below.end - below.start > 1.2 * width:
        return True
    is_above_prose = len(following.rows) > 1 and below.end - below.start > 0.75 * _column_width(following)
    is_capitals = text.isupper() and any(c.isalpha() for c in text)
    is_apart = paragraph.gap_above > 1.25 and paragraph.gap_above > 1.1 * paragraph.gap_below
    is_short = width < 0.5 * _column_width(paragraph)
    return is_above_prose and (is_capitals or is_numbered or (is_apart and is_short))


def _column_width(paragraph: Paragraph) -> float:
    return paragraph.column_end - paragraph.column_start


def _find_lists(paragraphs: Sequence[Paragraph]) -> dict[int, int]:
    """Index -> nesting depth of the paragraphs that are items of a list.

    A bullet is enough by itself; a dash, number or letter needs the next (or the one before) of its kind nearby, with
    at most nested items and single paragraphs in between.
    """
    markers = [(i, m) for i, p in enumerate(paragraphs) if (m := find_marker(p.text)) is not None]
    confirmed = {i for i, marker in markers if marker.is_bullet}
    for position, (index, marker) in enumerate(markers):
        for other_index, other in markers[position + 1 : position + 9]:
            if is_followed_by(marker, other) and _is_near(paragraphs, markers, index, other_index):
                confirmed |= {index, other_index}
                break
    return _nesting(paragraphs, [(i, marker) for i, marker in markers if i in confirmed])


def _is_near(paragraphs: Sequence[Paragraph], markers: list[tuple[int, Marker]], first: int, second: int) -> bool:
    """Whether little but other items stands between two items that begin at the same place."""
    marked = {index for index, _ in markers}
    between = sum(index not in marked for index in range(first + 1, second))
    a, b = paragraphs[first].rows[0], paragraphs[second].rows[0]
    return between <= 1 and abs(a.start - b.start) < 1.5 * a.height


def _nesting(paragraphs: Sequence[Paragraph], items: list[tuple[int, Marker]]) -> dict[int, int]:
    """Depths (from 1) by how far items are indented against the open items above them."""
    depths: dict[int, int] = {}
    open_starts: list[float] = []
    previous = -2
    for index, _ in items:
        row = paragraphs[index].rows[0]
        if index > previous + 2:
            open_starts.clear()
        while open_starts and row.start < open_starts[-1] - 0.7 * row.height:
            open_starts.pop()
        if not open_starts or row.start > open_starts[-1] + 0.7 * row.height:
            open_starts.append(row.start)
        depths[index] = len(open_starts)
        previous = index
    return depths
