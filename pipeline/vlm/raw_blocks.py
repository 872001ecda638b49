"""What the parsers of models' answers share: blocks before they have ids and pixels."""

from dataclasses import dataclass, replace

from pipeline.document import Block, BlockKind, Box, Table, TableCell

_NOWHERE = Box(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A block as a model said it.

    ``corners`` are left, top, right, bottom as shares of the page (0..1, not yet checked) or None; ``start`` and
    ``end`` are where in the answer it stands. A table's cells have no boxes yet.
    """

    kind: BlockKind
    text: str
    corners: tuple[float, float, float, float] | None = None
    table: Table | None = None
    level: int = 0
    start: int = 0
    end: int = 0

    @property
    def is_worth_keeping(self) -> bool:
        return bool(self.text.strip()) or (self.kind is BlockKind.FIGURE and self.corners is not None)


def to_block(raw: RawBlock, block_id: str, page: Box, confidence: float | None) -> Block:
    """The block in page pixels. Cells share their table evenly: models say where a table is, not its cells."""
    box = _to_box(raw.corners, page)
    table = raw.table and replace(raw.table, cells=tuple(_placed(cell, raw.table, box) for cell in raw.table.cells))
    return Block(block_id, raw.kind, raw.text, box, confidence, table=table, level=raw.level)


def _to_box(corners: tuple[float, float, float, float] | None, page: Box) -> Box:
    """Inside the page; corners in the wrong order are swapped; what is no rectangle at all becomes the page."""
    if corners is None or not all(-1e6 < corner < 1e6 for corner in corners):
        return page
    left, right = sorted((corners[0] * page.right, corners[2] * page.right))
    top, bottom = sorted((corners[1] * page.bottom, corners[3] * page.bottom))
    return Box(left, top, right, bottom).clipped(page.right, page.bottom)


def _placed(cell: TableCell, table: Table, box: Box) -> TableCell:
    width, height = box.width / table.column_count, box.height / table.row_count
    left, top = box.left + cell.column * width, box.top + cell.row * height
    right = min(box.right, left + cell.column_span * width)
    bottom = min(box.bottom, top + cell.row_span * height)
    return replace(cell, box=Box(min(left, right), min(top, bottom), right, bottom))


def to_cell(row: int, column: int, text: str, row_span: int = 1, column_span: int = 1) -> TableCell:
    """A cell without a place yet."""
    return TableCell(row, column, row_span, column_span, text, _NOWHERE)


def to_table_text(table: Table) -> str:
    """Cells row by row, tab-separated."""
    return "\n".join("\t".join(text.replace("\n", " ") for text in row) for row in table.to_rows())
