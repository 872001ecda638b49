"""Rows and cells of a table: where they stand in the block's text, what their columns are called, what to say of them.

A table block's text has a line for each row and a tab between cells (:mod:`pipeline.structure`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.document import Block, Page, TableCell
from retrieval.terms import to_terms

_MIN_HEADED_ROWS = 2


@dataclass(frozen=True, slots=True)
class PlacedCell:
    """A cell and the characters ``start`` to ``end`` of the block's text that are its text."""

    cell: TableCell
    start: int
    end: int


def place_cells(block: Block) -> tuple[PlacedCell, ...]:
    """All cells that have text, in order; empty when they can't be told apart in the block's text."""
    placed: list[PlacedCell] = []
    position = 0
    for cell in block.table.cells if block.table else ():
        if not cell.text:
            continue
        start = block.text.find(cell.text, position)
        if start < 0:
            return ()
        position = start + len(cell.text)
        placed.append(PlacedCell(cell, start, position))
    return tuple(placed)


def find_headings(block: Block) -> Mapping[int, PlacedCell]:
    """The cells of the first row by column when that row names the columns: no number in it, but below."""
    if block.table is None or block.table.row_count <= _MIN_HEADED_ROWS:
        return {}
    placed = place_cells(block)
    first = {one.cell.column: one for one in placed if one.cell.row == 0}
    below = [one.cell.text for one in placed if one.cell.row > 0]
    has_numbers = sum(bool(re.search(r"\d", text)) for text in below) * 3 >= len(below) > 0
    names = [one.cell.text for one in first.values()]
    if len(names) * 2 < block.table.column_count or any(re.fullmatch(r"[\d.,\s%€$£-]+", name) for name in names[:1]):
        return {}
    plain = sum(not re.search(r"\d[.,]\d", name) for name in names)
    return first if has_numbers and plain == len(names) else {}


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table on a page: its cells that have text, and the headings of their columns where there are any.

    ``offset`` is where the block's text begins in the page's.
    """

    cells: tuple[PlacedCell, ...]
    headings: Mapping[int, PlacedCell]
    offset: int


def find_row(page: Page, start: int, end: int) -> TableRow | None:
    """The row that holds the characters ``start`` to ``end`` of the page's text; None unless it is exactly one."""
    position = 0
    for block in page.blocks:
        if not block.text:
            continue
        if block.table is not None and position <= start and end <= position + len(block.text):
            touched = [one for one in place_cells(block) if one.start < end - position and one.end > start - position]
            rows = {one.cell.row for one in touched}
            headings = find_headings(block)
            if len(rows) != 1 or (headings and 0 in rows):
                return None
            return TableRow(tuple(touched), headings, position)
        position += len(block.text) + 2
    return None


def choose_cells(row: TableRow, question: str) -> tuple[PlacedCell, ...]:
    """The cells whose columns the question names; empty when it names none or all."""
    asked = set(to_terms(question))
    scores = {
        one: _share(row.headings[one.cell.column].cell.text, asked)
        for one in row.cells[1:]
        if one.cell.column in row.headings
    }
    best = max(scores.values(), default=0.0)
    chosen = tuple(one for one, score in scores.items() if score == best and score > 0)
    return chosen if len(chosen) < len(scores) or len(scores) == 1 else ()


def describe_row(row: TableRow, chosen: Sequence[PlacedCell]) -> str:
    """The row in its own words: "“March” · Ridge: “73.5”", or all of its cells."""
    shown = chosen or row.cells[1:] or row.cells
    parts = [_describe(one, row.headings) for one in shown]
    if shown is row.cells:
        return " · ".join(parts)
    return " · ".join([f"“{row.cells[0].cell.text}”", *parts])


def _describe(one: PlacedCell, headings: Mapping[int, PlacedCell]) -> str:
    heading = headings.get(one.cell.column)
    return f"{heading.cell.text}: “{one.cell.text}”" if heading else f"“{one.cell.text}”"


def _share(heading: str, asked: set[str]) -> float:
    terms = to_terms(heading)
    return sum(term in asked for term in terms) / len(terms) if terms else 0.0
