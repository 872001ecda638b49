"""The straight rules printed on a page: found by morphological opening, kept as segments in page pixels.

An opening with a long flat kernel (Serra, "Image analysis and mathematical morphology", 1982) leaves only runs of ink
at least as long, so letters go and rules stay. OpenCV's tutorial "Extract horizontal and vertical lines by using
morphological operations" shows the same on staves of music.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box
from pipeline.grey_page import Grey, to_grey
from pipeline.page_image import PageImage

_MAX_SIDE_PX = 1800  # thin rules survive averaging down to this, and the search costs a few milliseconds
_MIN_LENGTH = 1.4  # of a line's height, for upright rules: shorter ones are letters
_MIN_WIDTH = 2.5
_CONTRAST = 12  # grey levels darker than the surroundings; pale grey rules have about 30


@dataclass(frozen=True, slots=True)
class Rules:
    """Horizontal and vertical rules as thin boxes in page pixels, from the top and from the left."""

    horizontal: tuple[Box, ...] = ()
    vertical: tuple[Box, ...] = ()


def find_rules(image: PageImage, line_height: float, page_width_px: float | None = None) -> Rules:
    """The rules of a page. ``line_height`` is the usual height of a line of text, in page pixels.

    ``page_width_px`` is given where ``image`` is a smaller preview of the page; the rules are in page pixels anyhow.

    The edges of a dark bar with light letters, as above the columns of a table, count as rules.

    Slants of about a degree are fine; the boxes are then as high as the rule rises.
    """
    import cv2

    from pipeline.dark_bars import find_dark_bars

    grey, scale = to_grey(image, page_width_px or image.width_px, _MAX_SIDE_PX)
    block = max(3, round(1.2 * line_height * scale) | 1)
    darker = cv2.subtract(cv2.blur(grey, (block, block)), grey)
    ink = cv2.threshold(darker, _CONTRAST, 1, cv2.THRESH_BINARY)[1].astype(np.uint8, copy=False)
    across = round(_MIN_WIDTH * line_height * scale)
    down = round(_MIN_LENGTH * line_height * scale)
    edges = [edge for bar in find_dark_bars(grey) for edge in _edges(bar.corners / scale, 1 / scale)]
    horizontal = (*_segments(ink, max(across, 12), scale, is_upright=False), *edges)
    return Rules(
        tuple(sorted(horizontal, key=lambda box: (box.top, box.left))),
        _segments(ink, max(down, 8), scale, is_upright=True),
    )


def _edges(corners: NDArray[np.float32], thickness: float) -> Iterator[Box]:
    """The upper and the lower edge of a bar as rules."""
    for left, right in ((corners[0], corners[1]), (corners[3], corners[2])):
        (x0, y0), (x1, y1) = left.tolist(), right.tolist()
        yield Box(x0, min(y0, y1) - thickness / 2, x1, max(y0, y1) + thickness / 2)


def _segments(ink: Grey, length: int, scale: float, *, is_upright: bool) -> tuple[Box, ...]:
    import cv2

    from pipeline.ink import find_level_runs

    if is_upright:
        opened = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((length, 1), np.uint8))
    else:
        opened = find_level_runs(ink, length)
    if not opened.any():
        return ()
    # A slanted rule leaves steps of one pixel, a faint one small holes: both are bridged.
    bridged = cv2.dilate(opened, np.ones((7, 3) if is_upright else (3, 7), np.uint8))
    outlines, _ = cv2.findContours(bridged, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [_to_box(cv2.boundingRect(outline), scale) for outline in outlines]
    thin = [box for box in boxes if _is_thin(box, is_upright=is_upright)]
    return tuple(sorted(thin, key=lambda b: (b.left, b.top) if is_upright else (b.top, b.left)))


def _to_box(bounds: Sequence[int], scale: float) -> Box:
    """Undo the dilation and the scale."""
    x, y, width, height = bounds
    along, across = (3, 1) if width > height else (1, 3)
    right, bottom = max(x + width - along, x + along), max(y + height - across, y + across)
    return Box((x + along) / scale, (y + across) / scale, right / scale, bottom / scale)


def _is_thin(box: Box, *, is_upright: bool) -> bool:
    """Rules are thin; filled bars and pictures are not."""
    length, thickness = (box.height, box.width) if is_upright else (box.width, box.height)
    return thickness <= max(0.03 * length, 10)
