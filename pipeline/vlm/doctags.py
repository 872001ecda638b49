"""DocTags, the answers of granite-docling and SmolDocling.

Vocabulary: docling-core's ``types/doc/tokens.py``. A tag may be followed by four ``<loc_N>``: left, top, right,
bottom in five-hundredths of the page. The markup is not HTML (``<fcel>`` has no end), so it is read token by token.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from pipeline.document import BlockKind
from pipeline.vlm.markup_text import to_latex
from pipeline.vlm.otsl import parse_otsl
from pipeline.vlm.raw_blocks import RawBlock, to_table_text

_SCALE = 500
_TAG = re.compile(
    r"<(/?)(text|paragraph|title|section_header_level_\d|page_header|page_footer|list_item|picture|chart|caption|otsl|"
    r"formula|code|footnote|document_index|checkbox_selected|checkbox_unselected|key_value_region|form|"
    r"unordered_list|ordered_list|group|inline|doctag|page_break|smiles)>"
)
_LOCATION = re.compile(r"<loc_(\d{1,4})>")
_REST = re.compile(r"</?[a-z_]+\d*>|<\|[a-z_]+\|>")
_HALF_TAG = re.compile(r"</?[a-z_\d]{0,32}\Z")
_LANGUAGE = re.compile(r"\A<_[\w+#-]+_>")
_KINDS = {
    "title": BlockKind.TITLE,
    "page_header": BlockKind.HEADER,
    "page_footer": BlockKind.FOOTER,
    "list_item": BlockKind.LIST,
    "picture": BlockKind.FIGURE,
    "chart": BlockKind.TABLE,
    "otsl": BlockKind.TABLE,
    "document_index": BlockKind.TABLE,
    "formula": BlockKind.FORMULA,
}
_GROUPS = {"unordered_list", "ordered_list", "group", "inline", "doctag", "page_break", "form", "key_value_region"}


def parse(text: str) -> list[RawBlock]:
    """Blocks of a DocTags answer; an answer without its tags (a formula, a piece of code) is one block of text."""
    text = _HALF_TAG.sub("", text)
    tags = list(_TAG.finditer(text))
    if not tags:
        return _parse_bare(text)
    blocks: list[RawBlock] = []
    lists: list[list[int]] = []
    outer: tuple[float, float, float, float] | None = None
    for index, tag in enumerate(tags):
        name = tag[2]
        if name in {"unordered_list", "ordered_list"}:
            if tag[1]:
                lists[-1:] = []
            else:
                lists.append([int(name == "ordered_list"), 0])
        if name == "picture" and tag[1]:
            outer = None
        if tag[1] or name in _GROUPS:
            continue
        end = tags[index + 1].start() if index + 1 < len(tags) else len(text)
        corners, content = _split_location(text[tag.end() : end])
        if name == "picture":
            outer = corners
        blocks += _to_blocks(name, content, corners or outer, (tag.start(), end), lists)
    return blocks


def _parse_bare(text: str) -> list[RawBlock]:
    table = parse_otsl(text)
    if table is not None:
        return [RawBlock(BlockKind.TABLE, to_table_text(table), None, table, 0, 0, len(text))]
    corners, content = _split_location(text)
    if not content.strip():
        return []
    latex = to_latex(content)
    kind = BlockKind.FORMULA if latex else BlockKind.TEXT
    return [RawBlock(kind, latex or _clean(content), corners, None, 0, 0, len(text))]


def _to_blocks(
    name: str,
    content: str,
    corners: tuple[float, float, float, float] | None,
    span: tuple[int, int],
    lists: Sequence[list[int]],
) -> list[RawBlock]:
    kind = _KINDS.get(name, BlockKind.TEXT)
    level = 0
    if name.startswith("section_header"):
        kind, level = BlockKind.TITLE, min(6, int(name[-1]) + 1)
    elif kind is BlockKind.TITLE:
        level = 1
    if kind is BlockKind.TABLE:
        table = parse_otsl(content)
        if table is not None:
            return [RawBlock(kind, to_table_text(table), corners, table, 0, *span)]
        kind = BlockKind.TEXT
    content = _clean(content)
    if kind is BlockKind.FORMULA:
        content = to_latex(content) or content
    elif name.startswith("checkbox"):
        content = f"{'☑' if name == 'checkbox_selected' else '☐'} {content}"
    elif kind is BlockKind.LIST:
        level = max(1, len(lists))
        content = _mark_item(content, lists)
    return [RawBlock(kind, content, corners, None, level, *span)]


def _mark_item(content: str, lists: Sequence[list[int]]) -> str:
    if not content or not lists:
        return content
    lists[-1][1] += 1
    # Some answers carry the item's own sign, others leave it to the kind of list.
    if re.match(r"(?:[-*•·]|\(?\w{1,3}[.)])\s", content):
        return content
    return f"{lists[-1][1]}. {content}" if lists[-1][0] else f"- {content}"


def _split_location(text: str) -> tuple[tuple[float, float, float, float] | None, str]:
    """The first four locations that follow each other, and the text without any."""
    found = list(_LOCATION.finditer(text))
    content = _LOCATION.sub("", text)
    if len(found) < 4 or any(a.end() != b.start() for a, b in pairwise(found[:4])):
        return None, content
    numbers = [int(match[1]) / _SCALE for match in found[:4]]
    return (numbers[0], numbers[1], numbers[2], numbers[3]), content


def _clean(text: str) -> str:
    return _REST.sub("", _LANGUAGE.sub("", text.strip())).strip()
