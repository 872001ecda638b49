"""How large a page becomes in pixels."""

import math
from dataclasses import dataclass

from errors import PageTooLargeError

POINTS_PER_INCH = 72.0
DEFAULT_DPI = 300.0
# 40 megapixels are 120 MB as RGB; an A4 page at 300 dpi has 8.7.
DEFAULT_MAX_PIXELS = 40_000_000
# Tesseract refuses sides of 32768 pixels and more.
MAX_SIDE_PX = 30_000
# Below this even the headlines of a 5 metre banner can't be read.
_LOWEST_DPI = 24.0
# A PDF's default unit allows no page beyond 14400 points; Acrobat refuses it.
_MAX_SIDE_PT = 14_400.0


@dataclass(frozen=True, slots=True)
class PageSize:
    """A page image's size in pixels and the dpi that it comes from."""

    width_px: int
    height_px: int
    dpi: float

    @property
    def pixel_count(self) -> int:
        return self.width_px * self.height_px


def fit_page(width_pt: float, height_pt: float, *, dpi: float, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageSize:
    """The size at ``dpi``, or at the highest lower dpi that keeps to ``max_pixels`` and 30000 pixels a side.

    A poster is thus read at fewer dpi. Raises PageTooLargeError where that would be fewer than 24, or where a side is
    longer than the 14400 points that PDF allows.
    """
    width, height = width_pt * dpi / POINTS_PER_INCH, height_pt * dpi / POINTS_PER_INCH
    too_long = max(width_pt, height_pt) > _MAX_SIDE_PT
    shrink = min(1.0, math.sqrt(max_pixels / max(width * height, 1.0)), MAX_SIDE_PX / max(width, height, 1.0))
    if too_long or (shrink < 1.0 and dpi * shrink < _LOWEST_DPI):
        inches = f"{width_pt / POINTS_PER_INCH:.0f} × {height_pt / POINTS_PER_INCH:.0f} inches"
        raise PageTooLargeError(f"The page is too large to be read ({inches}).")
    return PageSize(max(1, round(width * shrink)), max(1, round(height * shrink)), dpi * shrink)


def fit_picture(width_px: int, height_px: int, *, dpi: float, max_pixels: int = DEFAULT_MAX_PIXELS) -> PageSize:
    """A picture's own size, or a smaller one of the same shape with at most ``max_pixels`` and 30000 pixels a side."""
    shrink = min(1.0, math.sqrt(max_pixels / (width_px * height_px)), MAX_SIDE_PX / max(width_px, height_px))
    if shrink == 1.0:
        return PageSize(width_px, height_px, dpi)
    return PageSize(max(1, int(width_px * shrink)), max(1, int(height_px * shrink)), dpi * shrink)
