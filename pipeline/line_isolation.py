"""Cut a straightened page into pictures of single lines in which nothing of the neighbouring lines is left.

Tesseract's own line finding loses or mixes lines in scripts that stack marks above and below the letters (Burmese,
Khmer, Thai, Lao): the marks of one line reach into the next. Here every connected piece of ink belongs to the line
whose middle is nearest, as in the projection-based methods that Likforman-Sulem, Zahour and Taconet survey ("Text line
segmentation of historical documents", IJDAR 2007), and a line's picture shows its own pieces only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box, Line
from pipeline.ink import MANY_PIXELS, Grey, find_ink, find_pieces, halve

_MIN_PEAK = 0.02  # of the highest row of a block
_MAX_VALLEY = 0.62  # of the lower of the two peaks beside it, else they are one line
_MIN_PITCH_GLYPHS = 0.9
_COLUMN_GAP_GLYPHS = 2.5
_ROW_GAP_GLYPHS = 3.0
_LARGEST_GLYPHS = 8.0
_SPECK_AREA_GLYPHS = 0.03
_MIN_LINE_PIXELS = 30
_LETTER_GLYPHS = 0.5
_RULE_ASPECT = 15  # width over height; a long Arabic or Devanagari word has 6
_BORDER_PX = 10

Stats = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class IsolatedLine:
    """``pixels`` is grey with a white border; its pixel (x, y) is pixel (x + left, y + top) of the page."""

    pixels: Grey
    left: int
    top: int


def isolate_lines(grey: Grey, *, read_already: Sequence[Box] = ()) -> Iterator[IsolatedLine]:
    """The lines of each block of text, from top to bottom; blocks in no particular order.

    Lines most of whose ink lies in boxes of ``read_already`` are left out.
    """
    ink = find_ink(grey)
    labels, stats, centers = find_pieces(ink)
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    if not (heights >= 5).any():
        return
    glyph_px = float(np.median(heights[heights >= 5]))
    unread = _without_boxes(ink, read_already)
    if read_already and not _has_letters(stats[1:][_is_unread(unread, labels, stats)[1:]], glyph_px):
        return
    owners = _find_owners(ink, stats, centers, glyph_px)
    owner_map = owners[labels]
    unread_of = np.bincount(owner_map[unread > 0], minlength=int(owners.max()) + 1)
    for owner in range(1, int(owners.max()) + 1):
        pieces = stats[owners == owner]
        if 3 * unread_of[owner] >= pieces[:, cv2.CC_STAT_AREA].sum() and _has_letters(pieces, glyph_px):
            line = _cut(grey, owner_map, pieces, owner)
            if line is not None:
                yield line


def move_line(line: Line, right_px: float, down_px: float) -> Line:
    """The line with its boxes moved, as from an isolated line's pixels to those of the page."""

    def moved(box: Box) -> Box:
        return Box(box.left + right_px, box.top + down_px, box.right + right_px, box.bottom + down_px)

    return replace(line, box=moved(line.box), words=tuple(replace(word, box=moved(word.box)) for word in line.words))


def _has_letters(pieces: Stats, glyph_px: float) -> bool:
    """Rules, dashes and dots alone are no line of text."""
    widths, heights = pieces[:, cv2.CC_STAT_WIDTH], pieces[:, cv2.CC_STAT_HEIGHT]
    letters = (heights >= _LETTER_GLYPHS * glyph_px) & (heights < _LARGEST_GLYPHS * glyph_px)
    return bool((letters & (widths < _RULE_ASPECT * heights)).any())


def _is_unread(unread: Grey, labels: NDArray[np.int32], stats: Stats) -> NDArray[np.bool_]:
    """For each piece (by label) whether half of its ink or more lies outside what was read."""
    counts = np.bincount(labels[unread > 0], minlength=len(stats))
    return 2 * counts >= stats[:, cv2.CC_STAT_AREA]


def unread_share(grey: Grey, read_already: Sequence[Box]) -> float:
    """The share (0..1) of the page's ink that lies outside these boxes; a large page is judged at half its size."""
    if grey.size > MANY_PIXELS:
        halved = [Box(box.left / 2, box.top / 2, box.right / 2, box.bottom / 2) for box in read_already]
        return unread_share(halve(grey, max(grey.shape) - 1), halved)
    ink = find_ink(grey)
    total = cv2.countNonZero(ink)
    return cv2.countNonZero(_without_boxes(ink, read_already)) / total if total else 0.0


def _without_boxes(ink: Grey, boxes: Sequence[Box]) -> Grey:
    unread = ink.copy()
    for box in boxes:
        margin = 0.15 * box.height
        top, left = max(0, int(box.top - margin)), max(0, int(box.left - margin))
        unread[top : int(box.bottom + margin) + 1, left : int(box.right + margin) + 1] = 0
    return unread


def _find_owners(ink: Grey, stats: Stats, centers: NDArray[np.float64], glyph_px: float) -> NDArray[np.int32]:
    """For each connected piece (by label) the number of its line, from 1; 0 for the paper, specks and giants."""
    owners = np.zeros(len(stats), np.int32)
    letters = stats[:, cv2.CC_STAT_HEIGHT] < _LARGEST_GLYPHS * glyph_px
    letters &= stats[:, cv2.CC_STAT_AREA] >= _SPECK_AREA_GLYPHS * glyph_px**2
    letters[0] = False
    blocks = _find_blocks(ink, glyph_px)
    columns = np.clip(centers.astype(np.intp), 0, np.array(ink.shape[::-1]) - 1)
    block_of = np.where(letters, blocks[columns[:, 1], columns[:, 0]], 0)
    line_count = 0
    for block in np.unique(block_of[block_of > 0]):
        pieces = np.flatnonzero(block_of == block)
        middles = _find_middles(_row_profile(ink, stats[pieces]), glyph_px)
        if len(middles):
            nearest = np.abs(centers[pieces, 1][:, None] - middles[None, :]).argmin(axis=1)
            owners[pieces] = line_count + 1 + nearest
            line_count += len(middles)
    return owners


def _find_blocks(ink: Grey, glyph_px: float) -> NDArray[np.int32]:
    """Labels of the areas that text fills when gaps within a column are closed."""
    shrink = max(1, int(glyph_px / 6))
    small = cv2.resize(ink * 255, None, fx=1 / shrink, fy=1 / shrink, interpolation=cv2.INTER_AREA)
    reach = (
        max(1, int(_COLUMN_GAP_GLYPHS * glyph_px / shrink)) | 1,
        max(1, int(_ROW_GAP_GLYPHS * glyph_px / shrink)) | 1,
    )
    filled = cv2.morphologyEx((small > 16).astype(np.uint8), cv2.MORPH_CLOSE, np.ones(reach[::-1], np.uint8))
    _, labels = cv2.connectedComponents(filled, connectivity=8)
    resized = cv2.resize(labels.astype(np.float32), ink.shape[::-1], interpolation=cv2.INTER_NEAREST)
    return resized.astype(np.int32)


def _row_profile(ink: Grey, pieces: Stats) -> NDArray[np.float64]:
    left, top = pieces[:, cv2.CC_STAT_LEFT].min(), pieces[:, cv2.CC_STAT_TOP].min()
    right = (pieces[:, cv2.CC_STAT_LEFT] + pieces[:, cv2.CC_STAT_WIDTH]).max()
    bottom = (pieces[:, cv2.CC_STAT_TOP] + pieces[:, cv2.CC_STAT_HEIGHT]).max()
    profile = np.zeros(len(ink))
    profile[top:bottom] = ink[top:bottom, left:right].sum(axis=1)
    return profile


def _find_middles(profile: NDArray[np.float64], glyph_px: float) -> NDArray[np.intp]:
    """The rows in which lines of text have most ink."""
    blurred = cv2.GaussianBlur(profile[:, None], (1, int(2 * glyph_px) | 1), sigmaX=1, sigmaY=glyph_px / 3)
    smooth = np.asarray(blurred, np.float64)[:, 0]
    rises = (smooth[1:-1] >= smooth[:-2]) & (smooth[1:-1] > smooth[2:]) & (smooth[1:-1] > _MIN_PEAK * smooth.max())
    kept: list[int] = []
    for row in (np.flatnonzero(rises) + 1).tolist():
        if not kept or _is_between_lines(smooth, kept[-1], row, glyph_px):
            kept.append(row)
        elif smooth[row] > smooth[kept[-1]]:
            kept[-1] = row
    return np.array(kept, np.intp)


def _is_between_lines(smooth: NDArray[np.float64], above: int, below: int, glyph_px: float) -> bool:
    valley = smooth[above:below].min()
    return below - above >= _MIN_PITCH_GLYPHS * glyph_px and valley <= _MAX_VALLEY * min(smooth[above], smooth[below])


def _cut(grey: Grey, owner_map: NDArray[np.int32], pieces: Stats, owner: int) -> IsolatedLine | None:
    if not len(pieces) or pieces[:, cv2.CC_STAT_AREA].sum() < _MIN_LINE_PIXELS:
        return None
    left, top = int(pieces[:, cv2.CC_STAT_LEFT].min()), int(pieces[:, cv2.CC_STAT_TOP].min())
    right = int((pieces[:, cv2.CC_STAT_LEFT] + pieces[:, cv2.CC_STAT_WIDTH]).max())
    bottom = int((pieces[:, cv2.CC_STAT_TOP] + pieces[:, cv2.CC_STAT_HEIGHT]).max())
    own = (owner_map[top:bottom, left:right] == owner).astype(np.uint8)
    # The ink's mask is a pixel narrower than its soft edge.
    shown = np.where(cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0, grey[top:bottom, left:right], np.uint8(255))
    bordered = cv2.copyMakeBorder(shown, *(_BORDER_PX,) * 4, cv2.BORDER_CONSTANT, value=255)
    return IsolatedLine(np.asarray(bordered, np.uint8), left - _BORDER_PX, top - _BORDER_PX)
