"""Bars of dark colour with light letters in them, as above the columns of a table, made light with dark letters.

Engines lose lines there, or read the strokes between the letters, and a search for rules sees no row. A bar is a
connected dark piece that fills the slanted rectangle around it (the test for rectangles of Rosin, "Measuring
rectangularity", Machine Vision and Applications 11, 1999) and has several light pieces inside it: letters.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import Grey, shrink
from pipeline.page_image import Pixels

_SEARCH_SIDE_PX = 1100
_DARKER = 0.62  # times the paper's grey value
_MIN_HEIGHT_PX = 9  # in the shrunk page
_MIN_WIDTH = 3.0  # times its height
_RECTANGULAR = 0.85
_RIM = 0.88  # share of its rim that is dark: a word in heavy type has gaps there
_LETTERS = (0.02, 0.5)  # share of a bar that letters cover
_MIN_LETTERS = 4
_EDGE_PX, _EDGE_GREY = 2, 60


@dataclass(frozen=True, slots=True)
class DarkBar:
    """``outline`` (n, 2) and ``corners`` (4, 2), clockwise from the top left, are x and y in pixels of the page."""

    outline: NDArray[np.int32]
    corners: NDArray[np.float32]


def find_dark_bars(grey: Grey) -> tuple[DarkBar, ...]:
    """The bars of a page of dark letters on light paper; ``grey`` is (height, width)."""
    scale = min(1.0, _SEARCH_SIDE_PX / max(grey.shape))
    small = shrink(grey, round(grey.shape[1] * scale), round(grey.shape[0] * scale), is_rough=True)
    limit = _DARKER * float(np.median(small[::4, ::4]))
    dark = (small < limit).astype(np.uint8)
    # Bars alone survive an opening as high as they are at least; letters and rules don't, which makes the rest cheap.
    core = cv2.erode(dark, np.ones((3, 3 * _MIN_HEIGHT_PX), np.uint8))
    if not core.any():
        return ()
    # Without the thin rules of the table below; thin light rules part the fields of some bars.
    dark = np.asarray(cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)), np.uint8)
    bridged = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
    outlines, tree = cv2.findContours(bridged, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    outer = [np.asarray(outline, np.int32) for outline, node in zip(outlines, tree[0], strict=True) if node[3] < 0]
    return tuple(_to_page(outline, scale) for outline in outer if _is_bar(outline, dark))


def lighten_bars(pixels: Pixels, grey: Grey) -> tuple[Pixels, Grey]:
    """The page (RGB and grey) with its bars made light, their edges kept as rules."""
    bars = find_dark_bars(grey)
    if not bars:
        return pixels, grey
    mask = np.zeros_like(grey)
    cv2.fillPoly(mask, [bar.outline for bar in bars], 1)
    rim = 1 + round(max(grey.shape) / _SEARCH_SIDE_PX)  # as far as the outline may be off, and the bar's soft edge
    outside = cv2.dilate(mask, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0
    inside = cv2.erode(mask, np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0
    light, light_grey = pixels.copy(), grey.copy()
    paper = int(np.median(grey[::4, ::4]))
    light_grey[outside] = paper
    light_grey[inside] = _inverted(grey[inside], paper)
    light[outside] = light_grey[outside][:, None]
    for bar in bars:
        frame = [np.round(bar.corners).astype(np.int32)]
        cv2.polylines(light, frame, True, (_EDGE_GREY,) * 3, _EDGE_PX)
        cv2.polylines(light_grey, frame, True, _EDGE_GREY, _EDGE_PX)
    return light, light_grey


def _inverted(values: NDArray[np.uint8], paper: int) -> NDArray[np.uint8]:
    """The bar's own colour becomes the paper's, its letters black."""
    darkest, lightest = np.percentile(values, (30, 99))
    stretched = (lightest - values.astype(np.float32)) / max(float(lightest - darkest), 1.0)
    return np.asarray(np.clip(stretched, 0, 1) * paper, np.uint8)


def _is_bar(outline: NDArray[np.int32], dark: Grey) -> bool:
    (_, (width, height), _) = cv2.minAreaRect(outline)
    short, long = sorted((width, height))
    if short < _MIN_HEIGHT_PX or long < _MIN_WIDTH * short:
        return False
    if cv2.contourArea(outline) < _RECTANGULAR * (width - 1) * (height - 1):
        return False
    x, y, across, down = cv2.boundingRect(outline)
    inside = np.zeros((down, across), np.uint8)
    cv2.fillPoly(inside, [outline - (x, y)], 1)
    rim = inside - np.asarray(cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0), np.uint8)
    if float((dark[y : y + down, x : x + across] & rim).sum()) < _RIM * float(rim.sum()):
        return False
    light = inside & (1 - dark[y : y + down, x : x + across])
    share = float(light.sum()) / max(int(inside.sum()), 1)
    if not _LETTERS[0] <= share <= _LETTERS[1]:
        return False
    count, _, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=8)
    return count > _MIN_LETTERS and bool((stats[1:, cv2.CC_STAT_HEIGHT] < 0.9 * down).all())


def _to_page(outline: NDArray[np.int32], scale: float) -> DarkBar:
    box = cv2.boxPoints(cv2.minAreaRect(outline)) / scale
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    corners = np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
    return DarkBar(np.round(outline[:, 0, :] / scale).astype(np.int32), corners)
