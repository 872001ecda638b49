"""LightOnOCR-3's answers: ``![label](x1,y1,x2,y2) content`` for each block, coordinates 0..1000.

Format: the vendor's README, https://github.com/lightonai/LightOnOCR.
"""

import re
from dataclasses import replace

from pipeline.document import BlockKind, Table
from pipeline.vlm import mixed_markdown
from pipeline.vlm.html_blocks import parse_html_table
from pipeline.vlm.list_blocks import to_list_blocks
from pipeline.vlm.markup_text import split_heading, to_latex, to_plain, without_thoughts
from pipeline.vlm.raw_blocks import RawBlock, to_table_text

_SCALE = 1000
_NUMBER = r"\s*(-?\d{1,6}(?:\.\d{1,6})?)\s*"
_MARKER = re.compile(rf"!\[([a-z_]{{1,24}}\+?)\]\({_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}\)", re.IGNORECASE)
# A marker that the answer's end cut off.
_HALF_MARKER = re.compile(r"!(?:\[[a-z_]{0,24}\+?(?:\](?:\([\d,.\s-]{0,40})?)?)?\Z", re.IGNORECASE)
_ESCAPED_DOLLARS = re.compile(r"\\\$(?=[^\s$])((?:(?!\\\$).){1,400}?[\\^_{}=](?:(?!\\\$).){0,400}?)\\\$")
_KINDS = {
    "title": BlockKind.TITLE,
    "section": BlockKind.TITLE,
    "list": BlockKind.LIST,
    "table": BlockKind.TABLE,
    "chart": BlockKind.TABLE,
    "formula": BlockKind.FORMULA,
    "image": BlockKind.FIGURE,
    "header": BlockKind.HEADER,
    "footer": BlockKind.FOOTER,
    "page_number": BlockKind.FOOTER,
}
_LEVELS = {"title": 1, "section": 2}


def parse(text: str) -> list[RawBlock]:
    """Blocks with boxes; what stands before the first marker (or an answer without any) is read as Markdown."""
    text = _HALF_MARKER.sub("", without_thoughts(text))
    markers = list(_MARKER.finditer(text))
    blocks = mixed_markdown.parse(text[: markers[0].start()] if markers else text)
    ends = [marker.start() for marker in markers[1:]] + [len(text)]
    for marker, end in zip(markers, ends, strict=False):
        label = marker[1].lower().rstrip("+")
        corners = tuple(float(marker[group]) / _SCALE for group in (2, 3, 4, 5))
        found = _to_blocks(label, text[marker.end() : end].strip("\n").rstrip())
        blocks += _placed(found, (corners[0], corners[1], corners[2], corners[3]), marker.start(), end)
    return blocks


def _placed(blocks: list[RawBlock], corners: tuple[float, float, float, float], start: int, end: int) -> list[RawBlock]:
    """Parts of one list share its box; anything else has it to itself."""
    if len(blocks) > 1 and all(block.kind is BlockKind.LIST for block in blocks):
        source = "\n".join("  " * (block.level - 1) + block.text for block in blocks)
        return to_list_blocks(source, corners, start, end)
    return [replace(block, corners=corners, start=start, end=end) for block in blocks]


def _to_blocks(label: str, content: str) -> list[RawBlock]:
    kind = _KINDS.get(label, BlockKind.TEXT)
    if kind is BlockKind.TABLE or "<table" in content:
        return _read_table(content)
    if kind is BlockKind.FORMULA:
        return [RawBlock(kind, to_latex(content) or content.strip())]
    if kind is BlockKind.LIST:
        return to_list_blocks(content.lstrip(" "), None, 0, 0)
    if label == "code":
        return [RawBlock(kind, _without_code_fence(content))]
    level, content = split_heading(content)
    if level or kind is BlockKind.TITLE:
        return [RawBlock(BlockKind.TITLE, to_plain(content), level=level or _LEVELS.get(label, 2))]
    return [RawBlock(kind, to_plain(_ESCAPED_DOLLARS.sub(r"$\1$", content)))]


def _read_table(content: str) -> list[RawBlock]:
    """The table with what stands around it (a caption, a chart's title) as text of its own."""
    found = re.search(r"<table\b.*?(?:</table>|\Z)", content, re.DOTALL | re.IGNORECASE)
    table: Table | None
    if found:
        table, around = parse_html_table(found[0]), content[: found.start()] + "\n" + content[found.end() :]
    else:
        table, around = mixed_markdown.parse_pipe_table(content), ""
    if table is None:
        return [RawBlock(BlockKind.TEXT, to_plain(content))]
    blocks = [RawBlock(BlockKind.TABLE, to_table_text(table), table=table)]
    return ([RawBlock(BlockKind.TEXT, to_plain(around))] if around.strip() else []) + blocks


def _without_code_fence(content: str) -> str:
    return re.sub(r"\A\s*```[\w+-]*\n?|\n?```\s*\Z", "", content).strip("\n")
