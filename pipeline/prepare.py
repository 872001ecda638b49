"""Turn, straighten and scale a page so that an engine reads it best, and map what it read back to the page.

The angle of the lines is found as in Postl, "Detection of linear oblique structures and skew scan in digitized
documents" (ICPR 1986): of all directions, the projection of the ink along the text lines has the sharpest profile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.dark_bars import lighten_bars
from pipeline.document import Block, Box, Line, Table
from pipeline.dot_leaders import Leader, erase_leaders, find_leaders
from pipeline.ink import MANY_PIXELS, Grey, find_ink, find_pieces, is_light_on_dark, shrink
from pipeline.page_image import PageImage, Pixels
from pipeline.shadows import even_out

Affine = NDArray[np.float64]  # (2, 3)

_SKEW_SIDE_PX = 1000
_SKEW_RANGE_DEG = 8.0
_SKEW_SAMPLES = 40_000
_SKEW_WORTH_DEG = 0.25  # below it engines don't care and resampling only blurs
_SKEW_SHARPER = 1.15  # how much sharper the profile must become for the angle to be believed

_BEST_GLYPH_PX = 22.0  # median height of a connected piece of ink, about the x-height
_SMALL_GLYPH_PX = 15.0
_LARGE_GLYPH_PX = 60.0
_MAX_SCALE = 3.0
_CLEAR_GLYPH_PX = 9.0  # at half the size; smaller letters are measured at the page's own
_MAX_SIDE_PX = 6000

_NOISY = 0.9  # standard deviation of the paper's grey values from which on smoothing pays
_SMOOTHING_PX = 0.8  # standard deviation of the Gaussian, as much again for every 6 grey values of noise
_SECOND_DIFFERENCE = np.array([1, -2, 1], np.float32)  # along both axes: the difference of two Laplacians


@dataclass(frozen=True)
class PreparedPage:
    """A page made ready. ``to_page`` is the affine map (2, 3) from its pixels to those of the page image.

    ``rotation`` and ``skew_deg`` are what :class:`pipeline.document.Page` says they are. ``glyph_px`` is the median
    height of its letters (see :func:`glyph_height`), ``grey`` what most of the work is done on. ``draw`` makes the same
    picture in colour, which takes three times as long as in grey and which many a page never needs. ``leaders`` are
    where rows of dots were taken out of it (see :mod:`pipeline.dot_leaders`).
    """

    draw: Callable[[], PageImage]
    to_page: Affine
    rotation: int
    skew_deg: float
    glyph_px: float | None
    grey: Grey
    leaders: tuple[Box, ...] = ()

    @cached_property
    def image(self) -> PageImage:
        return self.draw()

    @property
    def is_as_it_came(self) -> bool:
        """Whether its pixels stand where those of the page image do."""
        return np.array_equal(self.to_page, np.eye(2, 3))

    def map_box(self, box: Box) -> Box:
        """The smallest upright box in the page image around this box of the prepared page."""
        corners = np.array(
            [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)], np.float64
        )
        points = corners @ self.to_page[:, :2].T + self.to_page[:, 2]
        left, top = points.min(axis=0)
        right, bottom = points.max(axis=0)
        return Box(float(left), float(top), float(right), float(bottom))

    def map_line(self, line: Line) -> Line:
        words = tuple(replace(word, box=self.map_box(word.box)) for word in line.words)
        return replace(line, box=self.map_box(line.box), words=words)

    def map_block(self, block: Block) -> Block:
        table = block.table and self._map_table(block.table)
        lines = tuple(self.map_line(line) for line in block.lines)
        return replace(block, box=self.map_box(block.box), lines=lines, table=table)

    def _map_table(self, table: Table) -> Table:
        return replace(table, cells=tuple(replace(cell, box=self.map_box(cell.box)) for cell in table.cells))


def prepare(
    image: PageImage, *, rotation: int = 0, straighten: bool = True, scale: float | None = None
) -> PreparedPage:
    """Turn by ``rotation`` (0, 90, 180, 270 degrees clockwise), straighten the lines, scale the letters.

    ``scale`` None brings letters to a size that engines read well; pages whose letters are fine keep their pixels.
    """
    grey = to_grey(image.pixels)
    if is_light_on_dark(grey):  # engines lose lines there
        image, grey = replace(image, pixels=255 - image.pixels), 255 - grey
    image, grey = _smooth(*_lighten(image, grey))
    skew_deg = find_skew(_turned(_shrunk(grey), rotation)) if straighten else 0.0
    letters = _look_at_letters(grey)
    leaders = find_leaders(letters.stats, is_lying=rotation % 180 != 0)
    found_at = letters.shrunk
    if leaders:
        image, grey = _without_leaders(image, leaders, found_at)
        letters = _look_at_letters(grey)
    glyph_px = letters.height
    if scale is None:
        scale = _best_scale(glyph_px, grey.shape)
    glyph_px = glyph_px and glyph_px * scale
    if rotation == 0 and skew_deg == 0 and scale == 1:
        boxes = tuple(leader.box_on(np.eye(2, 3), found_at) for leader in leaders)
        return PreparedPage(lambda: image, np.eye(2, 3), 0, 0.0, glyph_px, grey, boxes)
    to_page, *size = _geometry(image.width_px, image.height_px, rotation, skew_deg, scale)

    def turn(pixels: Pixels | Grey) -> NDArray[np.uint8]:
        turned = cv2.warpAffine(
            pixels,
            to_page,
            size,
            flags=cv2.WARP_INVERSE_MAP | (cv2.INTER_CUBIC if scale >= 1 else cv2.INTER_AREA),
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_paper(pixels),
        )
        return np.asarray(turned, np.uint8)

    def draw() -> PageImage:
        return PageImage(image.number, turn(image.pixels), image.dpi * scale)

    boxes = tuple(leader.box_on(to_page, found_at) for leader in leaders)
    return PreparedPage(draw, to_page, rotation, skew_deg, glyph_px, turn(grey), boxes)


def to_grey(pixels: Pixels) -> Grey:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def find_skew(grey: Grey) -> float:
    """The angle of the text lines in degrees, clockwise positive; 0.0 where there is none worth correcting.

    ``grey`` is (height, width), some 1000 pixels a side: half a pixel over a line is then 0.03 degrees.
    """
    found = cv2.findNonZero(find_ink(grey))
    if found is None or len(found) < 200:
        return 0.0
    points = np.ascontiguousarray(found.reshape(-1, 2).T, np.float32)
    points[0] -= grey.shape[1] / 2
    points = _thinned(points, _SKEW_SAMPLES)
    best, step = 0.0, 1.0
    angles = np.arange(-_SKEW_RANGE_DEG, _SKEW_RANGE_DEG + step / 2, step / 2)
    while step > 0.03:
        scores = [_sharpness(points, angle) for angle in angles]
        best = float(angles[int(np.argmax(scores))])
        step /= 4
        if abs(best) + 3 * step < _SKEW_WORTH_DEG:  # more than that the finer steps can't find
            return 0.0
        angles = best + np.arange(-4, 5) * step / 2
    if abs(best) < _SKEW_WORTH_DEG or abs(best) > _SKEW_RANGE_DEG - 0.5:
        return 0.0
    if _sharpness(points, best) < _SKEW_SHARPER * _sharpness(points, 0.0):
        return 0.0
    return round(best, 2)


def find_noise(grey: Grey) -> float:
    """Standard deviation of the noise on the paper, in grey values.

    Immerkær, "Fast noise variance estimation" (1996): the difference of two Laplacians doesn't see edges. Taking the
    median of it instead of the mean leaves the text out.
    """
    response = cv2.sepFilter2D(grey, cv2.CV_16S, _SECOND_DIFFERENCE, _SECOND_DIFFERENCE)
    return float(np.median(np.abs(response[::2, ::2]))) / 0.6745 / 6


class _Letters(NamedTuple):
    """The pieces of ink (no paper) of a page shrunk so many times, and the usual height of a letter on the page."""

    height: float | None
    stats: NDArray[np.int32]
    shrunk: int


def glyph_height(grey: Grey) -> float | None:
    """Median height in pixels of the connected pieces of ink that may be letters; None when there are too few."""
    return _look_at_letters(grey).height


def _look_at_letters(grey: Grey) -> _Letters:
    if grey.size > MANY_PIXELS:
        height, stats = _median_letter(shrink(grey, grey.shape[1] // 2, grey.shape[0] // 2))
        if height is not None and height >= _CLEAR_GLYPH_PX:
            return _Letters(2 * height, stats, 2)
    height, stats = _median_letter(grey)
    return _Letters(height, stats, 1)


def _median_letter(grey: Grey) -> tuple[float | None, NDArray[np.int32]]:
    stats = find_pieces(find_ink(grey)).stats[1:]
    widths, heights, areas = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT], stats[:, cv2.CC_STAT_AREA]
    letters = (heights >= 5) & (areas >= 10) & (heights < grey.shape[0] / 8) & (widths < 12 * heights)
    letters &= (heights < 12 * widths) | (heights < 40)
    if letters.sum() < 20:
        return None, stats
    return float(np.median(heights[letters])), stats


def _without_leaders(image: PageImage, leaders: Sequence[Leader], scale: float) -> tuple[PageImage, Grey]:
    pixels = erase_leaders(image.pixels, leaders, scale)
    return replace(image, pixels=pixels), to_grey(pixels)


def _lighten(image: PageImage, grey: Grey) -> tuple[PageImage, Grey]:
    pixels, light = even_out(*lighten_bars(image.pixels, grey))
    return (image, grey) if light is grey else (replace(image, pixels=pixels), light)


def _smooth(image: PageImage, grey: Grey) -> tuple[PageImage, Grey]:
    noise = find_noise(grey)
    if noise < _NOISY:
        return image, grey
    smooth = cv2.GaussianBlur(image.pixels, (0, 0), _SMOOTHING_PX * (1 + noise / 6))
    quiet = replace(image, pixels=np.asarray(smooth, np.uint8))
    return quiet, to_grey(quiet.pixels)


def _best_scale(height: float | None, shape: tuple[int, ...]) -> float:
    if height is None or _SMALL_GLYPH_PX <= height <= _LARGE_GLYPH_PX:
        return 1.0
    scale = min(max(_BEST_GLYPH_PX / height, 1 / _MAX_SCALE), _MAX_SCALE)
    return min(scale, _MAX_SIDE_PX / max(shape))


def _paper(pixels: Pixels | Grey) -> tuple[float, ...]:
    """The page's usual colour. (Repeating the edge instead would draw noise out into streaks that look like text.)"""
    return tuple(np.atleast_1d(np.median(pixels[::8, ::8], axis=(0, 1))).tolist())


def _shrunk(grey: Grey) -> Grey:
    scale = _SKEW_SIDE_PX / max(grey.shape)
    return shrink(grey, round(grey.shape[1] * scale), round(grey.shape[0] * scale))


def _turned(grey: Grey, rotation: int) -> Grey:
    return np.rot90(grey, -rotation // 90)


def _thinned(points: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """At most so many of the points (2, n), evenly taken."""
    total = points.shape[1]
    return points if total <= count else points[:, np.linspace(0, total - 1, count).astype(np.intp)]


def _sharpness(points: NDArray[np.float32], angle_deg: float) -> float:
    """How much the projection of ink at these x and y (2, n) along lines of this angle goes up and down."""
    rows = points[1] - np.float32(np.tan(np.radians(angle_deg))) * points[0]
    profile = np.bincount((rows - rows.min()).astype(np.intp)).astype(np.float64)
    return float(np.square(np.diff(profile)).sum())


def _geometry(width_px: int, height_px: int, rotation: int, skew_deg: float, scale: float) -> tuple[Affine, int, int]:
    """The map from prepared pixels to page pixels, and the prepared page's size, large enough for every corner."""
    angle = np.radians(rotation - skew_deg)
    forward = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([(0, 0), (width_px, 0), (width_px, height_px), (0, height_px)], np.float64) @ forward.T
    origin = corners.min(axis=0)
    size = np.ceil(np.round(corners.max(axis=0) - origin, 3)).astype(int)
    backward = np.linalg.inv(forward)
    return np.column_stack([backward, backward @ origin]), int(size[0]), int(size[1])
