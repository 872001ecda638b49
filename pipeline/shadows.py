"""The light on a page made even: a shadow along the gutter of a book, a hand's or a telephone's over a photograph.

Division by the light that falls on the page, as in homomorphic filtering (Oppenheim, Schafer and Stockham, "Nonlinear
filtering of multiplied and convolved signals", Proc. IEEE 56, 1968); the light is what a closing (Serra, 1982) larger
than the letters leaves, smoothed. Tesseract's one threshold for a block loses letters that stand in a shadow.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import Grey, shrink
from pipeline.page_image import Pixels

_SEARCH_SIDE_PX = 250
_LETTERS_PX = 9  # larger than any letter of running text, in the shrunk page
_UNEVEN = 0.8  # the darker parts of the paper against the lighter ones
_DARKEST = 0.42  # what is darker is no shadow: a table the sheet lies on, a picture
_SHADED = (0.03, 0.6)  # share of the page


def even_out(pixels: Pixels, grey: Grey) -> tuple[Pixels, Grey]:
    """The page (RGB and grey) in even light; the same objects where there is no shadow to speak of."""
    light = _find_light(grey)
    if light is None:
        return pixels, grey
    gain = cv2.resize(light, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    even_grey = np.asarray(np.clip(grey * gain, 0, 255), np.uint8)
    return np.asarray(np.clip(pixels * gain[:, :, None], 0, 255), np.uint8), even_grey


def _find_light(grey: Grey) -> NDArray[np.float32] | None:
    """What to multiply each part of the page by, in a shrunk page; None where the light is even."""
    scale = _SEARCH_SIDE_PX / max(grey.shape)
    small = shrink(grey, max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((_LETTERS_PX, _LETTERS_PX), np.uint8))
    smooth = cv2.GaussianBlur(paper, (0, 0), _LETTERS_PX / 2).astype(np.float32)
    bright = float(np.percentile(smooth, 90))
    share = smooth / max(bright, 1.0)
    shaded = float(((share < _UNEVEN) & (share >= _DARKEST)).mean())
    if not _SHADED[0] <= shaded <= _SHADED[1] or float((share < _DARKEST).mean()) > _SHADED[0]:
        return None
    return np.asarray(1 / np.clip(share, _DARKEST, 1), np.float32)
