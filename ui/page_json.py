"""One page as the viewer draws it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.document import Block, Box, Page, Table, TableCell
from service.corrections import ShownCorrection, list_cell_pieces, list_pieces

DOUBTFUL_BELOW = 0.8
"""A word read with less confidence deserves a look."""

Corrected = Mapping[tuple[str, int], str]
"""Texts by block and piece."""


def to_corrected(corrections: Iterable[ShownCorrection]) -> Corrected:
    return {(one.block_id, one.piece): one.text for one in corrections}


def to_page_json(page: Page, corrected: Corrected) -> dict[str, Any]:
    """Sizes and boxes in pixels of the page image, origin top left.

    A block has ``pieces`` (what can be selected and corrected) and, made of their numbers, ``lines`` or ``cells``.
    """
    return {
        "number": page.number,
        "width": page.width_px,
        "height": page.height_px,
        "rotation": page.rotation,
        "engine": page.engine,
        "language": page.language,
        "blocks": [_to_block(block, corrected) for block in page.blocks],
    }


def count_doubts(page: Page, corrected: Corrected) -> int:
    """How many words of the page deserve a look and have not been corrected."""
    return sum(
        1
        for block in page.blocks
        for index, piece in enumerate(list_pieces(block))
        if not isinstance(piece, TableCell)
        and piece.confidence is not None
        and piece.confidence < DOUBTFUL_BELOW
        and (block.id, index) not in corrected
    )


def _to_block(block: Block, corrected: Corrected) -> dict[str, Any]:
    return {
        "id": block.id,
        "kind": block.kind.value,
        "level": block.level,
        "bbox": to_bbox(block.box),
        "pieces": list(_to_pieces(block, corrected)),
        "lines": _to_lines(block),
        "cells": _to_cells(block, block.table) if block.table else None,
    }


def _to_pieces(block: Block, corrected: Corrected) -> Iterator[dict[str, Any]]:
    for index, piece in enumerate(list_pieces(block)):
        shown: dict[str, Any] = {
            "text": corrected.get((block.id, index), piece.text),
            "bbox": to_bbox(piece.box),
            "confidence": None if isinstance(piece, TableCell) else piece.confidence,
        }
        if (block.id, index) in corrected:
            shown["read"] = piece.text
        yield shown


def _to_lines(block: Block) -> list[list[int]]:
    """The numbers of the pieces of each line."""
    lines = []
    first = 0
    for line in block.lines:
        count = len(line.words) or 1
        lines.append(list(range(first, first + count)))
        first += count
    return lines or [list(range(len(list_pieces(block))))]


def _to_cells(block: Block, table: Table) -> list[dict[str, Any]]:
    """Row by row, empty positions too, so that drawing them one after the other puts each into its column."""
    pieces_of = {
        (cell.row, cell.column): pieces for cell, pieces in zip(table.cells, list_cell_pieces(block), strict=True)
    }
    return [
        {
            "row": row,
            "row_span": cell.row_span if cell else 1,
            "column_span": cell.column_span if cell else 1,
            "is_head": row < table.header_row_count,
            "text": cell.text if cell else "",
            "pieces": list(pieces_of[cell.row, cell.column]) if cell else [],
        }
        for row, cells in enumerate(table.to_cell_rows())
        for cell in cells
    ]


def to_bbox(box: Box) -> list[float]:
    return [round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)]
