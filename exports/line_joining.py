"""Lines of a paragraph to running text: which line breaks matter, and which hyphens only divide a word."""

import re
from itertools import pairwise

from pipeline.document import Block, Line

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HALVES = re.compile(r"(?<![^\W\d_])[^\W\d_]++[-‐\u00ad]\s*\n\s*[^\W\d_]+")
_DIVIDED = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,}+)([-‐\u00ad])$")
_BEGINNING = re.compile(r"([^\W\d_]{2,})")
# Scripts without spaces: CJK punctuation, kana, ideographs, full-width forms, Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_FULL_SHARE = 0.6


def vocabulary(text: str) -> frozenset[str]:
    """The words of ``text`` in small letters, compounds with their hyphens too, but no halves of divided words."""
    return frozenset(word.casefold() for word in _WORD.findall(_HALVES.sub(" ", text)))


def is_running_text(block: Block) -> bool:
    """Whether the block's line breaks only come from its width, so that its lines may be joined.

    They do when most lines are full: the next line's first word would not have fitted. An address, a verse or a
    receipt ends its lines early. Without boxes of lines (some engines give none) a break is taken to be meant.
    """
    if len(block.lines) < 2 or len(block.lines) != block.text.count("\n") + 1:
        return False
    is_upright = all(line.box.height > 1.5 * line.box.width for line in block.lines)
    widths = [line.box.height if is_upright else line.box.width for line in block.lines]
    full = [
        max(widths) - width < _first_word_width(following, following_width) + _type_height(line, is_upright)
        for (line, following), (width, following_width) in zip(pairwise(block.lines), pairwise(widths), strict=True)
    ]
    return sum(full) >= _FULL_SHARE * len(full)


def _type_height(line: Line, is_upright: bool) -> float:
    return line.box.width if is_upright else line.box.height


def _first_word_width(line: Line, width: float) -> float:
    first = line.text.split(maxsplit=1)[0] if line.text.strip() else ""
    length = 1 if _UNSPACED.search(first) else len(first)
    return width * length / max(len(line.text), 1)


def join_lines(lines: list[str], known: frozenset[str]) -> str:
    """The lines as one, with words put together that were divided at a line's end.

    A hyphen at a line's end either divides a word or belongs to it, and no rule can tell for sure. A soft hyphen always
    goes. Otherwise both halves must be letters, the second small; then the other words of the page (``known``, see
    :func:`vocabulary`) decide: the hyphen goes when the whole word stands elsewhere, stays when the compound does or
    when each half is a word of its own there, and goes when nothing is known, as most such hyphens only divide.
    """
    joined = ""
    for line in (text.strip() for text in lines):
        if not joined or not line:
            joined += line
        elif (divided := _DIVIDED.search(joined)) is not None:
            joined = _join_divided(joined, line, divided, known)
        elif _UNSPACED.match(joined[-1]) and _UNSPACED.match(line):
            joined += line
        else:
            joined += " " + line
    return joined


def _join_divided(joined: str, line: str, divided: re.Match[str], known: frozenset[str]) -> str:
    beginning = _BEGINNING.match(line)
    if divided.group(2) == "\u00ad":
        return joined[:-1] + line
    if beginning is None or not beginning.group()[0].islower() or divided.group(1).isupper():
        return joined + (line if beginning is not None else " " + line)
    first, second = divided.group(1).casefold(), beginning.group().casefold()
    if first + second in known:
        return joined[:-1] + line
    if f"{first}-{second}" in known or (first in known and second in known):
        return joined + line
    return joined[:-1] + line
