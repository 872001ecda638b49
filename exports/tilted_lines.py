"""What keeps a tilted line together in Poppler.

Poppler (``TextBlock::coalesce``) puts words on one line whose baselines lie within half a font size of the line's first
word. A line that climbs or falls by more comes out in pieces, mixed with its neighbours. So the first letter of such a
line, the narrowest there can be, stands half way between the line's two ends, and its font (see
:mod:`exports.blank_font`) draws it as much higher or lower: it still covers its place on the page.
"""

import math

from exports.line_placement import Run

_RIGHTWARDS = 0.9  # cosine of the direction
_LEAST_LETTERS = 4
# In heights of the line.
_LEAST_DRIFT = 0.45
_GREATEST_DRIFT = 1.2
_REACH = 0.6
_SHIFTS = (0.5, 0.25)
# PDFium begins a new line where the second string starts this many quarters of the wider letter's width further down
# or up than the first one.
_QUARTERS_DOWN, _QUARTERS_UP = 2, 3
_SAFETY = 1.1


def goes_right(run: Run) -> bool:
    """Whether the run is read from left to right on the page as it lies."""
    return not run.mirrored and math.cos(run.angle) >= _RIGHTWARDS


def find_shift(run: Run) -> float:
    """How far down the page the first letter is to be set, in heights of the line (negative: up); 0 to leave it.

    One of few values, as each takes a font of its own. A short first word allows less, or nothing.
    """
    drift = math.sin(run.angle) * run.pieces[-1].end / run.height
    letters = sum(len(piece.text) for piece in run.pieces)
    if not goes_right(run) or letters < _LEAST_LETTERS or not _LEAST_DRIFT < abs(drift) < _GREATEST_DRIFT:
        return 0.0
    first = run.pieces[0]
    for size in _SHIFTS:
        shift = math.copysign(size, drift)
        if len(first.text) > 1 and abs(drift) < size + _REACH and first.end / run.height > second_width(shift):
            return shift
    return 0.0


def second_width(shift: float) -> float:
    """The least width of the second letter, in heights of the line, for PDFium to join it to the first."""
    return _SAFETY * 4 * abs(shift) / (_QUARTERS_DOWN if shift > 0 else _QUARTERS_UP)
