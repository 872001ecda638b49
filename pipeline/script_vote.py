"""Which script a page is in, by reading a line or two with several readers and looking at what comes out.

Every language data of Tesseract also knows Latin letters, so a confident reading alone proves nothing: what counts is
confidence times the share of letters that belong to the script in question.
"""

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Line
from pipeline.ink import Grey, find_ink, find_pieces, halve
from pipeline.letters import belongs, letter_share
from pipeline.line_isolation import isolate_lines
from pipeline.routing import mean_confidence, vote_candidates
from pipeline.script_detection import ScriptGuess

_SURE = 0.75
# Tesseract's Thai data sees Thai in anything, above all in Lao; real Thai it reads almost without a doubt.
_SURE_OF = {"Thai": 0.87}
_GULLIBLE = {"Thai": 0.5}
_BAND_GLYPHS = 24.0
_LONGEST_GLYPHS = 40.0
_TALLEST_GLYPHS = 5.0
_SEARCH_SIDE_PX = 1000
_SEARCH_GLYPH_PX = 6.0
_ENOUGH_LETTERS = 8
_TWINS_OF_LATIN = frozenset({"Cyrl", "Grek"})
_LOOKS_LIKE = 0.6
_ABOUT_AS_WELL = 0.1


@dataclass(frozen=True, slots=True)
class Vote:
    """A script (ISO 15924), what was read when it was assumed, and how well that fits (0..1)."""

    script: str
    pack: str
    text: str
    score: float

    @property
    def is_sure(self) -> bool:
        return self.score >= _SURE


def sample_lines(grey: Grey, glyph_px: float | None, *, count: int = 2) -> list[Grey]:
    """Pictures of up to ``count`` long lines from where the straightened page has most letters."""
    glyph_px = glyph_px or 20.0
    height = int(min(len(grey), _BAND_GLYPHS * glyph_px))
    top = _fullest_band(_count_letters(grey, glyph_px), height)
    lines = list(isolate_lines(grey[top : top + height]))
    fitting = [line for line in lines if line.pixels.shape[0] < _TALLEST_GLYPHS * glyph_px + 20] or lines
    whole = [line for line in fitting if line.top > 0 and line.top + line.pixels.shape[0] < height] or fitting
    longest = sorted(whole, key=lambda line: -line.pixels.shape[1])[:count]
    return [line.pixels[:, : int(_LONGEST_GLYPHS * glyph_px)] for line in longest]


def _count_letters(grey: Grey, glyph_px: float) -> NDArray[np.int64]:
    """How many pieces of ink of a letter's size have their middle in each row. Pictures have few, text has many."""
    small = halve(grey, int(max(_SEARCH_SIDE_PX, max(grey.shape) * _SEARCH_GLYPH_PX / glyph_px)))
    scale = len(small) / len(grey)
    _, stats, centers = find_pieces(find_ink(small))
    heights = stats[1:, cv2.CC_STAT_HEIGHT] / (glyph_px * scale)
    letters = centers[1:][(heights > 0.5) & (heights < 2.5)]
    return np.bincount((letters[:, 1] / scale).astype(np.intp), minlength=len(grey))


def _fullest_band(counts: NDArray[np.int64], height: int) -> int:
    sums = np.concatenate(([0], np.cumsum(counts)))
    return int(np.argmax(sums[height:] - sums[:-height])) if height < len(counts) else 0


def vote(
    samples: Sequence[Grey],
    candidates: Iterable[tuple[str, str]],
    read: Callable[[Grey, str], Sequence[Line]],
    is_enough: Callable[[Vote], bool] | None = None,
) -> Vote | None:
    """The best of the candidates (script, pack), most likely first; the first one that fits well wins at once.

    ``read`` gives the lines (confidences calibrated) that a pack sees in a picture. ``is_enough`` may be content with
    what was read of the first samples alone. None without samples or candidates.
    """
    best: Vote | None = None
    for script, pack in candidates:
        if not samples:
            return None
        lines: list[Line] = []
        for sample in samples:
            lines += read(sample, pack)
            found = _to_vote(script, pack, lines)
            if is_enough and is_enough(found):
                return found
        if found.score >= _SURE_OF.get(script, _SURE):
            return found
        found = replace(found, score=found.score * _GULLIBLE.get(script, 1.0))
        if best is None or found.score > best.score:
            best = found
    return best


def _to_vote(script: str, pack: str, lines: Sequence[Line]) -> Vote:
    text = "\n".join(line.text for line in lines)
    return Vote(script, pack, text, mean_confidence(lines) * _fit(text, script))


def vote_for_twin(
    samples: Sequence[Grey], guesses: Sequence[ScriptGuess], latin: Vote, read: Callable[[Grey, str], Sequence[Line]]
) -> Vote | None:
    """Cyrillic or Greek, where the letters look like it and are read about as well as in Latin, which has many of them.

    ``guesses`` say what the letters look like, likeliest first.
    """
    if not guesses or guesses[0].script not in _TWINS_OF_LATIN or guesses[0].score < _LOOKS_LIKE:
        return None
    other = vote(samples, islice(vote_candidates([guesses[0].script]), 1), read)
    return other if other and other.score >= latin.score - _ABOUT_AS_WELL else None


def _fit(text: str, script: str) -> float:
    """How well a text fits its script (0..1).

    A reader of the wrong script finds a few letters among digits and strokes, so these count against it; but not
    against Latin, which stands between digits and strokes on every receipt.
    """
    if script == "Latn":
        return letter_share(text, script)
    marks = [character for character in text if not character.isspace()]
    own = sum(unicodedata.category(c)[0] in "LM" and belongs(c, script) for c in marks)
    return own / len(marks) * min(1.0, own / _ENOUGH_LETTERS) if marks else 0.0
