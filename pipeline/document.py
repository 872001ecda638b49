"""What a document is once it has been read.

Every view of a result (exports, boxes on the screen, search, citations) is made from these types and from nothing
else. All are frozen, slotted and compare by value; sequences are tuples.

Coordinates are pixels of the page image, origin top left, x to the right, y down. The *page image* is the page as a
viewer shows it: EXIF orientation and a PDF's ``/Rotate`` are applied, deskewing and turning done for an engine's sake
are mapped back.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in page pixels; ``left <= right`` and ``top <= bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        if self.left > self.right or self.top > self.bottom:
            raise ValueError(f"box is inside out: {self.left, self.top, self.right, self.bottom}")

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def intersection(self, other: "Box") -> float:
        """Area that both boxes cover, in square pixels."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def union(self, other: "Box") -> "Box":
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def clipped(self, width_px: float, height_px: float) -> "Box":
        """The part of the box inside a page of this size; a box wholly outside collapses onto the edge."""
        if self.left >= 0 and self.top >= 0 and self.right <= width_px and self.bottom <= height_px:
            return self
        return Box(
            min(max(self.left, 0.0), width_px),
            min(max(self.top, 0.0), height_px),
            min(max(self.right, 0.0), width_px),
            min(max(self.bottom, 0.0), height_px),
        )

    @classmethod
    def around(cls, boxes: Iterable["Box"]) -> Self:
        """The smallest box around all of ``boxes``. Raises ValueError when there are none."""
        corners = [(box.left, box.top, box.right, box.bottom) for box in boxes]
        if not corners:
            raise ValueError("no boxes to enclose")
        lefts, tops, rights, bottoms = zip(*corners, strict=True)
        return cls(min(lefts), min(tops), max(rights), max(bottoms))


class BlockKind(StrEnum):
    TITLE = "title"
    TEXT = "text"
    LIST = "list"
    TABLE = "table"
    FORMULA = "formula"
    FIGURE = "figure"
    HEADER = "header"
    FOOTER = "footer"


@dataclass(frozen=True, slots=True)
class Word:
    """One word. ``confidence`` is 0..1, or None where the engine gives none."""

    text: str
    box: Box
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text in logical order (right-to-left text too). ``words`` is empty where the engine gives none."""

    text: str
    box: Box
    confidence: float | None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell; ``row`` and ``column`` count from 0 and name its top left corner in the grid."""

    row: int
    column: int
    row_span: int
    column_span: int
    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Table:
    """A grid of cells in row-major order. A grid position that no cell covers is empty."""

    row_count: int
    column_count: int
    cells: tuple[TableCell, ...]
    header_row_count: int = 0

    def to_rows(self) -> list[list[str]]:
        """The texts as a full grid; a spanning cell's text stands once, in its top left position."""
        rows = [[""] * self.column_count for _ in range(self.row_count)]
        for cell in self.cells:
            rows[cell.row][cell.column] = cell.text
        return rows

    def to_cell_rows(self) -> list[list[TableCell | None]]:
        """The cells that begin in each row, from left to right, and None for each position that no cell covers.

        Whoever draws the rows one after the other needs the empty positions, or what follows them moves to the left.
        Where two cells claim a position, the first has it.
        """
        covers: dict[tuple[int, int], TableCell] = {}
        for cell in self.cells:
            for row in range(cell.row, min(cell.row + cell.row_span, self.row_count)):
                for column in range(cell.column, min(cell.column + cell.column_span, self.column_count)):
                    covers.setdefault((row, column), cell)
        rows: list[list[TableCell | None]] = []
        for row in range(self.row_count):
            found = ((column, covers.get((row, column))) for column in range(self.column_count))
            rows.append([c for column, c in found if c is None or (c.row, c.column) == (row, column)])
        return rows


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a page: a paragraph, a title, a table, and so on.

    ``id`` is unique in the document (``p3-b12``). ``text`` is the block's text with line breaks kept; for a formula it
    is LaTeX without ``$``; for a table its cells row by row, tab-separated. ``level`` is 1..6 for a title, the
    nesting depth (from 1) for a list, else 0.
    """

    id: str
    kind: BlockKind
    text: str
    box: Box
    confidence: float | None
    lines: tuple[Line, ...] = ()
    table: Table | None = None
    level: int = 0

    @property
    def words(self) -> Iterator[Word]:
        return (word for line in self.lines for word in line.words)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was read; blocks stand in reading order.

    ``number`` counts from 1. ``rotation`` (0, 90, 180, 270) is how many degrees clockwise the page image must be
    turned for its text to stand upright, ``skew_deg`` the small angle (clockwise positive) of its text lines after
    that; boxes are in the image *before* both. ``language`` is an ISO 639 code of :mod:`pipeline.languages` or None,
    ``script`` an ISO 15924 code or None, ``engine`` names what really read the page (``pdf-text``, ``tesseract``, ...).
    """

    number: int
    width_px: int
    height_px: int
    dpi: float
    blocks: tuple[Block, ...]
    engine: str
    rotation: int = 0
    skew_deg: float = 0.0
    language: str | None = None
    script: str | None = None

    @property
    def text(self) -> str:
        """The page's text: blocks in reading order, an empty line between them."""
        return "\n\n".join(block.text for block in self.blocks if block.text)


@dataclass(frozen=True, slots=True)
class PageError:
    """A page that could not be read: its number (from 1), an error code and one sentence."""

    page_number: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The document in another language: the same pages and blocks (same ids and boxes) with other text."""

    language: str
    pages: tuple[Page, ...]


@dataclass(frozen=True, slots=True)
class ExtractedValue:
    """One value that a JSON schema asked for, at ``path`` (member names and array indexes).

    ``page_number`` (from 1), ``box`` and ``confidence`` (0..1) are of the words on the page that prove it; all are
    None where no words do, and then ``value`` is None too unless it is a judgement (a boolean).
    """

    path: tuple[str | int, ...]
    value: str | int | float | bool | None
    page_number: int | None = None
    box: Box | None = None
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A read document. ``pages`` holds those that were read, by number; ``page_errors`` the others."""

    id: str
    source_name: str
    pages: tuple[Page, ...]
    page_count: int
    created_at: datetime
    notices: tuple[str, ...] = ()
    page_errors: tuple[PageError, ...] = ()
    translation: Translation | None = None
    schema_version: int = 1
    fields: tuple[ExtractedValue, ...] = ()

    @property
    def text(self) -> str:
        """All pages, an empty line between them."""
        return "\n\n".join(page.text for page in self.pages if page.text)

    @property
    def mean_confidence(self) -> float | None:
        """Mean of the blocks' confidences weighted by characters; None when no block has one."""
        scored = [(b.confidence, len(b.text)) for p in self.pages for b in p.blocks if b.confidence is not None]
        weight = sum(length for _, length in scored)
        if not weight:
            return None
        return sum(confidence * length for confidence, length in scored) / weight

    @property
    def detected_language(self) -> str | None:
        """The language that most characters are in, or None when no page has one."""
        weights: dict[str, int] = {}
        for page in self.pages:
            if page.language:
                weights[page.language] = weights.get(page.language, 0) + len(page.text)
        return max(weights, key=lambda code: weights[code]) if weights else None

    def get_page(self, number: int) -> Page:
        """The page with this number. Raises KeyError when it was not read."""
        for page in self.pages:
            if page.number == number:
                return page
        raise KeyError(number)

    def with_pages(self, numbers: Iterable[int]) -> "Document":
        """The same document restricted to these page numbers (from 1), its translation too."""
        wanted = set(numbers)
        translation = self.translation and replace(
            self.translation, pages=tuple(p for p in self.translation.pages if p.number in wanted)
        )
        return replace(
            self,
            pages=tuple(p for p in self.pages if p.number in wanted),
            page_errors=tuple(e for e in self.page_errors if e.page_number in wanted),
            translation=translation,
        )
