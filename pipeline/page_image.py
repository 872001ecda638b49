"""The picture of one page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PageImage:
    """One upright page (EXIF orientation and PDF ``/Rotate`` applied) as pixels.

    ``pixels`` is uint8, shape (height, width, 3), RGB; or (height, width) where grey is enough. ``number`` counts
    from 1. ``dpi`` is what the page was rendered at, or what an image file says of itself (72 where it says nothing
    sensible).
    """

    number: int
    pixels: Pixels
    dpi: float

    @property
    def width_px(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.pixels.shape[0])
