"""Which line breaks of a block only come from its width, and so may go.

A line break of running text is one that the width forced: the next line's first word would not have fitted any more
(the greedy fill of typesetting, read backwards). That alone can't tell a paragraph from short lines of about the same
width, such as the labels of an invoice, so the text has a say too: running text goes on in small letters, labels,
addresses and goods begin anew on every line.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from exports.line_joining import is_unspaced, join_lines
from pipeline.document import Block, Line
from pipeline.list_items import find_marker

_FULL_SHARE = 0.5
_ENTRY_SHARE = 0.5
_SPACE = 0.5  # of the height of a line, with some tolerance for boxes that are cut too closely
_WIDE_GAP = 2.5
_CLEAR_SPACE = 2.0
_CLEAR_SHARE = 0.15
# Mean characters of a line (an ideograph counts as two) from which lines are believed to be running text.
_WIDTH_WITHOUT_CASE = 20
_WIDTH_IN_CAPITALS = 40
_WIDTH_GOING_ON = 16
_WIDTH_GOING_ON_SELDOM = 30
_WIDTH_NEVER_GOING_ON = 36
_SELDOM = 0.25
_LONGEST_ENTRY = 45
_ENTRY = re.compile(r"[^:\uff1a]{1,30}[:\uff1a]\s*\S.*|.*\d\s*(?:%|[^\W\d_]{1,3}|\D)?", re.DOTALL)
_ADDRESS = re.compile(r"\S+@\S+\.|www\.|\w+://")
_UNSHOWN_WORD = 8  # letters
_HYPHENS = ("-", "\u2010", "\u00ad")

_Room = tuple[float, float, float]


def to_paragraphs(block: Block, known: frozenset[str]) -> list[str]:
    """The block's text as paragraphs; a line break that is left in one is meant.

    ``known`` is the page's vocabulary (:func:`exports.line_joining.vocabulary`), for words divided at a line's end.
    """
    rooms = _rooms_of_running_text(block)
    if not rooms:
        return [part for part in block.text.split("\n\n") if part.strip()]
    lines = block.text.split("\n")
    ends = [index + 1 for index, is_clear in enumerate(_clear_breaks(block.lines, rooms)) if is_clear]
    parts = (lines[start:end] for start, end in pairwise([0, *ends, len(lines)]))
    return ["\n".join(join_lines(part, known) for part in parts)]


def is_running_text(block: Block) -> bool:
    """Whether most of the block's line breaks only come from its width.

    Without boxes of lines (some engines give none) a break is taken to be meant.
    """
    return bool(_rooms_of_running_text(block))


def _rooms_of_running_text(block: Block) -> list[_Room]:
    """See :func:`_rooms`; empty where the block is no running text."""
    lines = block.lines
    if len(lines) < 2 or len(lines) != block.text.count("\n") + 1:
        return []
    rooms = _rooms(lines)
    full = [room < needed + _SPACE * height for room, needed, height in rooms]
    is_full = sum(full) >= _FULL_SHARE * len(full)
    return rooms if is_full and not _are_entries(lines) and _reads_on([line.text for line in lines]) else []


def _clear_breaks(lines: Sequence[Line], rooms: Sequence[_Room]) -> list[bool]:
    """For each break whether far more than the next word would have fitted: a paragraph ends there, or a verse."""
    longest = max(_length(line, _stand_upright(lines)) for line in lines)
    return [room > needed + _CLEAR_SPACE * height and room > _CLEAR_SHARE * longest for room, needed, height in rooms]


def _rooms(lines: Sequence[Line]) -> list[_Room]:
    """For each break: the room left on the line, the next line's first word's length, the line's height, in pixels.

    The room is measured to the longest line, and to the edge where lines end: the first may be indented.
    """
    upright = _stand_upright(lines)
    lengths = [_length(line, upright) for line in lines]
    ends = [_end(line, upright) for line in lines]
    longest, furthest = max(lengths), max(ends)
    return [
        (
            min(longest - length, furthest - end),
            _first_word_length(following, following_length, upright),
            line.box.width if upright else line.box.height,
        )
        for line, length, end, following, following_length in zip(
            lines[:-1], lengths[:-1], ends[:-1], lines[1:], lengths[1:], strict=True
        )
    ]


def _end(line: Line, upright: bool) -> float:
    """Where the line ends in its direction of reading; larger is further."""
    if upright:
        return line.box.bottom
    leftwards = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in set(line.text))
    return -line.box.left if leftwards else line.box.right


def _stand_upright(lines: Sequence[Line]) -> bool:
    return all(line.box.height > 1.5 * line.box.width for line in lines)


def _length(line: Line, upright: bool) -> float:
    return line.box.height if upright else line.box.width


def _first_word_length(line: Line, length: float, upright: bool) -> float:
    first = line.text.split(maxsplit=1)[0] if line.text.strip() else ""
    if line.words and line.words[0].text == first and not is_unspaced(first):
        box = line.words[0].box
        return box.height if upright else box.width
    letters = len(first)
    if is_unspaced(first):
        # Thai and its neighbours end a line behind a word, though nothing shows where that is.
        letters = 1 if unicodedata.east_asian_width(first[0]) in "WF" else _UNSHOWN_WORD
    return length * letters / max(len(line.text), 1)


def _are_entries(lines: Sequence[Line]) -> bool:
    """Labels with values, goods with prices, items of a list: most lines are complete by themselves."""
    entries = sum(
        find_marker(line.text) is not None
        or _has_wide_gap(line)
        or (len(line.text) < _LONGEST_ENTRY and _ENTRY.fullmatch(line.text.strip()) is not None)
        for line in lines
    )
    return entries >= _ENTRY_SHARE * len(lines) and entries > 1


def _has_wide_gap(line: Line) -> bool:
    gaps = (
        max(after.box.left - word.box.right, word.box.left - after.box.right) for word, after in pairwise(line.words)
    )
    return max(gaps, default=0.0) > _WIDE_GAP * line.box.height


def _reads_on(texts: Sequence[str]) -> bool:
    if all(text.rstrip().endswith(_HYPHENS) for text in texts[:-1]):
        return True
    # Each letter is looked at once, however often it stands there.
    letters = {letter: count for letter, count in Counter("".join(texts)).items() if letter.isalpha()}
    width = sum(map(_width, texts[:-1])) / (len(texts) - 1)
    cased = sum(count for letter, count in letters.items() if letter.isupper() or letter.islower())
    if cased * 2 < sum(letters.values()):
        return width >= _WIDTH_WITHOUT_CASE
    if not any(map(str.islower, letters)):
        return width >= _WIDTH_IN_CAPITALS
    going_on = sum(_goes_on(text, following) for text, following in pairwise(texts)) / (len(texts) - 1)
    if not going_on:
        return width >= _WIDTH_NEVER_GOING_ON
    return width >= (_WIDTH_GOING_ON_SELDOM if going_on < _SELDOM else _WIDTH_GOING_ON)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _goes_on(text: str, following: str) -> bool:
    """Whether ``following`` begins with a small letter (behind any quotation mark), or the hyphen of a divided word
    ends ``text``."""
    if _ADDRESS.match(following):
        return False
    first = next((letter for letter in following if letter.isalnum()), "")
    return first.islower() or text.rstrip().endswith(_HYPHENS)
