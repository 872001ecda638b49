"""One page as the viewer draws it."""

from typing import Any

from pipeline.document import Block, Box, Line, Page, TableCell, Word


def to_page_json(page: Page) -> dict[str, Any]:
    """Sizes and boxes in pixels of the page image, origin top left."""
    return {
        "number": page.number,
        "width": page.width_px,
        "height": page.height_px,
        "rotation": page.rotation,
        "engine": page.engine,
        "language": page.language,
        "blocks": [_to_block(block) for block in page.blocks],
    }


def _to_block(block: Block) -> dict[str, Any]:
    return {
        "id": block.id,
        "kind": block.kind.value,
        "text": block.text,
        "level": block.level,
        "bbox": to_bbox(block.box),
        "confidence": block.confidence,
        "lines": [_to_line(line) for line in block.lines] or [_to_piece(block)],
        "cells": [_to_cell(cell) for cell in block.table.cells] if block.table else None,
    }


def _to_line(line: Line) -> dict[str, Any]:
    return {**_to_piece(line), "words": [_to_piece(word) for word in line.words]}


def _to_piece(piece: Word | Line | Block) -> dict[str, Any]:
    return {"text": piece.text, "bbox": to_bbox(piece.box), "confidence": piece.confidence, "words": []}


def _to_cell(cell: TableCell) -> dict[str, Any]:
    return {
        "row": cell.row,
        "column": cell.column,
        "row_span": cell.row_span,
        "column_span": cell.column_span,
        "text": cell.text,
        "bbox": to_bbox(cell.box),
    }


def to_bbox(box: Box) -> list[float]:
    return [round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)]
