"""Program text as it stood: one block, a line a row, spaces where the picture has room for them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from pipeline.document import Block, BlockKind, Box, Line, Word

_SAME_ROW = 0.5  # of the lower one's height
_WIDE_GAP = 1.7  # columns: more than one space
_NO_GAP = 0.6  # columns, where type has one width
_EVEN = 0.06  # how far columns may differ from their median for type to have one width
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'"})  # engines like them, programs have none


def to_code_block(lines: Sequence[Line], *, page_number: int) -> tuple[Block, ...]:
    """The page as one block of text, its rows from top to bottom; none for a page without words.

    Type is taken to be of one width: a row's words stand in the column where the picture has them, counted from the
    leftmost word of the page. ``lines`` may be cut in any way; an empty row of the picture stays one.
    """
    rows = _to_rows([word for line in lines for word in (line.words or (Word(line.text, line.box, line.confidence),))])
    if not rows:
        return ()
    width, is_even = _column_width(rows)
    left = min(row[0].box.left for row in rows)
    pitch = _row_pitch(rows)
    found: list[Line] = []
    texts: list[str] = []
    for index, row in enumerate(rows):
        if index and round((row[0].box.top - rows[index - 1][0].box.top) / pitch) > 1:
            texts.append("")
        texts.append(_to_text(row, left, width, is_even=is_even))
        found.append(Line(texts[-1].strip(), Box.around(word.box for word in row), _mean(row), words=tuple(row)))
    block = Block(
        f"p{page_number}-b1",
        BlockKind.TEXT,
        "\n".join(texts),
        Box.around(word.box for row in rows for word in row),
        _mean([word for row in rows for word in row]),
        tuple(found),
    )
    return (block,)


def _to_rows(words: Sequence[Word]) -> list[list[Word]]:
    """Words of one height side by side, each row from left to right."""
    rows: list[list[Word]] = []
    cleaned = [replace(word, text=word.text.strip().translate(_QUOTES)) for word in words if word.text.strip()]
    for word in sorted(cleaned, key=lambda word: word.box.center[1]):
        if rows:
            last = rows[-1][-1].box
            if abs(word.box.center[1] - last.center[1]) < _SAME_ROW * min(word.box.height, last.height):
                rows[-1].append(word)
                continue
        rows.append([word])
    for row in rows:
        row.sort(key=lambda word: word.box.left)
    return rows


def _column_width(rows: Sequence[Sequence[Word]]) -> tuple[float, bool]:
    """Pixels from one letter to the next, and whether that is the same all over the page.

    From the start of one word to that of the next there are its letters and one space.
    """
    steps = [
        (second.box.left - first.box.left) / (len(first.text) + 1)
        for row in rows
        for first, second in pairwise(row)
        if len(first.text) > 1 and second.box.left > first.box.right
    ]
    if len(steps) < 3:
        return max(1.0, median(word.box.width / len(word.text) for row in rows for word in row)), False
    width = max(1.0, median(steps))
    return width, median(abs(step - width) for step in steps) < _EVEN * width


def _row_pitch(rows: Sequence[Sequence[Word]]) -> float:
    steps = [second[0].box.top - first[0].box.top for first, second in pairwise(rows)]
    return max(1.0, median(steps)) if steps else 1.0


def _to_text(row: Sequence[Word], left: float, width: float, *, is_even: bool) -> str:
    text = " " * round((row[0].box.left - left) / width)
    for before, word in pairwise(row):
        text += before.text
        gap = (word.box.left - before.box.left) / width - len(before.text)
        if gap > _WIDE_GAP:
            text += " " * max(1, round((word.box.left - left) / width) - len(text))
        elif gap > _NO_GAP or not is_even:
            text += " "
    return text + row[-1].text


def _mean(words: Sequence[Word]) -> float | None:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else None
