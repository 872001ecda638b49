"""Which profile a model gets."""

import pytest

from errors import EngineUnavailableError
from pipeline.vlm.parsing import load_parser
from pipeline.vlm.profiles import PROFILES, find_profile


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("lightonai/LightOnOCR-3-0.8B", "lightonocr"),
        ("lightonai/LightOnOCR-3-4B", "lightonocr"),
        ("/models/lightonocr-3-1b-q8_0.gguf", "lightonocr"),
        ("datalab-to/surya-ocr-2", "surya"),
        ("surya-2.gguf", "surya"),
        ("ibm-granite/granite-docling-258M", "granite-docling"),
        ("PaddlePaddle/PaddleOCR-VL-1.6", "paddleocr-vl"),
        ("PaddlePaddle/PaddleOCR-VL", "paddleocr-vl"),
        ("Qwen/Qwen3.5-4B", "instruct"),
        ("somebody/something-new", "instruct"),
    ],
)
def test_the_models_id_decides(model_id, name):
    assert find_profile("auto", model_id).name == name


def test_a_name_comes_first():
    assert find_profile("surya", "lightonai/LightOnOCR-3-0.8B").name == "surya"


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(EngineUnavailableError, match="lightonocr"):
        find_profile("nonsense", "")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_profiles_are_whole(profile):
    assert profile.licence
    assert profile.prompt("ocr") == profile.prompts["ocr"]
    assert profile.prompt("a mode that nobody knows") == profile.prompts["ocr"]
    assert find_profile("auto", profile.model_id) is profile
    assert list(load_parser(profile.parser)("")) == []
