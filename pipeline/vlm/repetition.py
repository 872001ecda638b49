"""Noticing that a model has begun to say the same thing for ever."""

import re

_WINDOW = 2400
_CHECK_EVERY = 24
_LONGEST_UNIT = 400
# Coordinates and row numbers count up while a model loops; for the comparison one digit is as good as another.
_DIGITS = re.compile(r"\d")


class LoopDetector:
    """Fed with the pieces of an answer as they come; says when its end consists of one unit over and over.

    A unit of ``n`` characters has to stand there often enough to fill ``least_characters``, and at least
    ``least_repeats`` times: a ruled table's empty cells and a contents page's dots repeat too, but not that long.
    """

    def __init__(self, *, least_characters: int = 360, least_repeats: int = 6) -> None:
        self._least_characters = least_characters
        self._least_repeats = least_repeats
        self._tail = ""
        self._unchecked = 0

    def feed(self, piece: str) -> bool:
        """Take the next piece; True when the answer has been looping up to here."""
        self._tail = (self._tail + piece)[-_WINDOW:]
        self._unchecked += len(piece)
        if self._unchecked < _CHECK_EVERY:
            return False
        self._unchecked = 0
        return find_loop(self._tail, self._least_characters, self._least_repeats) is not None


def find_loop(text: str, least_characters: int = 360, least_repeats: int = 6) -> tuple[int, int] | None:
    """Where the loop at the text's end begins and how long its unit is (in characters), or None.

    The shortest unit wins. Units with the same letters and other digits count as the same.
    """
    levelled = _DIGITS.sub("0", text)
    length = len(levelled)
    for unit in range(1, min(_LONGEST_UNIT, length // least_repeats) + 1):
        if levelled[-unit:] != levelled[-2 * unit : -unit]:
            continue
        start = length - unit
        while start >= unit and levelled[start - unit : start] == levelled[-unit:]:
            start -= unit
        if length - start >= max(least_characters, least_repeats * unit):
            return start, unit
    return None


def cut_loop(text: str) -> str:
    """The text with a loop at its end reduced to one unit; the text itself when there is none."""
    found = find_loop(text)
    return text if found is None else text[: found[0] + found[1]]
