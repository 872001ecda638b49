"""Lines of a paragraph to running text: which hyphens only divide a word, and where a space goes."""

import re

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HALVES = re.compile(r"(?<![^\W\d_])[^\W\d_]++[-‐\u00ad]\s*\n\s*[^\W\d_]+")
_DIVIDED = re.compile(r"(?<![^\W\d_])([^\W\d_]{2,}+)([-‐\u00ad])$")
_HYPHENS = ("-", "‐", "\u00ad")
_BEGINNING = re.compile(r"([^\W\d_]{2,})")
# Scripts without spaces: CJK punctuation, kana, ideographs, full-width forms, Thai, Lao, Khmer, Burmese.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


def vocabulary(text: str) -> frozenset[str]:
    """The words of ``text`` in small letters, compounds with their hyphens too, but no halves of divided words."""
    return frozenset(word.casefold() for word in _WORD.findall(_HALVES.sub(" ", text)))


def is_unspaced(text: str) -> bool:
    """Whether ``text`` has letters of a script that writes no spaces between words."""
    return _UNSPACED.search(text) is not None


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
        elif joined.endswith(_HYPHENS) and (divided := _DIVIDED.search(joined)) is not None:
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
