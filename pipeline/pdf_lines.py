"""PDFium's words to lines of a page image: wide gaps, mixed writing directions, vertical text."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from pipeline.document import Box, Line, Word
from pipeline.pdf_file import Rectangle
from pipeline.pdf_text import PdfText, PdfWord

# Wider gaps than this many line heights separate columns and table cells; stretched lines stay below.
_GAP_IN_HEIGHTS = 1.5
# Spaces that PDFium guesses are real where they are wider than this.
_CLUSTER_GAP_IN_HEIGHTS = 0.25
# Browsers leave the advance of a final vowel sign out of its cluster's box, and never have a space before a danda.
_SIGN_GAP_IN_HEIGHTS = 0.6
_SPACING_SIGN = re.compile("[\u093e\u093f\u0940\u0949\u094b\u094c]$")
_DANDA = re.compile("[\u0964\u0965]")
_STACKED = re.compile("[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_STACK_GAP_IN_HEIGHTS = 1.2
_FEWEST_STACKED = 3
_BRACKETS = str.maketrans("()[]{}«»", ")(][}{»«")
_OPENING, _CLOSING = "([{«", ")]}»"

ToBox = Callable[[Rectangle], Box]


def to_lines(text: PdfText, to_box: ToBox, page_turns: int) -> tuple[Line, ...]:
    """All lines in PDFium's order; ``to_box`` maps PDF user space to page pixels.

    ``page_turns`` are the quarter turns, clockwise, by which the page image is turned against user space. A line of
    PDFium's is split at wide gaps and where its direction changes; words keep their (logical) order.
    """
    lines: list[Line] = []
    for words in text.lines:
        for turns, group in groupby(words, key=lambda word: (word.quarter_turns + page_turns) % 4):
            run = list(group)
            if turns == page_turns == 0:
                run = _join_clusters(_restore_directions(run))
            placed = [Word(word.text, to_box(word.area), None) for word in run]
            lines += [_join(part) for part in _split_at_gaps(placed, runs_across=turns % 2 == 0)]
    return tuple(_join_stacked(lines))


def _restore_directions(words: list[PdfWord]) -> list[PdfWord]:
    """Mend the Latin runs and the brackets of a right-to-left line.

    PDFium gives the words of a Latin run inside such a line in reverse; they are put from left to right. Numbers that
    follow each other without any letters beside them do run from right to left there, and stay.
    """
    if not any(word.is_right_to_left for word in words):
        return words
    restored: list[PdfWord] = []
    for is_right_to_left, group in groupby(words, key=lambda word: word.is_right_to_left):
        run = list(group)
        if not is_right_to_left and any(character.isalpha() for word in run for character in word.text):
            run.sort(key=lambda word: word.area.left)
        restored += run
    brackets = [character for word in restored for character in word.text if character in _OPENING + _CLOSING]
    if brackets and brackets[0] in _CLOSING and brackets[-1] in _OPENING:
        return [replace(word, text=word.text.translate(_BRACKETS)) for word in restored]
    return restored


def _join_clusters(words: list[PdfWord]) -> list[PdfWord]:
    joined = words[:1]
    for before, word in pairwise(words):
        if word.is_cut and (_is_near(before, word) or _DANDA.match(word.text)):
            last = joined[-1]
            joined[-1] = PdfWord(last.text + word.text, last.area.union(word.area), word.quarter_turns, last.is_cut)
        else:
            joined.append(word)
    return joined


def _is_near(word: PdfWord, following: PdfWord) -> bool:
    gap = following.area.left - word.area.right
    allowed = _SIGN_GAP_IN_HEIGHTS if _SPACING_SIGN.search(word.text) else _CLUSTER_GAP_IN_HEIGHTS
    return gap < allowed * min(word.area.height, following.area.height)


def _split_at_gaps(words: Sequence[Word], *, runs_across: bool) -> list[list[Word]]:
    """Gaps are looked for from left to right (top to bottom), for a line may mix writing directions."""

    def extent(word: Word) -> tuple[float, float]:
        return (word.box.left, word.box.right) if runs_across else (word.box.top, word.box.bottom)

    widest_gap = _GAP_IN_HEIGHTS * max(word.box.height if runs_across else word.box.width for word in words)
    part_of: dict[int, int] = {}
    part, reach = 0, None
    for index in sorted(range(len(words)), key=lambda i: extent(words[i])):
        low, high = extent(words[index])
        if reach is not None and low - reach > widest_gap:
            part += 1
        reach = high if reach is None else max(reach, high)
        part_of[index] = part
    parts: dict[int, list[Word]] = {}
    for index, word in enumerate(words):
        parts.setdefault(part_of[index], []).append(word)
    return list(parts.values())


def _join(words: Sequence[Word]) -> Line:
    return Line(" ".join(word.text for word in words), Box.around(word.box for word in words), None, tuple(words))


def _join_stacked(lines: Sequence[Line]) -> list[Line]:
    """Single CJK characters below each other become one vertical line (PDFium breaks the line after each)."""
    joined: list[Line] = []
    stack: list[Line] = []
    for line in lines:
        if stack and not _is_below(line, stack[-1]):
            joined += _close_stack(stack)
            stack = []
        if len(line.text) == 1 and _STACKED.match(line.text):
            stack.append(line)
        else:
            joined += [*_close_stack(stack), line]
            stack = []
    return [*joined, *_close_stack(stack)]


def _is_below(line: Line, above: Line) -> bool:
    # A full stop fills a corner of its square only, so the larger of the two boxes is the measure.
    size = max(line.box.width, line.box.height, above.box.width, above.box.height)
    shift = abs(line.box.center[0] - above.box.center[0])
    return shift < size and -size / 2 < line.box.top - above.box.bottom < _STACK_GAP_IN_HEIGHTS * size


def _close_stack(stack: Sequence[Line]) -> list[Line]:
    if len(stack) < _FEWEST_STACKED:
        return list(stack)
    text, box = "".join(line.text for line in stack), Box.around(line.box for line in stack)
    return [Line(text, box, None, (Word(text, box, None),))]
