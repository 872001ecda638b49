"""How a table is set: the widths of its columns, and which cells are numbers."""

import re

from exports.line_placement import is_right_to_left
from pipeline.document import Table

_NARROWEST, _WIDEST = 3, 30
"""Characters that a column is counted with at least and at most when the width is shared out."""

_PADDING = 2
"""Characters that the space between a cell's text and its borders takes."""

# Ideographs, kana and Hangul take the room of two letters, and a line may end after any of them.
_WIDE = re.compile(r"[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uff60]")

_NUMBER = re.compile(r"\s*[-+\u2212]?\s*\W?\s*\d[\d\s.,\u00a0\u202f']*\s*(?:%|[^\W\d]{1,3}|[^\w\s])?\s*")


def share_out(width: float, letter: float, table: Table) -> list[float]:
    """``width`` by column, so that words stay whole where they can; a bold letter is about ``letter`` wide.

    Each column gets its longest line (of cells of its own) where there is room for that, else its longest word and a
    part of the rest.
    """
    words, lines = [_NARROWEST] * table.column_count, [_NARROWEST] * table.column_count
    for cell in table.cells:
        if cell.column_span == 1 and cell.column < table.column_count:
            for line in cell.text.splitlines():
                longest_word = max((_room(word) for word in _WIDE.sub("  ", line).split()), default=0)
                words[cell.column] = max(words[cell.column], min(longest_word, _WIDEST))
                lines[cell.column] = max(lines[cell.column], min(_room(line), _WIDEST))
    least = [(word + _PADDING) * letter for word in words]
    best = [(line + _PADDING) * letter for line in lines]
    if sum(best) <= width:
        return _scaled(best, width)
    if sum(least) >= width:
        return _scaled(least, width)
    part = (width - sum(least)) / (sum(best) - sum(least))
    return [low + (high - low) * part for low, high in zip(least, best, strict=True)]


def _room(text: str) -> int:
    """In letters."""
    return len(text) + len(_WIDE.findall(text))


def _scaled(widths: list[float], total: float) -> list[float]:
    return [width * total / sum(widths) for width in widths]


def is_number(text: str) -> bool:
    """Whether a cell holds a number or an amount, to be set to the right."""
    return _NUMBER.fullmatch(text) is not None and not is_right_to_left(text)
