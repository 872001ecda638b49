"""What people correct in a document: single words, told apart by where they stand. The document read stays as it is.

A *piece* is the smallest thing of a block that has a place on the page: a word, a line where the engine gave no words,
a cell where it gave only a table, or the block itself. Pieces are counted from 0 in the block's order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.document import Block, Document, Line, Page, Table, TableCell, Word

Piece = Word | Line | TableCell | Block


@dataclass(frozen=True, slots=True)
class Correction:
    """Piece number ``piece`` of a block reads ``text``; empty where nothing stands there (a speck read as a letter)."""

    block_id: str
    piece: int
    text: str


def list_pieces(block: Block) -> tuple[Piece, ...]:
    """What can be corrected in a block, in its order; never empty."""
    if block.lines:
        return tuple(piece for line in block.lines for piece in line.words or (line,))
    if block.table is not None and block.table.cells:
        return block.table.cells
    return (block,)


def list_cell_pieces(block: Block) -> tuple[tuple[int, ...], ...]:
    """For each cell of a table, the numbers of the pieces that stand in it. Raises ValueError without a table."""
    if block.table is None:
        raise ValueError(f"{block.id} is not a table")
    pieces = list_pieces(block)
    if not block.lines:
        return tuple((index,) for index in range(len(pieces)))
    owners = [_find_cell(piece, block.table) for piece in pieces]
    return tuple(
        tuple(index for index, owner in enumerate(owners) if owner == cell) for cell in range(len(block.table.cells))
    )


def correct(document: Document, corrections: Iterable[Correction]) -> Document:
    """The document as it reads with the corrections, its translation left alone.

    A corrected word has no confidence: no engine vouches for it. Corrections of what is not there are passed over.
    """
    by_block: dict[str, dict[int, str]] = {}
    for one in corrections:
        by_block.setdefault(one.block_id, {})[one.piece] = one.text
    if not by_block:
        return document
    count = sum(len(texts) for texts in by_block.values())
    notice = "One word was corrected by hand." if count == 1 else f"{count} words were corrected by hand."
    pages = tuple(_correct_page(page, by_block) for page in document.pages)
    return replace(document, pages=pages, notices=(*document.notices, notice))


def _correct_page(page: Page, by_block: Mapping[str, Mapping[int, str]]) -> Page:
    if not any(block.id in by_block for block in page.blocks):
        return page
    return replace(page, blocks=tuple(_correct_block(block, by_block.get(block.id, {})) for block in page.blocks))


def _correct_block(block: Block, texts: Mapping[int, str]) -> Block:
    if not texts:
        return block
    before = [piece.text for piece in list_pieces(block)]
    after = [texts.get(index, text) for index, text in enumerate(before)]
    lines = tuple(_correct_lines(block.lines, texts))
    if block.table is not None:
        table = _correct_table(block, after)
        return replace(block, lines=lines, table=table, text=_to_table_text(table))
    text = replace_in_order(block.text, before, after)
    return replace(block, lines=lines, text="\n".join(line.text for line in lines) if text is None else text)


def _correct_lines(lines: Sequence[Line], texts: Mapping[int, str]) -> Iterator[Line]:
    first = 0
    for line in lines:
        count = len(line.words) or 1
        mine = {index - first: text for index, text in texts.items() if first <= index < first + count}
        yield _correct_line(line, mine) if mine else line
        first += count


def _correct_line(line: Line, texts: Mapping[int, str]) -> Line:
    if not line.words:
        return replace(line, text=texts[0], confidence=None)
    before = [word.text for word in line.words]
    after = [texts.get(index, text) for index, text in enumerate(before)]
    words = tuple(
        replace(word, text=texts[index], confidence=None) if index in texts else word
        for index, word in enumerate(line.words)
        if texts.get(index, word.text)
    )
    text = replace_in_order(line.text, before, after)
    return replace(line, words=words, text=" ".join(filter(None, after)) if text is None else text)


def _correct_table(block: Block, after: Sequence[str]) -> Table:
    table = block.table
    assert table is not None, "asked for tables only"
    pieces = list_pieces(block)
    cells = []
    for cell, members in zip(table.cells, list_cell_pieces(block), strict=True):
        old = [pieces[index].text for index in members]
        new = [after[index] for index in members]
        text = cell.text if old == new else replace_in_order(cell.text, old, new)
        cells.append(replace(cell, text=" ".join(filter(None, new)) if text is None else text))
    return replace(table, cells=tuple(cells))


def _to_table_text(table: Table) -> str:
    return "\n".join("\t".join(text.replace("\n", " ") for text in row) for row in table.to_rows())


def _find_cell(piece: Piece, table: Table) -> int | None:
    """The cell that the middle of the piece lies in."""
    x, y = piece.box.center
    for index, cell in enumerate(table.cells):
        if cell.box.left <= x <= cell.box.right and cell.box.top <= y <= cell.box.bottom:
            return index
    return None


def replace_in_order(text: str, before: Sequence[str], after: Sequence[str]) -> str | None:
    """``text`` with each of ``before``, which follow one another in it, replaced by its partner.

    What stands between them stays, but for the space beside a piece that becomes empty. None when a piece that changes
    is not found after those before it.
    """
    parts: list[str] = []
    cursor = 0
    for old, new in zip(before, after, strict=True):
        start = text.find(old, cursor)
        if start < 0:
            if old != new:
                return None
            continue
        gap, end = text[cursor:start], start + len(old)
        if old and not new:
            if text[end : end + 1] == " ":
                end += 1
            else:
                gap = gap.removesuffix(" ")
        parts += [gap, new]
        cursor = end
    return "".join([*parts, text[cursor:]])
