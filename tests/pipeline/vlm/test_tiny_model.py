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
MOST_ERRORS = 0.35
"""Character error rate over the pictures; docs/engines.md says what was measured on more of them."""


@pytest.fixture(scope="module")
def engine():
    opened = TransformersVlm.open(VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu"))
    yield opened
    opened.close()


def to_page(path: Path) -> PageImage:
    return PageImage(1, np.asarray(Image.open(path).convert("RGB")), 72)


def test_lines_are_read(engine: TransformersVlm) -> None:
    errors = length = 0
    for path in PICTURES:
        expected = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
        page = to_page(path)
        blocks = engine.read_page(page, EngineRequest(())).blocks
        errors += Levenshtein.distance("\n".join(block.text for block in blocks), expected)
        length += len(expected)
        assert blocks[0].confidence > 0.3
        assert 0 <= blocks[0].box.left < blocks[0].box.right <= page.width_px
        assert 0 <= blocks[0].box.top < blocks[0].box.bottom <= page.height_px
    assert errors <= MOST_ERRORS * length


def test_the_folder_names_the_profile(engine: TransformersVlm) -> None:
    assert engine.info.name == "tiny-lightonocr-3"
    assert engine.info.version == "lightonocr"
