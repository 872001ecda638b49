"""How large and how bold each line of a page is set, measured in the picture.

Boxes of lines say little about the size of type: some engines draw them around the ink, so that "area" is half as high
as "gypsy", others with a margin. So the densest band of the ink is measured, in small letters the x-height, which
every letter fills: ascenders, descenders and whatever leaks in from neighbouring lines have less ink. In short lines
ascenders may fill that band, so the whole height of the ink bounds the estimate.

The weight of a stroke is its area over half its outline; integral images of ink and outline make that two look-ups a
line, whatever the page's size.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box, Line
from pipeline.grey_page import to_grey
from pipeline.page_image import PageImage

# Usual proportions of Latin, Greek and Cyrillic faces, in parts of the type's size.
_X_HEIGHT = 0.5
_CAPITALS = 0.72
_DESCENDER = 0.21
_OTHER_SCRIPTS = 0.8
_EUROPEAN = ("LATIN", "GREEK", "CYRILLIC")
_WITHOUT_ASCENDER = frozenset("acegmnopqrsuvwxyzαγεημνοπρςστυχωавгежзиклмнопрстухцчшщъыьэюя.,:;-–—_~=«»…·•")
_WITH_DESCENDER = frozenset("gjpqyQçşţęąýµβγζημξρφχψруфцщдјџ,;()[]{}|/@$")

_CORE = 0.45  # of the rows' usual ink: ascenders and descenders have less, the band between more
_INKED = 0.06
_BOLD = 1.2  # times the page's usual stroke
_SHORT = 25  # characters
_WIDTH_TOLERANCE = 1.15
_MAX_SIDE_PX = 2200

Sums = NDArray[np.int32]
Extent = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TypeMeasure:
    """``size`` in pixels of the page, comparable between lines; ``is_bold`` against the page's usual weight."""

    size: float
    is_bold: bool


def measure_type(lines: Sequence[Line], image: PageImage | None) -> dict[Box, TypeMeasure]:
    """A measure per line, by its box; empty without an image, and without the lines that show no ink."""
    if image is None or not lines:
        return {}
    ink_sums, outline_sums, scale = _sum_ink(image)
    measured: list[tuple[Line, float, float]] = []
    for line in lines:
        found = _find_ink(ink_sums, line.box, scale)
        if found is None:
            continue
        core, whole = found
        stroke = 2 * _area(ink_sums, whole) / max(_area(outline_sums, whole), 1) / scale
        size = core / _core_height(line.text) / scale
        if len(line.text) <= _SHORT:
            size = min(size, (whole[3] - whole[1]) / _whole_height(line.text) / scale)
        measured.append((line, size, stroke))
    bounded = _bounded_by_width(measured)
    return {line.box: TypeMeasure(size, is_bold) for (line, size, _), is_bold in _with_weight(bounded)}


def _bounded_by_width(measured: Sequence[tuple[Line, float, float]]) -> list[tuple[Line, float, float]]:
    """Sizes no larger than the width of the letters allows: capitals and figures may fill the core of a long line."""
    widths = [_letter_width(line) for line, _, _ in measured]
    known = [width / size for (line, size, _), width in zip(measured, widths, strict=True) if len(line.text) > _SHORT]
    if len(known) < 4:
        return list(measured)
    usual = median(known)
    return [
        (line, min(size, _WIDTH_TOLERANCE * width / usual) if len(line.text) > _SHORT // 2 else size, stroke)
        for (line, size, stroke), width in zip(measured, widths, strict=True)
    ]


def _letter_width(line: Line) -> float:
    """Mean width of a character in pixels, capitals and full-width characters counted for what they take."""
    length = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1.3 if c.isupper() else 1 for c in line.text)
    return max(line.box.width, line.box.height) / length


def _with_weight(
    measured: Sequence[tuple[Line, float, float]],
) -> list[tuple[tuple[Line, float, float], bool]]:
    """Bold is thick both in pixels and for its size: small type is coarser, large type thicker without being bold."""
    if len(measured) < 4:
        return [(entry, False) for entry in measured]
    usual = [(size, stroke) for line, size, stroke in measured for _ in range(1 + len(line.text) // 8)]
    usual_stroke = median(stroke for _, stroke in usual)
    usual_share = median(stroke / size for size, stroke in usual)
    return [
        (
            (line, size, stroke),
            stroke > _BOLD * usual_stroke
            and stroke / size > _BOLD * usual_share
            and sum(map(str.isalpha, line.text)) > 1,
        )
        for line, size, stroke in measured
    ]


def _sum_ink(image: PageImage) -> tuple[Sums, Sums, float]:
    """(integral of the ink, integral of its outline, scale ≤ 1).

    Otsu's threshold on the grey page; of the two classes the smaller one is the ink, so that white on black works too.
    """
    import cv2

    grey, scale = to_grey(image, _MAX_SIDE_PX)
    ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1]
    if cv2.countNonZero(ink) > ink.size / 2:
        ink = 1 - ink
    inner = cv2.erode(ink, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)))
    ink_sums = cv2.integral(ink)
    return ink_sums.astype(np.int32, copy=False), (ink_sums - cv2.integral(inner)).astype(np.int32, copy=False), scale


def _area(sums: Sums, extent: Extent) -> int:
    left, top, right, bottom = extent
    return int(sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left])


def _find_ink(sums: Sums, box: Box, scale: float) -> tuple[int, Extent] | None:
    """(height of the densest band, extent of all ink) of a line, in ink pixels; None where there is no ink."""
    left, right = round(box.left * scale), round(box.right * scale)
    top, bottom = round(box.top * scale), round(box.bottom * scale)
    if right - left < 2 or bottom - top < 3:
        return None
    rows = np.diff(sums[top : bottom + 1, right] - sums[top : bottom + 1, left])
    if not rows.any():
        return None
    usual = rows[rows >= rows.mean()].mean()
    core = np.flatnonzero(rows >= _CORE * usual)
    whole = np.flatnonzero(rows >= _INKED * usual)
    return int(core[-1] - core[0]) + 1, (left, top + int(whole[0]), right, top + int(whole[-1]) + 1)


def _european_letters(text: str) -> list[str]:
    """Letters and digits where most are Latin, Greek or Cyrillic, else none."""
    letters = [c for c in text if c.isalnum()]
    european = [c for c in letters if c.isdecimal() or unicodedata.name(c, "").startswith(_EUROPEAN)]
    return european if len(european) >= 0.7 * len(letters) else []


def _core_height(text: str) -> float:
    """How high the densest band is for type of size 1: x-height, capitals, or a full letter of another script."""
    letters = _european_letters(text)
    if not letters:
        return _OTHER_SCRIPTS
    return _X_HEIGHT if sum(c.islower() for c in letters) > 0.5 * len(letters) else _CAPITALS


def _whole_height(text: str) -> float:
    """How high all ink of a short text is for type of size 1, by the letters in it that reach up and down."""
    if not _european_letters(text):
        return _OTHER_SCRIPTS
    characters = {c for c in text if not c.isspace()}
    above = _X_HEIGHT if characters <= _WITHOUT_ASCENDER else _CAPITALS
    return above + (_DESCENDER if characters & _WITH_DESCENDER else 0.0)
