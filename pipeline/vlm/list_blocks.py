"""A list that a model gave as one text becomes one block for each item."""

import re

from pipeline.document import BlockKind
from pipeline.list_items import find_marker
from pipeline.vlm.markup_text import to_plain
from pipeline.vlm.raw_blocks import RawBlock

_STAR = re.compile(r"^(\s*)[*+](?=\s)")
_MAX_LEVEL = 6


def to_list_blocks(
    text: str, corners: tuple[float, float, float, float] | None, start: int, end: int
) -> list[RawBlock]:
    """Items in order; a line without a marker belongs to the item before it.

    The box is shared out evenly by lines: an estimate, as models say where a list is and not its items.
    """
    items: list[list[str]] = []
    for line in text.strip("\n").split("\n"):
        if not line.strip():
            continue
        marked = _STAR.sub(r"\1-", line)
        if not items or find_marker(marked) is not None:
            items.append([marked])
        else:
            items[-1].append(line)
    total = max(1, sum(map(len, items)))
    blocks, before = [], 0
    for item in items:
        indent = len(item[0]) - len(item[0].lstrip())
        share = strip_of(corners, before / total, (before + len(item)) / total)
        before += len(item)
        content = to_plain("\n".join(line.strip() for line in item)) if not _is_plain(item) else "\n".join(item).strip()
        level = min(_MAX_LEVEL, 1 + indent // 2)
        blocks.append(RawBlock(BlockKind.LIST, content, share, None, level, start, end))
    return blocks


def _is_plain(item: list[str]) -> bool:
    return not any(mark in line for line in item for mark in "*_`<[&\\")


def strip_of(
    corners: tuple[float, float, float, float] | None, begin: float, end: float
) -> tuple[float, float, float, float] | None:
    """The part of a box from one share of its height to another."""
    if corners is None:
        return None
    left, top, right, bottom = corners
    return left, top + begin * (bottom - top), right, top + end * (bottom - top)
