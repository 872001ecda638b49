"""The rules of tables taken out of a page's picture before it is read.

Tesseract reads them as bars between the words and loses single figures in small fields. Rules are what an opening with
a long flat kernel leaves (see :mod:`pipeline.rules`); their pixels take the colour of the paper, as Serra's top-hat
residue would have it, and letters that cross them keep what stands out on either side.
"""

import cv2
import numpy as np

from pipeline.ink import Grey, find_ink, find_level_runs, find_pieces

_LONG = 14.0  # letter heights (median piece of ink): the head strokes of Indic words are shorter
_TALL = 3.2
_BETWEEN = 1.5  # where a run reaches from one level rule to another
_THIN = 0.4
_FEWEST_PX = 40
_USUAL_GLYPH_PX = 20.0


def erase_rules(grey: Grey, glyph_px: float | None) -> Grey:
    """The picture without the rules of its tables; the same object where there are none.

    ``glyph_px`` is the usual height of a letter (:func:`pipeline.prepare.glyph_height`). An upright rule counts only
    where it meets a level one: anything else may be a letter of large type.
    """
    glyph_px = glyph_px or _USUAL_GLYPH_PX
    ink = find_ink(grey)
    level = _runs(ink, max(_FEWEST_PX, round(_LONG * glyph_px)), glyph_px, is_upright=False)
    if not level.any():
        return grey
    upright = _runs(ink, max(12, round(_BETWEEN * glyph_px)), glyph_px, is_upright=True)
    rules = level | _meeting(upright, level, _TALL * glyph_px)
    erased = grey.copy()
    margin = np.ones((3, 3), np.uint8)
    erased[cv2.dilate(rules, margin) > 0] = _paper(grey)
    return erased


def _runs(ink: Grey, length: int, glyph_px: float, *, is_upright: bool) -> Grey:
    """Runs of ink at least so long, where they are thin. Slants of half a degree break them into overlapping steps."""
    bridged = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((1, 3) if is_upright else (3, 1), np.uint8))
    if is_upright:
        runs = np.asarray(cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8)), np.uint8)
    else:
        runs = find_level_runs(np.asarray(bridged, np.uint8), length)
    thick = max(3, round(_THIN * glyph_px))
    across = np.ones((1, thick) if is_upright else (thick, 1), np.uint8)
    return runs & ~np.asarray(cv2.morphologyEx(runs, cv2.MORPH_OPEN, across), np.uint8)


def _meeting(upright: Grey, level: Grey, tall_px: float) -> Grey:
    """The upright runs that meet a level one if they are tall, one at either end if they aren't."""
    near = cv2.dilate(level, np.ones((7, 7), np.uint8)) > 0
    if not upright[near].any():
        return np.zeros_like(upright)
    labels, stats, _ = find_pieces(upright)
    met = set(np.unique(labels[near]).tolist()) - {0}
    wanted = np.zeros(len(stats), np.uint8)
    for label in met:
        left, top, width, height, _ = stats[label].tolist()
        columns = slice(left, left + width)
        ends = near[top, columns].any() and near[top + height - 1, columns].any()
        wanted[label] = height >= tall_px or ends
    return wanted[labels]


def _paper(grey: Grey) -> int:
    return int(np.median(grey[::4, ::4]))
