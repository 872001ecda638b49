"""Cut small pictures of text out of a page, quickly and without reading it.

The method is the classic bottom-up one: local threshold, connected components, a character height estimated from
them, and runs of components smeared together along the line (run-length smearing: Wong, Casey and Wahl, "Document
Analysis System", IBM J. Res. Dev. 26(6), 1982). A smeared run is cut into pieces about five characters long and each
piece is fitted vertically by itself, so that a page tilted by a few degrees still gives tight patches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box
from pipeline.ink import find_pieces, is_light_on_dark, shrink
from pipeline.page_image import Pixels

PATCH_HEIGHT_PX = 40
PATCH_WIDTH_PX = 160

_SEARCH_LONG_SIDE_PX = 1400
_MIN_CHARACTER_PX = 5
_MAX_CHARACTER_PX = 140


@dataclass(frozen=True, slots=True)
class TextPatch:
    """A piece of a text line, about five characters long.

    ``box`` is in pixels of the page. ``run`` numbers the smeared run (usually a line or a word of large type) that
    the piece was cut from; pieces of one run share it.
    """

    box: Box
    run: int


@dataclass(frozen=True, slots=True)
class _Run:
    label: int
    left: int
    top: int
    width: int
    height: int


def to_gray(pixels: Pixels) -> Pixels:
    """RGB pixels, shape (height, width, 3), as luminance, shape (height, width)."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8) if pixels.ndim == 3 else pixels


def find_patches(gray: Pixels, *, limit: int) -> tuple[TextPatch, ...]:
    """Up to ``limit`` patches that look like text, spread over the page, in reading direction of the rows.

    ``gray`` is uint8, shape (height, width). Boxes are in its pixels. An empty page gives none.
    """
    scale = min(1.0, _SEARCH_LONG_SIDE_PX / max(gray.shape))
    ink = _binarise(shrink(gray, round(gray.shape[1] * scale), round(gray.shape[0] * scale), is_rough=True))
    marks, height = _character_marks(ink)
    if height is None:
        return ()
    smeared = cv2.morphologyEx(
        marks, cv2.MORPH_CLOSE, np.ones((max(1, round(height * 0.15)), max(3, round(height * 1.1))), np.uint8)
    )
    labels, stats, _ = find_pieces(np.asarray(smeared, np.uint8))
    runs = [
        _Run(label, *(int(value) for value in stats[label][:4]))
        for label in range(1, len(stats))
        if _looks_like_text(stats[label], height)
    ]
    pieces = [piece for run in runs for piece in _cut(run, labels, marks, height)]
    chosen = _spread(pieces, limit)
    return tuple(TextPatch(_scaled(box, 1 / scale, gray.shape), run) for box, run in chosen)


def crop_patches(gray: Pixels, patches: tuple[TextPatch, ...]) -> NDArray[np.float32]:
    """The patches as network input: float32, shape (n, 1, PATCH_HEIGHT_PX, PATCH_WIDTH_PX), ink 1, paper 0."""
    out = np.zeros((len(patches), 1, PATCH_HEIGHT_PX, PATCH_WIDTH_PX), np.float32)
    for index, patch in enumerate(patches):
        picture = _normalised(_cut_out(gray, patch.box))
        out[index, 0, :, : picture.shape[1]] = picture
    return out


def turn_over(pictures: NDArray[np.float32], gray: Pixels, patches: tuple[TextPatch, ...]) -> NDArray[np.float32]:
    """What :func:`crop_patches` made of these patches, each turned by 180 degrees."""
    out = np.zeros_like(pictures)
    for index, patch in enumerate(patches):
        width = _width_of(_cut_out(gray, patch.box))
        out[index, 0, :, :width] = pictures[index, 0, ::-1, width - 1 :: -1]
    return out


def _binarise(gray: Pixels) -> Pixels:
    """Ink as 1, paper as 0."""
    if is_light_on_dark(gray):
        gray = 255 - gray
    low, high = np.percentile(gray[::4, ::4], (1, 99))
    offset = max(6.0, 0.09 * float(high - low))
    block = max(15, min(gray.shape) // 20 | 1)
    return np.asarray(
        cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, offset), np.uint8
    )


def _character_marks(ink: Pixels) -> tuple[Pixels, float | None]:
    """Only the components that can be characters, and the typical height of one in pixels (None without any)."""
    labels, stats, _ = find_pieces(ink)
    widths, heights, areas = stats[:, 2], stats[:, 3], stats[:, 4]
    filled = areas / np.maximum(1, widths * heights)
    plausible = (heights >= _MIN_CHARACTER_PX) & (heights <= _MAX_CHARACTER_PX) & (widths >= 2) & (filled > 0.08)
    plausible &= ~((widths > 12 * heights) & (filled > 0.5))
    plausible[0] = False
    if plausible.sum() < 3:
        return np.zeros_like(ink), None
    # Weighted by ink, or the dots of noise and of letters would outvote the letters.
    height = _weighted_median(heights[plausible], areas[plausible])
    kept = (heights <= 3.2 * height) & (areas >= max(3, 0.01 * height * height)) & (widths <= 40 * height)
    kept &= ~((widths > 8 * height) & (heights < 0.25 * height)) & (filled > 0.06)
    kept[0] = False
    return kept.astype(np.uint8)[labels], height


def _weighted_median(values: NDArray[np.int32], weights: NDArray[np.int32]) -> float:
    order = np.argsort(values)
    cumulative = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(cumulative, cumulative[-1] / 2)])


def _looks_like_text(stat: NDArray[np.int32], height: float) -> bool:
    _, _, width, run_height, area = (int(value) for value in stat)
    if run_height < 0.5 * height or width < 1.2 * height:
        return False
    return area > 0.2 * width * min(run_height, 2 * height) or width > 10 * height


def _cut(run: _Run, labels: NDArray[np.int32], marks: Pixels, height: float) -> Iterator[tuple[Box, int]]:
    """Pieces about five characters long, each as high as the ink in it."""
    window = slice(run.top, run.top + run.height), slice(run.left, run.left + run.width)
    ink = (labels[window] == run.label) & (marks[window] > 0)
    pieces = max(1, round(run.width / (5.5 * height)))
    edges = np.linspace(0, run.width, pieces + 1).astype(int)
    for left, right in pairwise(edges.tolist()):
        for top, bottom in _split_rows(ink[:, left:right].sum(axis=1), 3.0 * height):
            if 0.6 * height <= bottom - top <= 4.5 * height:
                margin = 0.08 * (bottom - top)
                x, y = float(run.left), float(run.top)
                yield Box(x + left, y + top - margin, x + right, y + bottom + margin), run.label


def _split_rows(profile: NDArray[np.int64], tallest: float) -> Iterator[tuple[int, int]]:
    """Extents (first row, last row + 1) of the ink; what is too tall for one line is split at its emptiest row."""
    rows = np.flatnonzero(profile)
    if not rows.size:
        return
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    if bottom - top <= tallest:
        yield top, bottom
        return
    start, end = top + round(0.25 * (bottom - top)), top + round(0.75 * (bottom - top))
    valley = start + int(np.argmin(profile[start:end]))
    if profile[valley] > 0.15 * profile[top:bottom].max():
        yield top, bottom
        return
    for first, last in ((top, valley), (valley, bottom)):
        for inner_top, inner_bottom in _split_rows(profile[first:last], tallest):
            yield first + inner_top, first + inner_bottom


def _spread(pieces: list[tuple[Box, int]], limit: int) -> list[tuple[Box, int]]:
    """At most ``limit`` pieces: every n-th, which keeps all parts of the page and the share of each script."""
    if len(pieces) <= limit:
        return pieces
    picks = np.linspace(0, len(pieces) - 1, limit).round().astype(int)
    return [pieces[index] for index in picks]


def _scaled(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
    scaled = Box(box.left * factor, box.top * factor, box.right * factor, box.bottom * factor)
    return scaled.clipped(shape[1], shape[0])


def _cut_out(gray: Pixels, box: Box) -> Pixels:
    left, top = int(box.left), int(box.top)
    return gray[top : max(top + 2, round(box.bottom)), left : max(left + 2, round(box.right))]


def _width_of(crop: Pixels) -> int:
    """How wide a crop is at the height that patches have."""
    return max(4, min(PATCH_WIDTH_PX, round(crop.shape[1] * PATCH_HEIGHT_PX / crop.shape[0])))


def _normalised(crop: Pixels) -> NDArray[np.float32]:
    """One patch, contrast stretched, PATCH_HEIGHT_PX high and at most PATCH_WIDTH_PX wide."""
    interpolation = cv2.INTER_AREA if crop.shape[0] > PATCH_HEIGHT_PX else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (_width_of(crop), PATCH_HEIGHT_PX), interpolation=interpolation).astype(np.float32)
    low, middle, high = np.percentile(resized, (2, 50, 98))
    ink = (high - resized) / max(12.0, high - low)
    if middle < (low + high) / 2:  # more dark than light: white text on black
        ink = (resized - low) / max(12.0, high - low)
    return np.asarray(np.clip(ink, 0.0, 1.0), np.float32)
