"""Document -> JSON for other programs: everything that was read, in the words of the REST API.

``schema_version`` changes when a field changes its meaning or goes. ``pages[].index`` counts from 0 as in the API,
``bbox`` is [left, top, right, bottom] in pixels of the page image, confidences are 0..1 or null.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from pipeline.document import Block, Box, Document, ExtractedValue, Line, Page, Table

SCHEMA_VERSION = 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def write(document: Document, target: BinaryIO) -> None:
    """Write UTF-8 page by page."""
    for piece in _pieces(document):
        target.write(_LONE_SURROGATE.sub("\ufffd", piece).encode("utf-8"))


def _pieces(document: Document) -> Iterator[str]:
    head = {
        "schema": "ocr-chat/document",
        "schema_version": SCHEMA_VERSION,
        "id": document.id,
        "source_name": document.source_name,
        "created_at": document.created_at.isoformat(),
        "page_count": document.page_count,
        "detected_language": document.detected_language,
        "mean_confidence": document.mean_confidence,
        "notices": list(document.notices),
        "page_errors": [
            {"index": error.page_number - 1, "code": error.code, "message": error.message}
            for error in document.page_errors
        ],
    }
    yield _dump(head)[:-1] + ',"pages":['
    yield from _page_list(document.pages)
    yield "]"
    if document.translation is not None:
        yield f',"translation":{{"language":{_dump(document.translation.language)},"pages":['
        yield from _page_list(document.translation.pages)
        yield "]}"
    if document.fields:
        yield f',"fields":{_dump([_field(field) for field in document.fields])}'
    yield "}\n"


def _field(field: ExtractedValue) -> dict[str, Any]:
    """A value that a schema asked for; ``page`` counts from 1, as in the API's ``fields``."""
    return {
        "path": list(field.path),
        "value": field.value,
        "page": field.page_number,
        "bbox": _bbox(field.box) if field.box is not None else None,
        "confidence": field.confidence,
    }


def _page_list(pages: tuple[Page, ...]) -> Iterator[str]:
    for index, page in enumerate(pages):
        yield ("," if index else "") + "\n" + _dump(_page(page))


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _page(page: Page) -> dict[str, Any]:
    return {
        "index": page.number - 1,
        "width": page.width_px,
        "height": page.height_px,
        "dpi": page.dpi,
        "rotation": page.rotation,
        "skew_deg": page.skew_deg,
        "language": page.language,
        "script": page.script,
        "engine": page.engine,
        "text": page.text,
        "blocks": [_block(block) for block in page.blocks],
    }


def _block(block: Block) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": block.id,
        "kind": block.kind.value,
        "level": block.level,
        "text": block.text,
        "bbox": _bbox(block.box),
        "confidence": block.confidence,
        "lines": [_line(line) for line in block.lines],
    }
    if block.table is not None:
        shown["table"] = _table(block.table)
    return shown


def _line(line: Line) -> dict[str, Any]:
    words = [{"text": word.text, "bbox": _bbox(word.box), "confidence": word.confidence} for word in line.words]
    return {"text": line.text, "bbox": _bbox(line.box), "confidence": line.confidence, "words": words}


def _table(table: Table) -> dict[str, Any]:
    return {
        "row_count": table.row_count,
        "column_count": table.column_count,
        "header_row_count": table.header_row_count,
        "cells": [
            {
                "row": cell.row,
                "column": cell.column,
                "row_span": cell.row_span,
                "column_span": cell.column_span,
                "text": cell.text,
                "bbox": _bbox(cell.box),
            }
            for cell in table.cells
        ],
    }


def _bbox(box: Box) -> list[float]:
    return [round(edge, 2) for edge in (box.left, box.top, box.right, box.bottom)]
