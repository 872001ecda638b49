"""Pictures of a word or two: too little for a layout analysis, and often for a look at the letters.

Each line is cut out and shown to the data of one script after the other as a single line, then as a single word. The
reading that is confident of letters in its own script wins, as in :mod:`pipeline.script_vote`, which wants whole lines.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipeline.document import Line
from pipeline.letters import letter_share
from pipeline.line_isolation import IsolatedLine
from pipeline.routing import mean_confidence

MOST_LINES = 3
_SURE = 0.8
_BELIEVABLE = 0.6
_UNSEEN = 0.7  # times the confidence in a script that the look of the letters does not speak for
_TWINS = frozenset({"Latn", "Cyrl", "Grek"})  # so many letters alike that the best of them has to be found
_LETTERS = 0.7  # share of the letters that must be in the script

ReadLine = Callable[[IsolatedLine, str, bool], Sequence[Line]]
"""Reads a line with a pack, as a single word if the flag says so; confidences calibrated, boxes in page pixels."""


@dataclass(frozen=True, slots=True)
class ShortReading:
    """``script`` is ISO 15924, ``pack`` the data that read the lines."""

    script: str
    pack: str
    lines: tuple[Line, ...]


def read_short_picture(
    isolated: Sequence[IsolatedLine],
    looks: Mapping[str, float],
    candidates: Iterable[tuple[str, str]],
    read: ReadLine,
) -> ShortReading | None:
    """The likeliest reading, or None where none is believable.

    ``looks`` says how much the letters look like each script (0..1); ``candidates`` are (script, pack), likely first.
    """
    best: ShortReading | None = None
    best_score = _BELIEVABLE
    for script, pack in candidates:
        if best_score >= _SURE and script not in _TWINS:
            continue
        lines, score = _read_all(isolated, script, pack, read)
        if any(character.isalpha() for line in lines for character in line.text):
            score *= _UNSEEN + (1 - _UNSEEN) * looks.get(script, 0.0) / max((*looks.values(), 0.01))
        if score > best_score:
            best, best_score = ShortReading(script, pack, lines), score
        if best_score >= _SURE and best is not None and best.script not in _TWINS:
            break
    return best


def _read_all(
    isolated: Sequence[IsolatedLine], script: str, pack: str, read: ReadLine
) -> tuple[tuple[Line, ...], float]:
    lines: list[Line] = []
    for one in isolated:
        found = read(one, pack, False)
        if _score(found, script) < _BELIEVABLE:
            found = max(found, read(one, pack, True), key=lambda lines: _score(lines, script))
        lines.extend(found)
    return tuple(lines), _score(lines, script)


def _score(lines: Sequence[Line], script: str) -> float:
    """Confidence, where the text is in the script; figures alone could be in any."""
    text = " ".join(line.text for line in lines)
    if not any(map(str.isalnum, text)):
        return 0.0
    if any(map(str.isalpha, text)):
        return mean_confidence(lines) if letter_share(text, script) >= _LETTERS else 0.0
    # Any data finds a figure in a letter that it doesn't know.
    if {character.isascii() for character in text if character.isdigit()} != {script == "Latn"}:
        return 0.0
    return mean_confidence(lines)
