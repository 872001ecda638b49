"""Small documents for tests: lines with word boxes, pages, tables."""

from collections.abc import Sequence
from datetime import UTC, datetime

from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Table, TableCell, Word

CREATED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LETTER_PX = 10.0


def make_line(
    text: str, left: float = 50, top: float = 50, *, height: float = 20, confidence: float | None = 0.9, leftwards=False
) -> Line:
    """Words LETTER_PX a letter wide with a letter's width between them; ``left`` is where the line begins."""
    words = []
    x = left
    for piece in text.split():
        width = LETTER_PX * len(piece)
        box = Box(x - width, top, x, top + height) if leftwards else Box(x, top, x + width, top + height)
        words.append(Word(piece, box, confidence))
        x += (-1 if leftwards else 1) * (width + LETTER_PX)
    return Line(text, Box.around(word.box for word in words), confidence, tuple(words))


def make_block(
    *lines: Line, number: int = 1, index: int = 1, kind: BlockKind = BlockKind.TEXT, level: int = 0
) -> Block:
    text = "\n".join(line.text for line in lines)
    box = Box.around(line.box for line in lines)
    return Block(f"p{number}-b{index}", kind, text, box, lines[0].confidence, tuple(lines), None, level)


def make_text_block(
    text: str, box: Box, *, number: int = 1, index: int = 1, kind: BlockKind = BlockKind.TEXT, level: int = 0
) -> Block:
    """A block of an engine that gives no lines."""
    return Block(f"p{number}-b{index}", kind, text, box, None, (), None, level)


def make_table(rows: Sequence[Sequence[str]], *, header_row_count: int = 1) -> Table:
    cells = tuple(
        TableCell(r, c, 1, 1, text, Box(50 + 100 * c, 50 + 30 * r, 140 + 100 * c, 75 + 30 * r))
        for r, row in enumerate(rows)
        for c, text in enumerate(row)
    )
    return Table(len(rows), max(map(len, rows)), cells, header_row_count)


def make_table_block(table: Table, *, number: int = 1, index: int = 1) -> Block:
    text = "\n".join("\t".join(row) for row in table.to_rows())
    box = Box.around(cell.box for cell in table.cells)
    return Block(f"p{number}-b{index}", BlockKind.TABLE, text, box, None, (), table)


def make_page(*blocks: Block, number: int = 1, width_px: int = 800, height_px: int = 600, **fields) -> Page:
    values = {"dpi": 100.0, "engine": "tesseract", **fields}
    return Page(number=number, width_px=width_px, height_px=height_px, blocks=tuple(blocks), **values)


def make_document(*pages: Page, page_count: int | None = None, **fields) -> Document:
    values = {"id": "0" * 32, "source_name": "scan.png", "created_at": CREATED, **fields}
    return Document(pages=tuple(pages), page_count=page_count or max(len(pages), 1), **values)
