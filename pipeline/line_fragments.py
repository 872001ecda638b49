"""Lines as engines give them, taken apart at wide gaps and put together again along a visual row.

Engines disagree about what a line is: one box may reach across two columns, and one visual line may come as several
boxes. The layout works on *fragments*, lines cut wherever a gap is much wider than a space. Once columns are known, the
fragments of a row are joined; a line whose fragments all landed in one row comes back unchanged.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from statistics import median

from pipeline.document import Box, Line, Word
from pipeline.list_items import is_bullet
from pipeline.reading_order import Direction

_WIDE_GAP = 0.9  # in line heights, where the line's own spaces are known to be narrower
_WIDE_GAP_ALONE = 1.3  # in line heights, where there are too few spaces to compare with
_TIMES_USUAL_GAP = 2.2


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of the line number ``source``; ``count`` is how many pieces that line has."""

    line: Line
    source: int
    count: int


def split_lines(lines: Sequence[Line]) -> tuple[Fragment, ...]:
    """All lines, cut at gaps that may be column gutters. A line whose words have no boxes stays whole."""
    fragments: list[Fragment] = []
    for source, line in enumerate(lines):
        pieces = _split(line)
        fragments.extend(Fragment(piece, source, len(pieces)) for piece in pieces)
    return tuple(fragments)


def _split(line: Line) -> list[Line]:
    if len(line.words) < 2 or line.box.height > 1.5 * line.box.width:
        return [line]
    gaps = [max(b.box.left - a.box.right, a.box.left - b.box.right) for a, b in pairwise(line.words)]
    height = line.box.height
    wide = _WIDE_GAP_ALONE * height
    if len(gaps) >= 4:
        wide = min(wide, max(_WIDE_GAP * height, _TIMES_USUAL_GAP * median(gaps)))
    first = 1 if is_bullet(line.words[0].text) else 0  # however far an item's text stands from its bullet
    cuts = [i + 1 for i, gap in enumerate(gaps) if gap >= wide and i >= first]
    return cut_line(line, cuts)


def cut_line(line: Line, cuts: Sequence[int]) -> list[Line]:
    """The line cut before the words with these indexes (ascending, not 0); each piece keeps its words and spacing."""
    if not cuts:
        return [line]
    bounds = [0, *cuts, len(line.words)]
    return [
        _from_words(line.words[first:last], text)
        for (first, last), text in zip(pairwise(bounds), _cut_text(line, cuts), strict=True)
        if text
    ]


def _cut_text(line: Line, cuts: Sequence[int]) -> list[str]:
    """The line's text cut before the words with these indexes, spacing kept as the engine gave it."""
    texts: list[str] = []
    start = position = 0
    for index, word in enumerate(line.words):
        found = line.text.find(word.text, position)
        if found < 0:  # the text is not made of the words: build it from them
            bounds = [0, *cuts, len(line.words)]
            return [" ".join(w.text for w in line.words[a:b]) for a, b in pairwise(bounds)]
        if index in cuts:
            texts.append(line.text[start:found].strip())
            start = found
        position = found + len(word.text)
    return [*texts, line.text[start:].strip()]


def _from_words(words: tuple[Word, ...], text: str) -> Line:
    confidence = mean_confidence((word.confidence, len(word.text)) for word in words)
    return Line(text, Box.around(word.box for word in words), confidence, words)


def join_row(fragments: Sequence[Fragment], sources: Sequence[Line], direction: Direction) -> Line:
    """One line from the fragments of a visual row, given in the page's reading direction."""
    return join_pieces(_whole_lines(fragments, sources), direction)


def join_pieces(pieces: Sequence[Line], direction: Direction) -> Line:
    """One line from pieces that stand side by side, given in the page's reading direction."""
    lines = list(pieces)
    if len(lines) == 1:
        return lines[0]
    if direction is not Direction.VERTICAL:
        is_rtl = is_right_to_left(line.text for line in lines)
        if is_rtl is not (direction is Direction.RIGHT_TO_LEFT):
            lines.reverse()
    text = lines[0].text
    for before, after in pairwise(lines):
        text += _glue(before, after) + after.text
    words: tuple[Word, ...] = ()
    if any(line.words for line in lines):
        # An engine without words for one piece: the piece itself stands in, or its text would have no place.
        words = tuple(w for line in lines for w in line.words or (Word(line.text, line.box, line.confidence),))
    confidence = mean_confidence((line.confidence, len(line.text)) for line in lines)
    return Line(text, Box.around(line.box for line in lines), confidence, words)


def _whole_lines(fragments: Sequence[Fragment], sources: Sequence[Line]) -> list[Line]:
    """The fragments' lines, a source line in place of its fragments where all of them are here."""
    present: dict[int, int] = {}
    for fragment in fragments:
        present[fragment.source] = present.get(fragment.source, 0) + 1
    lines: list[Line] = []
    done: set[int] = set()
    for fragment in fragments:
        if present[fragment.source] < fragment.count:
            lines.append(fragment.line)
        elif fragment.source not in done:
            done.add(fragment.source)
            lines.append(sources[fragment.source])
    return lines


def _glue(before: Line, after: Line) -> str:
    """Nothing between two CJK characters that stand close together, else a space."""
    apart = max(
        after.box.left - before.box.right,
        before.box.left - after.box.right,
        after.box.top - before.box.bottom,
    )
    is_close = apart < 0.8 * min(before.box.height, before.box.width)
    return "" if is_close and is_wide(before.text[-1:]) and is_wide(after.text[:1]) else " "


@lru_cache(maxsize=8192)
def is_wide(character: str) -> bool:
    """Whether this is a full-width character, as Chinese and Japanese are written in."""
    return bool(character) and unicodedata.east_asian_width(character) in "WF"


def is_right_to_left(texts: Iterable[str]) -> bool:
    """Whether most letters of ``texts`` are of a right-to-left script."""
    counts = Counter(chain.from_iterable(texts))
    letters = {character: count for character, count in counts.items() if character.isalpha()}
    leftwards = sum(count for c, count in letters.items() if unicodedata.bidirectional(c) in ("R", "AL"))
    return 2 * leftwards > sum(letters.values())


def mean_confidence(scored: Iterable[tuple[float | None, int]]) -> float | None:
    """Mean of the confidences weighted by length; None where none is known."""
    known = [(confidence, max(length, 1)) for confidence, length in scored if confidence is not None]
    if not known:
        return None
    return sum(confidence * length for confidence, length in known) / sum(length for _, length in known)
