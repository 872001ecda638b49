"""A page in grey, at a size that bounds the cost of looking at it."""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.page_image import PageImage

Grey = NDArray[np.uint8]


def to_grey(image: PageImage, page_width_px: float, max_side_px: int) -> tuple[Grey, float]:
    """(grey, scale): uint8, the longer side at most ``max_side_px``; page pixels times ``scale`` are its pixels.

    ``page_width_px`` is the width of the page on which boxes are measured; ``image`` may be a smaller preview of it.
    It is shrunk by a whole number, as averaging whole pixels is several times quicker than resampling.
    """
    import cv2

    grey = image.pixels if image.pixels.ndim == 2 else cv2.cvtColor(image.pixels, cv2.COLOR_RGB2GRAY)
    times = math.ceil(max(grey.shape) / max_side_px)
    if times > 1:
        height, width = grey.shape[0] // times, grey.shape[1] // times
        whole = grey[: height * times, : width * times]
        grey = cv2.resize(whole, (max(width, 1), max(height, 1)), interpolation=cv2.INTER_AREA)
    return grey.astype(np.uint8, copy=False), image.width_px / page_width_px / times
