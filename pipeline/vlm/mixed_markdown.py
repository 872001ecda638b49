"""Answers in Markdown with HTML tables, OTSL tables and LaTeX: PaddleOCR-VL, LightOnOCR's plain mode, others."""

import re
from collections.abc import Sequence

from markdown_it.token import Token

from pipeline.document import BlockKind, Table
from pipeline.vlm.grids import SpannedCell, to_table
from pipeline.vlm.list_blocks import to_list_blocks
from pipeline.vlm.markup_text import markdown, to_latex, to_plain, without_fence, without_thoughts
from pipeline.vlm.otsl import has_otsl, parse_otsl
from pipeline.vlm.raw_blocks import RawBlock, to_table_text

# Cut out before Markdown is read: it would take backslashes, underscores and tags in them for its own.
_TAKEN_OUT = re.compile(
    r"(?P<table><table\b.*?(?:</table>|\Z))"
    r"|^[ ]{0,3}(?P<formula>\$\$.*?(?:\$\$|\Z)|\\\[.*?(?:\\\]|\Z))[ ]*$",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)


def parse(text: str) -> list[RawBlock]:
    """Blocks without boxes, in the order of the text."""
    inner, offset = without_fence(without_thoughts(text))
    if has_otsl(inner):
        return _otsl_block(inner, offset)
    blocks: list[RawBlock] = []
    position = 0
    for found in _TAKEN_OUT.finditer(inner):
        blocks += _parse_markdown(inner[position : found.start()], offset + position)
        blocks += _taken_out(found, offset)
        position = found.end()
    return blocks + _parse_markdown(inner[position:], offset + position)


def parse_pipe_table(text: str) -> Table | None:
    """The first table in pipes, or None."""
    return next((block.table for block in _parse_markdown(text, 0) if block.table), None)


def _otsl_block(text: str, offset: int) -> list[RawBlock]:
    table = parse_otsl(text)
    if table is None:
        return []
    return [RawBlock(BlockKind.TABLE, to_table_text(table), None, table, 0, offset, offset + len(text))]


def _taken_out(found: re.Match[str], offset: int) -> list[RawBlock]:
    start, end = offset + found.start(), offset + found.end()
    if found["table"] is None:
        latex = to_latex(found[0]) or found[0].strip()
        return [RawBlock(BlockKind.FORMULA, latex, None, None, 0, start, end)]
    # HTML answers fall back on this module, so it can't be imported above.
    from pipeline.vlm.html_blocks import parse_html_table

    table = parse_html_table(found[0])
    if table is None:
        return []
    return [RawBlock(BlockKind.TABLE, to_table_text(table), None, table, 0, start, end)]


def _parse_markdown(text: str, offset: int) -> list[RawBlock]:
    if not text.strip():
        return []
    lines = text.split("\n")
    starts = [offset]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    blocks: list[RawBlock] = []
    tokens = markdown().parse(text)
    index = 0
    while index < len(tokens):
        after = _end_of(tokens, index)
        first, last = tokens[index].map or (0, 0)
        source = "\n".join(lines[first:last])
        blocks += _to_blocks(tokens[index:after], source, starts[first], min(starts[last], starts[-1] - 1))
        index = after
    return blocks


def _end_of(tokens: Sequence[Token], index: int) -> int:
    """Where the top-level element that begins at ``index`` is over."""
    depth = 0
    while index < len(tokens):
        depth += tokens[index].nesting
        index += 1
        if depth <= 0:
            break
    return index


def _to_blocks(tokens: Sequence[Token], source: str, start: int, end: int) -> list[RawBlock]:
    kind = tokens[0].type
    if kind == "heading_open":
        level = int(tokens[0].tag[1])
        return [RawBlock(BlockKind.TITLE, to_plain(tokens[1].content), None, None, level, start, end)]
    if kind in {"bullet_list_open", "ordered_list_open"}:
        return to_list_blocks(source, None, start, end)
    if kind == "table_open":
        table = _read_table(tokens)
        return [RawBlock(BlockKind.TABLE, to_table_text(table), None, table, 0, start, end)] if table else []
    if kind in {"fence", "code_block"}:
        return [RawBlock(BlockKind.TEXT, tokens[0].content.strip("\n"), None, None, 0, start, end)]
    if kind == "hr":
        return []
    return [_to_paragraph(source, start, end)]


def _to_paragraph(source: str, start: int, end: int) -> RawBlock:
    latex = to_latex(source)
    if latex:
        return RawBlock(BlockKind.FORMULA, latex, None, None, 0, start, end)
    # Pictures are links to nowhere: what stands in them is a description.
    picture = re.fullmatch(r"!\[([^\]]*)\]\([^)]*\)\s*", source.strip())
    if picture:
        return RawBlock(BlockKind.FIGURE, picture[1], None, None, 0, start, end)
    text = to_plain("\n".join(line.strip() for line in source.strip().split("\n")))
    return RawBlock(BlockKind.TEXT, text, None, None, 0, start, end)


def _read_table(tokens: Sequence[Token]) -> Table | None:
    rows: list[list[SpannedCell]] = []
    head_rows = 0
    for index, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "thead_close":
            head_rows = len(rows)
        elif token.type in {"th_open", "td_open"} and rows:
            rows[-1].append(SpannedCell(to_plain(tokens[index + 1].content), is_header=token.type == "th_open"))
    # Models write a head line because Markdown wants one, also where the table has none.
    has_head = head_rows > 0 and any(cell.text for cell in rows[0])
    return to_table(rows if has_head else rows[head_rows:], head_rows if has_head else 0)
