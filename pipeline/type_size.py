"""How large and how bold each line of a page is set, measured in the picture.

Boxes of lines say little about the size of type: some engines draw them around the ink, so that "area" is half as high
as "gypsy", others with a margin. So the densest band of the ink is measured, in small letters the x-height, which
every letter fills: ascenders, descenders and whatever leaks in from neighbouring lines have less ink. In short lines
ascenders may fill that band, so the whole height of the ink bounds the estimate.

The weight of a stroke is its area over half its outline.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

import numpy as np

from pipeline.document import Box, Line
from pipeline.grey_page import Grey, to_grey
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


@dataclass(frozen=True, slots=True)
class TypeMeasure:
    """``size`` in pixels of the page, comparable between lines; ``is_bold`` against the page's usual weight."""

    size: float
    is_bold: bool


def measure_type(
    lines: Sequence[Line], image: PageImage | None, page_width_px: float | None = None
) -> dict[Box, TypeMeasure]:
    """A measure per line, by its box; empty without an image, and without the lines that show no ink.

    ``page_width_px`` is given where ``image`` is a smaller preview of the page on which the boxes are measured.
    """
    if image is None or not lines:
        return {}
    import cv2

    ink, inner, scale = _to_ink(image, page_width_px or image.width_px)
    measured: list[tuple[Line, float, float]] = []
    for line in lines:
        area = _to_slices(line.box, scale)
        found = _find_heights(ink[area])
        if found is None:
            continue
        core, whole = found
        inked, inside = cv2.countNonZero(ink[area]), cv2.countNonZero(inner[area])
        stroke = 2 * inked / max(inked - inside, 1) / scale
        size = core / _core_height(line.text) / scale
        if len(line.text) <= _SHORT:
            size = min(size, whole / _whole_height(line.text) / scale)
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
    length = sum(map(_relative_width, line.text))
    return max(line.box.width, line.box.height) / length


@lru_cache(maxsize=8192)
def _relative_width(character: str) -> float:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1.3 if character.isupper() else 1


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


def _to_ink(image: PageImage, page_width_px: float) -> tuple[Grey, Grey, float]:
    """(ink, ink without its outline, scale of page pixels): 1 where there is ink, 0 elsewhere.

    Otsu's threshold on the grey page; of the two classes the smaller one is the ink, so that white on black works too.
    """
    import cv2

    grey, scale = to_grey(image, page_width_px, _MAX_SIDE_PX)
    ink = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)[1].astype(np.uint8, copy=False)
    if cv2.countNonZero(ink) > ink.size / 2:
        ink = np.uint8(1) - ink
    inner = cv2.erode(ink, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))).astype(np.uint8, copy=False)
    return ink, inner, scale


def _to_slices(box: Box, scale: float) -> tuple[slice, slice]:
    return (
        slice(round(box.top * scale), round(box.bottom * scale)),
        slice(round(box.left * scale), round(box.right * scale)),
    )


def _find_heights(ink: Grey) -> tuple[int, int] | None:
    """(height of the densest band, height of all ink) of a line in ink pixels; None where there is no ink."""
    if ink.shape[0] < 3 or ink.shape[1] < 2:
        return None
    import cv2

    rows = cv2.reduce(ink, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0]
    total = int(rows.sum())
    if not total:
        return None
    usual = rows[len(rows) * rows >= total].mean()
    core = np.flatnonzero(rows >= _CORE * usual)
    whole = np.flatnonzero(rows >= _INKED * usual)
    return int(core[-1] - core[0]) + 1, int(whole[-1] - whole[0]) + 1


def _european_letters(text: str) -> list[str]:
    """Letters and digits where most are Latin, Greek or Cyrillic, else none."""
    letters = list(filter(str.isalnum, text))
    if text.isascii():
        return letters
    european = [c for c in letters if _is_european(c)]
    return european if len(european) >= 0.7 * len(letters) else []


@lru_cache(maxsize=8192)
def _is_european(character: str) -> bool:
    return character.isdecimal() or unicodedata.name(character, "").startswith(_EUROPEAN)


def _core_height(text: str) -> float:
    """How high the densest band is for type of size 1: x-height, capitals, or a full letter of another script."""
    letters = _european_letters(text)
    if not letters:
        return _OTHER_SCRIPTS
    return _X_HEIGHT if sum(map(str.islower, letters)) > 0.5 * len(letters) else _CAPITALS


def _whole_height(text: str) -> float:
    """How high all ink of a short text is for type of size 1, by the letters in it that reach up and down."""
    if not _european_letters(text):
        return _OTHER_SCRIPTS
    characters = {c for c in text if not c.isspace()}
    above = _X_HEIGHT if characters <= _WITHOUT_ASCENDER else _CAPITALS
    return above + (_DESCENDER if characters & _WITH_DESCENDER else 0.0)
