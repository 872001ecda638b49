"""The ink of a page, the connected pieces it is made of, and the page made smaller: what looking at a page costs most.

Of OpenCV's labelling algorithms that of Grana, Borghesani and Cucchiara ("Optimized block-based connected components
labeling with decision trees", IEEE TIP 2010) took a third of the default's time here, with the same pieces. Averaging
over two by two pixels costs a fiftieth of averaging over a broken number of them, so pictures are halved as far as
possible.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

MANY_PIXELS = 4_000_000
"""From here on half the size shows what there is to see of ink, at a quarter of the cost."""

_DARK = 100  # grey value
_DARKER = 18  # grey values
_TILE_PX = 32
_CONTRAST = 60  # grey values between the darkest and the lightest pixel of a tile with letters in it


class Pieces(NamedTuple):
    """``labels`` (height, width) names each pixel's piece, 0 is the paper.

    ``stats`` (pieces, 5) are OpenCV's (left, top, width, height, area), ``centers`` (pieces, 2) x and y.
    """

    labels: NDArray[np.int32]
    stats: NDArray[np.int32]
    centers: NDArray[np.float64]


def find_ink(grey: Grey) -> Grey:
    """1 where a pixel is clearly darker than its surroundings (lighter, on a dark page)."""
    if is_light_on_dark(grey):
        grey = 255 - grey
    block = max(15, min(grey.shape) // 40 * 2 + 1)
    return darker_than_around(grey, block, _DARKER)


def darker_than_around(grey: Grey, block_px: int, difference: int) -> Grey:
    """1 where a pixel is darker by ``difference`` than the mean of the square of ``block_px`` (odd) around it.

    OpenCV's ``adaptiveThreshold`` gives the same and takes twice as long.
    """
    around = cv2.boxFilter(grey, -1, (block_px, block_px), borderType=cv2.BORDER_REPLICATE)
    darker = cv2.threshold(cv2.subtract(around, grey), difference - 1, 1, cv2.THRESH_BINARY)[1]
    return np.asarray(darker, np.uint8)


def is_light_on_dark(grey: Grey) -> bool:
    """Whether the letters are lighter than what they stand on. A sheet photographed on a dark table has dark ones.

    Letters cover less than half of the place they stand in, so most pixels there have the colour of the paper.
    """
    if np.median(grey[::4, ::4]) >= _DARK:
        return False
    rows, columns = grey.shape[0] // _TILE_PX, grey.shape[1] // _TILE_PX
    if not rows or not columns:
        return True
    even = grey[: rows * _TILE_PX, : columns * _TILE_PX].reshape(rows, _TILE_PX, columns, _TILE_PX)
    tiles = even.transpose(0, 2, 1, 3).reshape(rows * columns, -1)
    darkest, lightest = np.percentile(tiles, (2, 98), axis=1)
    busy = lightest - darkest > _CONTRAST
    dark_paper = np.median(tiles[busy], axis=1) < (darkest[busy] + lightest[busy]) / 2
    return bool(dark_paper.mean() > 0.5) if busy.any() else True


def find_pieces(ink: Grey) -> Pieces:
    """The pieces of ink whose pixels touch, corners included."""
    _, labels, stats, centers = cv2.connectedComponentsWithStatsWithAlgorithm(ink, 8, cv2.CV_32S, cv2.CCL_GRANA)
    return Pieces(np.asarray(labels, np.int32), np.asarray(stats, np.int32), np.asarray(centers, np.float64))


def find_level_runs(ink: Grey, length_px: int) -> Grey:
    """The level runs of ink at least so long: an opening with a flat kernel, one row at a time.

    Few rows of a page hold so much ink at all, and only those are opened.
    """
    runs = np.zeros_like(ink)
    rows = np.flatnonzero(cv2.reduce(ink, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0] >= length_px)
    if len(rows):
        runs[rows] = cv2.morphologyEx(ink[rows], cv2.MORPH_OPEN, np.ones((1, length_px), np.uint8))
    return runs


def halve(pixels: NDArray[np.uint8], longest_px: int) -> NDArray[np.uint8]:
    """A picture (grey or RGB) averaged down by two, again and again until no side is longer than ``longest_px``."""
    while max(pixels.shape[:2]) > longest_px and min(pixels.shape[:2]) > 1:
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        half = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(half, np.uint8)
    return pixels


def shrink(pixels: NDArray[np.uint8], width_px: int, height_px: int, *, is_rough: bool = False) -> NDArray[np.uint8]:
    """A picture (grey or RGB) averaged down to this size; larger sizes than its own give it back as it is.

    ``is_rough``: what is left to do after halving is interpolated, which takes an eighth of the time. Enough to find
    things, not for what measures fine angles or was trained on averages.
    """
    if width_px >= pixels.shape[1] or height_px >= pixels.shape[0]:
        return pixels
    while pixels.shape[1] >= 2 * width_px and pixels.shape[0] >= 2 * height_px:
        even = pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2]
        half = cv2.resize(even, (even.shape[1] // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
        pixels = np.asarray(half, np.uint8)
    if pixels.shape[:2] == (height_px, width_px):
        return pixels
    interpolation = cv2.INTER_LINEAR if is_rough else cv2.INTER_AREA
    return np.asarray(cv2.resize(pixels, (width_px, height_px), interpolation=interpolation), np.uint8)
