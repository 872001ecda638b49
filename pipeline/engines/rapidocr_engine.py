"""PP-OCRv6 small, the detector and recogniser that the rapidocr package carries, run by OpenVINO.

Only rapidocr's model files are used, not its code: its wrapper compiles for every new image size (memory grew to 4 GB
over a hundred pages) and sorts lines across columns. Detection follows DB (Liao et al., "Real-time Scene Text
Detection with Differentiable Binarization", 2020): threshold the text probability map, take each component's
smallest rotated rectangle and grow it, because the map is trained on shrunken text. Recognition is CTC (Graves et
al., 2006) decoded greedily; a word's box comes from the time steps at which its characters fire.

Reads Latin letters, Chinese and Japanese only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box, Line, Word
from pipeline.engines.base import EngineInfo, EngineRequest, EngineResult
from pipeline.engines.openvino_model import OpenVinoModel, find_package_file
from pipeline.page_image import PageImage, Pixels

_MAX_SIDE_PX = 1600  # longest side given to the detector
_MIN_SIDE_PX = 736  # shortest side given to the detector, where that doesn't break the line above
_SIDE_STEP_PX = 128  # detector inputs are padded to multiples of this (of 32 at least): a few dozen shapes
_MAP_THRESHOLD = 0.3
_BOX_THRESHOLD = 0.5
_UNCLIP_RATIO = 1.6
_LINE_HEIGHT_PX = 48
_WIDTH_STEP_PX = 96
_MAX_LINE_WIDTH_PX = 3200
_MIN_LINE_SCORE = 0.3
_STEP_PX = 8  # input pixels per CTC time step
_BLANK = 0

_DATE_BEFORE_TIME = re.compile(
    r"(?<!\d)(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./-])\d\d\2\d\d)(?=\d{1,2}:\d\d)"
)

Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectedLine:
    """A quadrilateral around one line: corners (4, 2) in page pixels, clockwise from the text's top left."""

    corners: Corners
    score: float


@dataclass(frozen=True, slots=True)
class ReadCharacter:
    """One decoded character; ``step`` is its CTC time step, ``score`` its probability."""

    text: str
    step: int
    score: float


class RapidOcrEngine:
    """An opened recogniser, and a detector opened when it is first needed; about 450 MB of memory for both."""

    info = EngineInfo(name="rapidocr", version="PP-OCRv6-small", licence="Apache-2.0")

    def __init__(self, detector_file: Path, recogniser: OpenVinoModel) -> None:
        self._detector_file = detector_file
        self._recogniser = recogniser
        # Index 0 is CTC's blank, the last one the space; the file lists those in between.
        self._characters = ["", *recogniser.metadata["character"].splitlines(), " "]

    @classmethod
    def open(cls) -> Self:
        """Raises EngineUnavailableError naming the missing package."""
        return cls(
            find_package_file("rapidocr", "models/PP-OCRv6_det_small.onnx"),
            OpenVinoModel.open(find_package_file("rapidocr", "models/PP-OCRv6_rec_small.onnx")),
        )

    @cached_property
    def _detector(self) -> OpenVinoModel:
        return OpenVinoModel.open(self._detector_file)

    def close(self) -> None:
        """Memory goes with the object; nothing else is held."""

    def read_page(self, image: PageImage, request: EngineRequest) -> EngineResult:  # noqa: ARG002
        """Lines in no particular order (top to bottom by detection); order is :mod:`pipeline.reading_order`'s work."""
        found = sorted(self.detect_lines(image.pixels), key=lambda line: line.corners[:, 1].min())
        lines = (self.read_line(image.pixels, line.corners) for line in found)
        return EngineResult(lines=tuple(line for line in lines if line is not None))

    def detect_lines(self, pixels: Pixels) -> list[DetectedLine]:
        """Where text lines are. ``pixels`` is RGB (height, width, 3)."""
        height, width = pixels.shape[:2]
        scale = min(max(_MIN_SIDE_PX / min(height, width), 1.0), _MAX_SIDE_PX / max(height, width))
        resized = _resize(pixels, max(1, round(width * scale)), max(1, round(height * scale)))
        probability = self._detector.run(_detector_input(resized))[0, 0, : resized.shape[0], : resized.shape[1]]
        ratio = np.array([width / resized.shape[1], height / resized.shape[0]], np.float32)
        return [DetectedLine(corners * ratio, score) for corners, score in _rectangles(probability)]

    def read_line(self, pixels: Pixels, corners: Corners) -> Line | None:
        """The text in a quadrilateral of the page; None where nothing is legible."""
        return self._read_upright(_straighten(pixels, corners), corners)

    def read_crop(self, pixels: Pixels) -> Line | None:
        """The text of an upright RGB picture of one line, boxes in its pixels; None where nothing is legible."""
        height, width = pixels.shape[:2]
        return self._read_upright(pixels, np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32))

    def _read_upright(self, crop: Pixels, corners: Corners) -> Line | None:
        width = min(_MAX_LINE_WIDTH_PX, max(1, round(crop.shape[1] * _LINE_HEIGHT_PX / crop.shape[0])))
        decoded = self._decode(self._recogniser.run(_recogniser_input(_resize(crop, width, _LINE_HEIGHT_PX)))[0])
        characters = part_dates(decoded)
        text = "".join(character.text for character in characters).strip()
        score = float(np.mean([c.score for c in characters])) if characters else 0.0
        if not text or score < _MIN_LINE_SCORE:
            return None
        return Line(text, _around(corners), score, tuple(_words(characters, corners, width)))

    def _decode(self, probabilities: NDArray[np.float32]) -> list[ReadCharacter]:
        best = probabilities.argmax(axis=1)
        scores = probabilities[np.arange(len(best)), best]
        changed = np.concatenate(([True], best[1:] != best[:-1]))
        return [
            ReadCharacter(self._characters[best[step]], int(step), float(scores[step]))
            for step in np.flatnonzero(changed & (best != _BLANK))
        ]


def _resize(pixels: Pixels, width_px: int, height_px: int) -> Pixels:
    interpolation = cv2.INTER_AREA if height_px < pixels.shape[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width_px, height_px), interpolation=interpolation), np.uint8)


def _detector_input(pixels: Pixels) -> NDArray[np.float32]:
    """(1, 3, H, W) BGR in -1..1, padded right and below to the next shape with the page's median colour."""
    height, width = pixels.shape[:2]
    padded = np.empty((-height % _SIDE_STEP_PX + height, -width % _SIDE_STEP_PX + width, 3), np.uint8)
    padded[:] = np.median(pixels[::16, ::16].reshape(-1, 3), axis=0)
    padded[:height, :width] = pixels[:, :, ::-1]
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32) / 127.5 - 1.0


def _recogniser_input(pixels: Pixels) -> NDArray[np.float32]:
    """(1, 3, 48, W) BGR in -1..1, padded on the right with mid grey (0), as in the model's training."""
    width = pixels.shape[1]
    padded = np.zeros((1, 3, _LINE_HEIGHT_PX, max(320, -width % _WIDTH_STEP_PX + width)), np.float32)
    padded[0, :, :, :width] = pixels[:, :, ::-1].transpose(2, 0, 1) / 127.5 - 1.0
    return padded


def _rectangles(probability: NDArray[np.float32]) -> Iterator[tuple[Corners, float]]:
    mask = cv2.dilate((probability > _MAP_THRESHOLD).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    for contour in contours:
        rectangle = cv2.minAreaRect(contour)
        (width, height) = rectangle[1]
        if min(width, height) < 3:
            continue
        score = _mean_inside(probability, np.asarray(cv2.boxPoints(rectangle), np.float32))
        if score < _BOX_THRESHOLD:
            continue
        growth = 2 * width * height * _UNCLIP_RATIO / (2 * (width + height))
        grown = cv2.boxPoints((rectangle[0], (width + growth, height + growth), rectangle[2]))
        yield _in_reading_position(grown.astype(np.float32)), score


def _mean_inside(probability: NDArray[np.float32], corners: Corners) -> float:
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 1
    part = probability[top:bottom, left:right]
    mask = np.zeros(part.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(corners - (left, top)).astype(np.int32), 1)
    return float(cv2.mean(part, mask)[0])


def _in_reading_position(corners: Corners) -> Corners:
    """Clockwise from the top left corner."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)


def _straighten(pixels: Pixels, corners: Corners) -> Pixels:
    """The quadrilateral as an upright image; text that stands on its side (vertical CJK) is laid down."""
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if height >= 1.5 * width:
        crop = np.rot90(crop)
    return np.asarray(crop, np.uint8)


def part_dates(characters: list[ReadCharacter]) -> list[ReadCharacter]:
    """The same with a space between a date and a time: the recogniser loses it, above all on receipts."""
    parted = list(characters)
    for match in reversed(list(_DATE_BEFORE_TIME.finditer("".join(one.text[0] for one in characters)))):
        before = characters[match.end() - 1]
        parted.insert(match.end(), ReadCharacter(" ", before.step, before.score))
    return parted


def _words(characters: list[ReadCharacter], corners: Corners, width_px: int) -> Iterator[Word]:
    """Characters between spaces, with the part of the line's quadrilateral that their time steps cover."""
    group: list[ReadCharacter] = []
    for character in [*characters, ReadCharacter(" ", -1, 0.0)]:
        if character.text.strip():
            group.append(character)
        elif group:
            yield _word(group, corners, width_px)
            group = []


def _word(group: list[ReadCharacter], corners: Corners, width_px: int) -> Word:
    start = max(0.0, (group[0].step - 0.5) * _STEP_PX / width_px)
    end = min(1.0, (group[-1].step + 1.5) * _STEP_PX / width_px)
    top_left, top_right, bottom_right, bottom_left = corners
    if np.linalg.norm(bottom_left - top_left) >= 1.5 * np.linalg.norm(top_right - top_left):
        # A line laid down for reading: it runs from top to bottom.
        sides = (top_left, bottom_left), (top_right, bottom_right)
    else:
        sides = (top_left, top_right), (bottom_left, bottom_right)
    points = np.array([a + (b - a) * at for a, b in sides for at in (start, max(start, end))])
    score = float(np.mean([character.score for character in group]))
    return Word("".join(character.text for character in group), _around(points), score)


def _around(points: NDArray[np.floating]) -> Box:
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    return Box(float(left), float(top), float(right), float(bottom))
