"""Every profile with the processor and the class of its models, at random weights: build, save, open, read, close."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from jsonschema import validate

from errors import EngineFailedError
from pipeline.engines.base import EngineRequest
from pipeline.engines.schema_guide import open_tokenizer
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.pipeline.vlm.random_checkpoints import ARCHITECTURES
from training.tiny_vlm.model import build_tokenizer

PAIRS = [
    ("lightonocr", "lighton_ocr"),
    ("lightonocr", "qwen3_5"),
    ("surya", "qwen3_5"),
    ("granite-docling", "idefics3"),
    ("paddleocr-vl", "paddleocr_vl"),
    ("instruct", "qwen3_5"),
]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    torch.manual_seed(7)
    for name, save in ARCHITECTURES.items():
        folders[name] = tmp_path_factory.mktemp(name)
        save(folders[name])
    return folders


def page(number: int) -> PageImage:
    pixels = np.full((90, 140, 3), 255, np.uint8)
    pixels[20:30, 10:100] = 0
    return PageImage(number, pixels, 72)


@pytest.mark.parametrize(("profile", "architecture"), PAIRS)
def test_a_profile_reads_with_its_architecture(checkpoints, profile, architecture):
    folder = checkpoints[architecture]
    config = VlmConfig(VlmKind.TRANSFORMERS, model=str(folder), profile=profile, device="cpu", max_new_tokens=12)
    engine = TransformersVlm.open(config)
    pieces: list[str] = []
    result = engine.read_page(page(3), EngineRequest(()), pieces.append)
    assert "".join(pieces)
    for block in result.blocks:
        assert block.id.startswith("p3-b")
        assert 0 <= block.box.left <= block.box.right <= 140
        assert 0 <= block.box.top <= block.box.bottom <= 90
        assert 0 <= block.confidence <= 1
    together: dict[int, object] = {}
    engine.read_pages([page(1), page(2)], EngineRequest(()), together.__setitem__)
    assert together.keys() == {0, 1}
    engine.close()


@pytest.mark.parametrize(("profile", "architecture"), PAIRS)
def test_pages_of_a_batch_do_not_see_each_other(checkpoints, profile, architecture):
    """Neither the pages nor what fills up the shorter questions, which models with a state of their own might."""
    model = str(checkpoints[architecture])
    engine = TransformersVlm.open(
        VlmConfig(VlmKind.TRANSFORMERS, model=model, profile=profile, device="cpu", max_new_tokens=4)
    )
    torch.manual_seed(3)
    for weights in engine._model.parameters():
        if weights.ndim > 1:  # so large that everything shown makes a difference
            weights.data = torch.randn_like(weights) * 0.4
    noise = np.random.default_rng(1)
    sizes = [(90, 140), (300, 200), (64, 500)]
    pages = [PageImage(1, noise.integers(0, 255, (*size, 3), dtype=np.uint8), 72) for size in sizes]

    def probabilities(images: list[PageImage]) -> list[float]:
        outputs = engine._ask_pages(images, EngineRequest(()), None)
        return [tokens[0].logprob for output in outputs if (tokens := output.token_logprobs)]

    alone = [probabilities([image])[0] for image in pages]
    assert probabilities(pages) == pytest.approx(alone, abs=2e-4)
    assert max(alone) - min(alone) > 2e-3
    engine.close()


def test_even_random_weights_keep_to_a_schema(checkpoints):
    config = VlmConfig(VlmKind.TRANSFORMERS, model=str(checkpoints["qwen3_5"]), profile="instruct", device="cpu")
    engine = TransformersVlm.open(config)
    messages = [{"role": "user", "content": "Say something."}]
    members = {
        "total": {"type": ["integer", "null"], "minimum": 0, "maximum": 999},
        "kind": {"enum": ["invoice", "receipt", None]},
        "paid": {"type": "boolean"},
        "names": {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 4}},
    }
    schema = {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
    for _ in range(2):
        reply = json.loads(engine.generate_text(messages, schema, max_tokens=200))
        validate(reply, schema)
    with pytest.raises(EngineFailedError, match="schema"):
        engine.generate_text(messages, {"type": "string", "minLength": 3, "maxLength": 2})
    engine.close()


def test_a_tokenizer_that_is_not_made_of_bytes_is_told_the_schema_in_words():
    assert open_tokenizer(build_tokenizer(), [204]) is None
