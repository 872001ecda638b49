"""Document -> CSV that opens right in Excel and LibreOffice and never runs anything there.

The tables of the document, an empty line between two; a document without tables gives one row per block. UTF-8 with a
byte order mark (Excel takes anything else for the system's code page), commas, CRLF.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from exports.legal_text import to_legal_text
from pipeline.document import Document, Table

BLOCK_COLUMNS = ("page", "kind", "text", "confidence")

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# What a spreadsheet takes for the beginning of a formula, and the full-width forms that East Asian versions accept.
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PLAIN_NUMBER = re.compile(r"[+-]?(?=[.,]?\d)[\d.,]+%?")
# Semicolons and tabs too: a spreadsheet of another country splits there, and then text after it would start a cell.
_NEEDS_QUOTES = re.compile(r"[,;\t\"\r\n]")


def write(document: Document, target: BinaryIO) -> None:
    """All tables in one file, in reading order."""
    target.write(_BYTE_ORDER_MARK)
    is_first = True
    for _, table in find_tables(document):
        if not is_first:
            target.write(b"\r\n")
        _write_rows(table.to_rows(), target)
        is_first = False
    if is_first:
        _write_rows(block_rows(document), target)


def write_zip(document: Document, target: BinaryIO) -> None:
    """A ZIP with one CSV for each table (``page-3-table-1.csv``), or ``blocks.csv`` when there is none."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        files = list(named_tables(document))
        for name, table in files:
            with archive.open(zipfile.ZipInfo(f"{name.replace(' ', '-').lower()}.csv"), "w") as entry:
                entry.write(_BYTE_ORDER_MARK)
                _write_rows(table.to_rows(), entry)  # type: ignore[arg-type]
        if not files:
            with archive.open(zipfile.ZipInfo("blocks.csv"), "w") as entry:
                entry.write(_BYTE_ORDER_MARK)
                _write_rows(block_rows(document), entry)  # type: ignore[arg-type]


def find_tables(document: Document) -> Iterator[tuple[int, Table]]:
    """(page number, table) in reading order."""
    for page in document.pages:
        for block in page.blocks:
            if block.table is not None and block.table.cells:
                yield page.number, block.table


def named_tables(document: Document) -> Iterator[tuple[str, Table]]:
    """("Page 3 table 1", table); tables are numbered from 1 on each page."""
    counts: dict[int, int] = {}
    for number, table in find_tables(document):
        counts[number] = counts.get(number, 0) + 1
        yield f"Page {number} table {counts[number]}", table


def block_rows(document: Document) -> Iterator[Sequence[str]]:
    """A heading, then page, kind, text and confidence (empty where the engine gives none) of each block with text."""
    yield BLOCK_COLUMNS
    for page in document.pages:
        for block in page.blocks:
            if block.text:
                confidence = "" if block.confidence is None else f"{block.confidence:.3f}"
                yield str(page.number), block.kind.value, block.text, confidence


def to_safe_cell(text: str) -> str:
    """``text`` as no spreadsheet runs it: an apostrophe before what could be a formula, plain numbers as they are."""
    text = to_legal_text(text)
    if text.startswith(_FORMULA_START) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def _write_rows(rows: Iterable[Sequence[str]], target: BinaryIO) -> None:
    for row in rows:
        target.write((",".join(map(_field, row)) + "\r\n").encode("utf-8"))


def _field(text: str) -> str:
    text = to_safe_cell(text)
    if _NEEDS_QUOTES.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text
