"""The network that names the script of a patch of text; trained by ``training/train_script_classifier.py``."""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from pipeline.engines.openvino_model import OpenVinoModel
from pipeline.languages import SCRIPTS
from pipeline.text_patches import PATCH_HEIGHT_PX, PATCH_WIDTH_PX

NEUTRAL = "Zyyy"
"""ISO 15924's code for what belongs to no script: numbers, pictures, dirt."""

CLASSES: tuple[str, ...] = (*SCRIPTS, NEUTRAL)
"""What the network tells apart, in the order of its outputs."""

BATCH = 24
"""Patches that one run takes; the network has this one shape, because OpenVINO keeps memory for every other."""

_WEIGHTS = Path(__file__).with_name("script_classifier.xml")


class ScriptClassifier:
    """The opened network, for one thread."""

    def __init__(self, model: OpenVinoModel) -> None:
        self._model = model

    @classmethod
    def open(cls) -> Self:
        """Raises EngineUnavailableError when openvino is missing."""
        return cls(OpenVinoModel.open(_WEIGHTS))

    def classify(self, patches: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities of the classes, shape (n, len(CLASSES)), and of lying upside down, shape (n,).

        ``patches`` is what :func:`pipeline.text_patches.crop_patches` makes, any number of them.
        """
        outputs = []
        for start in range(0, len(patches), BATCH):
            batch = np.zeros((BATCH, 1, PATCH_HEIGHT_PX, PATCH_WIDTH_PX), np.float32)
            part = patches[start : start + BATCH]
            batch[: len(part)] = part
            outputs.append(self._model.run(batch)[: len(part)])
        found = np.concatenate(outputs) if outputs else np.zeros((0, len(CLASSES) + 1), np.float32)
        return found[:, :-1], found[:, -1]
