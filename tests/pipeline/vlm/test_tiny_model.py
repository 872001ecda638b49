"""The tiny model really reads: pictures that it never saw, through the engine that the server uses."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rapidfuzz.distance import Levenshtein

from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind

ROOT = Path(__file__).resolve().parents[3]
CHECKPOINT = ROOT / "training/tiny_vlm/tiny-lightonocr-3"
PICTURES = sorted((ROOT / "tests/data/tiny_vlm").glob("*.png"))
MOST_ERRORS = 0.25
"""Character error rate that a picture's text may have; docs/engines.md says what was measured."""


@pytest.fixture(scope="module")
def engine():
    opened = TransformersVlm.open(VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu"))
    yield opened
    opened.close()


def to_page(path: Path) -> PageImage:
    return PageImage(1, np.asarray(Image.open(path).convert("RGB")), 72)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_line_is_read(engine: TransformersVlm, path: Path) -> None:
    expected = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
    page = to_page(path)
    result = engine.read_page(page, EngineRequest(()))
    text = "\n".join(block.text for block in result.blocks)
    assert Levenshtein.distance(text, expected) <= MOST_ERRORS * len(expected), text
    assert result.blocks[0].confidence > 0.3
    box = result.blocks[0].box
    assert 0 <= box.left < box.right <= page.width_px
    assert 0 <= box.top < box.bottom <= page.height_px


def test_the_folder_names_the_profile(engine: TransformersVlm) -> None:
    assert engine.info.name == "tiny-lightonocr-3"
    assert engine.info.version == "lightonocr"
