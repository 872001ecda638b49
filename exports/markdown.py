"""Document -> Markdown (CommonMark with GitHub's tables).

What was read renders back as it was read: everything in the text that looks like markup is escaped. Paragraphs become
running text, with words joined that were divided at a line's end (see :mod:`exports.running_text`); where line breaks
mean something, as in an address, they stay. Tables are pipe tables, or HTML where cells are merged. Formulas stand
between ``$$``. Each page but the first is announced by a comment, ``<!-- page 2 -->``; a document of one page has none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape as escape_html
from typing import BinaryIO

from exports.line_joining import join_lines, vocabulary
from exports.markdown_text import escape, escape_heading, to_formula
from exports.running_text import to_paragraphs
from pipeline.document import Block, BlockKind, Document, Page, Table, TableCell
from pipeline.list_items import find_marker

_HARD_BREAK = "  \n"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LIST_END = "<!-- -->"


def to_markdown(document: Document) -> str:
    """The whole document, ending in a line break unless it is empty."""
    return "".join(_pieces(document))


def to_markdown_page(page: Page) -> str:
    """One page without its page marker and without a line break at the end."""
    known = vocabulary(page.text)
    parts: list[str] = []
    items: list[Block] = []
    for block in page.blocks:
        if block.kind is BlockKind.LIST:
            items.append(block)
            continue
        parts.append(_to_list(items, known))
        items = []
        parts.append(_to_part(block, known))
    parts.append(_to_list(items, known))
    return _LONE_SURROGATE.sub("", "\n\n".join(part for part in parts if part))


def write(document: Document, target: BinaryIO) -> None:
    """Write UTF-8 Markdown page by page."""
    for piece in _pieces(document):
        target.write(piece.encode("utf-8"))


def _pieces(document: Document) -> Iterator[str]:
    is_first = True
    for page in document.pages:
        text = to_markdown_page(page)
        marker = f"<!-- page {page.number} -->" if page.number > 1 and document.page_count > 1 else ""
        piece = "\n\n".join(part for part in (marker, text) if part)
        if piece:
            yield piece + "\n" if is_first else "\n" + piece + "\n"
            is_first = False


def _to_part(block: Block, known: frozenset[str]) -> str:
    if block.kind is BlockKind.TABLE and block.table is not None:
        return to_markdown_table(block.table)
    if block.kind is BlockKind.FORMULA:
        formula = to_formula(block.text)
        return f"$$\n{formula}\n$$" if formula else ""
    if block.kind is BlockKind.TITLE:
        title = escape_heading(join_lines(block.text.split("\n"), known))
        return f"{'#' * min(max(block.level, 1), 6)} {title}" if title else ""
    return _to_paragraphs(block, known)


def _to_paragraphs(block: Block, known: frozenset[str]) -> str:
    """Running text as one line, other text with its line breaks; an empty line in the text parts paragraphs."""
    paragraphs = (escape(part) for part in to_paragraphs(block, known))
    return "\n\n".join(part.replace("\n", _HARD_BREAK) for part in paragraphs if part)


@dataclass(frozen=True, slots=True)
class _Item:
    """An item as Markdown writes it: ``sign`` is ``-``, ``3.`` or ``3)``; ``level`` counts from 1."""

    sign: str
    text: str
    level: int

    @property
    def number(self) -> int | None:
        return int(self.sign[:-1]) if self.sign != "-" else None


def _to_list(blocks: list[Block], known: frozenset[str]) -> str:
    """Items as a tight list, nested ones indented to where the text above them begins."""
    written: list[str] = []
    open_items: list[_Item] = []
    for item in (item for block in blocks for item in _items(block, known)):
        level = min(item.level, len(open_items) + 1)
        indent = " " * sum(len(parent.sign) + 1 for parent in open_items[: level - 1])
        written.append(_separator(open_items, item, level, indent))
        written.append(f"{indent}{item.sign} {item.text}\n")
        open_items = [*open_items[: level - 1], item]
    return "".join(written).rstrip("\n")


def _separator(open_items: list[_Item], item: _Item, level: int, indent: str) -> str:
    """What must stand before an item so that Markdown's own counting gives it its number."""
    if item.number is None:
        return ""
    if len(open_items) < level:
        return "\n" if open_items and item.number != 1 else ""
    previous = open_items[level - 1]
    is_same_list = previous.sign[-1] == item.sign[-1]
    return f"\n{indent}{_LIST_END}\n" if is_same_list and previous.number != item.number - 1 else ""


def _items(block: Block, known: frozenset[str]) -> Iterator[_Item]:
    """The items of a block; an engine may give a whole list as one."""
    groups: list[list[str]] = []
    for line in (line.strip() for line in block.text.split("\n")):
        if line and (not groups or find_marker(line) is not None):
            groups.append([])
        if line:
            groups[-1].append(line)
    for lines in groups:
        sign, first = _split_marker(lines[0])
        yield _Item(sign, escape(join_lines([first, *lines[1:]], known)), max(block.level, 1))


def _split_marker(line: str) -> tuple[str, str]:
    """(sign, text): bullets become ``-``; ``3.`` stays; letters, other digits and the like stay text behind a dash."""
    marker = find_marker(line)
    if marker is None:
        return "-", line
    if marker.is_sign:
        return "-", line[marker.length :]
    is_number = marker.value.isascii() and marker.value.isdecimal() and marker.text[:-1] == marker.value
    return (marker.text, line[marker.length :]) if is_number and marker.text[-1] in ".)" else ("-", line)


def to_markdown_table(table: Table) -> str:
    """A pipe table, or HTML where cells are merged or the header has several rows."""
    is_plain = all(cell.row_span == 1 and cell.column_span == 1 for cell in table.cells)
    if not table.cells or not table.row_count or not table.column_count:
        return ""
    return _to_pipes(table) if is_plain and table.header_row_count <= 1 else to_html_table(table)


def _to_pipes(table: Table) -> str:
    """Without a header row the header stays empty: pipe tables can't do without one."""
    rows = [[_to_cell(text) for text in row] for row in table.to_rows()]
    header = rows.pop(0) if table.header_row_count else [""] * table.column_count
    lines = [header, ["---"] * table.column_count, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _to_cell(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def to_html_table(table: Table) -> str:
    """The table as HTML without blank lines, which would end an HTML block in Markdown."""
    rows = []
    for index, cells in enumerate(table.to_cell_rows()):
        tag = "th" if index < table.header_row_count else "td"
        rows.append(f"<tr>{''.join(_to_html_cell(tag, cell) for cell in cells)}</tr>")
    head, body = rows[: table.header_row_count], rows[table.header_row_count :]
    lines = ["<table>", *(["<thead>", *head, "</thead>"] if head else []), "<tbody>", *body, "</tbody>", "</table>"]
    return "\n".join(lines)


def _to_html_cell(tag: str, cell: TableCell | None) -> str:
    if cell is None:
        return f"<{tag}></{tag}>"
    spans = f' rowspan="{cell.row_span}"' if cell.row_span > 1 else ""
    spans += f' colspan="{cell.column_span}"' if cell.column_span > 1 else ""
    text = "<br>".join(escape_html(line, quote=False) for line in cell.text.split("\n"))
    return f"<{tag}{spans}>{text}</{tag}>"
