"""What some tools do to a picture before the embedded engines read it. Every pixel keeps its place, and so do boxes."""

from dataclasses import replace

import cv2
import numpy as np

from pipeline.ink import Grey
from pipeline.page_image import PageImage, Pixels
from pipeline.presets import Treatment

_SMALL_SIDE_PX = 400
_STROKES_PX = 15  # of 400: wider than any stroke or gap between letters, narrower than a shadow's edge
_DARKEST_PAPER = 0.35  # of the brightest: what is darker is a picture or a bar, and stays as it is
_SHEET_SHARE = (0.15, 0.93)  # of the picture
_SOLID = 0.88  # how much of its convex hull a sheet fills
_BRIGHTER = 25.0  # grey values between a sheet and what it lies on
_HEM = 0.006  # of the picture's longer side: the sheet's edge, with its shadow
_SURELY_INK = 200  # grey value on even white paper
_LEAST_INK = 0.002  # of the picture


def treat(image: PageImage, treatment: Treatment) -> PageImage:
    """The picture as the tool's engines should see it, of the same size; the same picture where there is nothing to do.

    A sheet that can't be told from what it lies on is left alone.
    """
    match treatment:
        case Treatment.BOARD:
            return replace(image, pixels=_as_ink(image.pixels))
        case Treatment.SHEET:
            return replace(image, pixels=_cleared(image.pixels, _find_sheet(image.pixels)))
        case Treatment.SLIP:
            slip = _find_sheet(image.pixels)
            if slip is None:  # a scan: read as well without
                return image
            return replace(image, pixels=_with_black_ink(_cleared(_as_ink(image.pixels), slip)))
    return image


def _as_ink(pixels: Pixels) -> Pixels:
    """Black on white, whatever the pen's colour and the light.

    Each channel is divided by the paper's own value there; the darkest channel counts, because a yellow or green pen is
    light in the others.
    """
    even = cv2.divide(pixels, _find_paper(pixels), scale=255)
    return np.repeat(even.min(axis=2, keepdims=True), 3, axis=2)


def _with_black_ink(pixels: Pixels) -> Pixels:
    """Faded print made as dark as fresh print; ``pixels`` are black on white with white at 255."""
    grey = pixels[:, :, 0]
    inked = grey[grey < _SURELY_INK]
    if inked.size < _LEAST_INK * grey.size:
        return pixels
    darkest = float(np.percentile(inked, 20))
    steps = np.clip((np.arange(256) - darkest) * 255 / (255 - darkest), 0, 255).astype(np.uint8)
    return np.asarray(steps[pixels], np.uint8)


def _find_paper(pixels: Pixels) -> Pixels:
    """The paper's colour at each pixel, never 0: ink closed over, then smoothed."""
    height, width = pixels.shape[:2]
    small = _shrunk(pixels)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_STROKES_PX, _STROKES_PX))
    closed = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, kernel)
    smooth = cv2.GaussianBlur(closed, (0, 0), _STROKES_PX / 3)
    brightest = np.percentile(smooth.reshape(-1, 3), 95, axis=0)
    bounded = np.maximum(smooth, np.maximum(_DARKEST_PAPER * brightest, 1)).astype(np.uint8)
    return np.asarray(cv2.resize(bounded, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _cleared(pixels: Pixels, sheet: Grey | None) -> Pixels:
    """What lies around the sheet in the sheet's usual colour."""
    if sheet is None:
        return pixels
    inside = cv2.resize(sheet, (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_NEAREST) > 0
    paper = np.median(pixels[inside][::16], axis=0).astype(np.uint8)
    return np.where(inside[:, :, np.newaxis], pixels, paper)


def _find_sheet(pixels: Pixels) -> Grey | None:
    """255 where the one bright sheet lies, in a smaller picture; None where there is none or it fills the picture."""
    grey = np.asarray(cv2.cvtColor(_shrunk(pixels), cv2.COLOR_RGB2GRAY), np.uint8)
    _, bright = cv2.threshold(cv2.GaussianBlur(grey, (0, 0), 3), 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    closed = cv2.morphologyEx(bright, cv2.MORPH_CLOSE, np.ones((_STROKES_PX, _STROKES_PX), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(closed, np.uint8))
    if count < 2:
        return None
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    contours, _ = cv2.findContours((labels == largest).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    hull = cv2.convexHull(max(contours, key=cv2.contourArea))
    sheet = cv2.fillConvexPoly(np.zeros_like(grey), hull, 255)
    share = float((sheet > 0).mean())
    solid = stats[largest, cv2.CC_STAT_AREA] / max(1, int((sheet > 0).sum()))
    if not _SHEET_SHARE[0] <= share <= _SHEET_SHARE[1] or solid < _SOLID:
        return None
    if np.median(grey[sheet > 0]) - np.median(grey[sheet == 0]) < _BRIGHTER:
        return None
    hem = 2 * round(_HEM * max(grey.shape)) + 1
    return np.asarray(cv2.erode(sheet, np.ones((hem, hem), np.uint8), borderValue=255), np.uint8)


def _shrunk(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = min(1.0, _SMALL_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
