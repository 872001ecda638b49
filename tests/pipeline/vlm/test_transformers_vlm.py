"""The in-process engine against a model that says what it is told to, and against weights that aren't there."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from errors import EngineFailedError, EngineUnavailableError, PageTimeoutError
from pipeline.document import BlockKind, Box
from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import Order, TransformersVlm, choose_device, on_borrowed_gpu, to_picture
from pipeline.engines.vlm_generation import Watcher
from pipeline.engines.vlm_weights import find_weights
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.parsing import Stop
from pipeline.vlm.profiles import PROFILES

END = 0
CONFIG = VlmConfig(VlmKind.TRANSFORMERS, model="tests/scripted-model", page_budget_s=60)


class Inputs(dict[str, Any]):
    def to(self, _device: object, dtype: object = None) -> "Inputs":
        return self


class ScriptedProcessor:
    """One token a byte, so that a letter with an accent takes two."""

    chat_template = "enable_thinking"

    def __init__(self) -> None:
        self.tokenizer = SimpleNamespace(eos_token_id=END, padding_side="right", decode=self.decode)
        self.asked: list[Any] = []

    def apply_chat_template(self, conversations: list[Any], **options: Any) -> Inputs:
        self.asked.append((conversations, options))
        return Inputs(input_ids=torch.ones(len(conversations), 3, dtype=torch.long))

    @staticmethod
    def decode(ids: list[int], **_options: object) -> str:
        return bytes(ids).decode(errors="replace")


class ScriptedModel:
    """Writes the given answers side by side through the same hooks that ``generate`` of transformers calls."""

    device, dtype = "cpu", torch.float32
    generation_config = SimpleNamespace(eos_token_id=[END])

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = answers

    def generate(
        self,
        *,
        input_ids: torch.Tensor,
        logits_processor: list[Callable[..., torch.Tensor]],
        stopping_criteria: list[Callable[..., torch.Tensor]],
        max_new_tokens: int,
        **_sampling: object,
    ) -> None:
        said = [self._bytes_of(answer) for answer in self.answers]
        ids, stopped = input_ids, torch.zeros(len(input_ids), dtype=torch.bool)
        for _ in range(max_new_tokens):
            chosen = [next(answer) for answer in said]
            scores = torch.zeros(len(chosen), 256)
            scores[range(len(chosen)), chosen] = 9.0
            logits_processor[0](ids, scores)
            ids = torch.cat([ids, torch.tensor(chosen).unsqueeze(1)], dim=1)
            stopped = stopped | stopping_criteria[0](ids, None)
            if stopped.all():
                return

    @staticmethod
    def _bytes_of(answer: bytes | Exception) -> Iterator[int]:
        if isinstance(answer, Exception):
            raise answer
        yield from answer
        while True:
            yield END


def engine(*answers: bytes | Exception, profile: str = "lightonocr", config: VlmConfig = CONFIG) -> TransformersVlm:
    return TransformersVlm(ScriptedModel(*answers), ScriptedProcessor(), PROFILES[profile], config)


def page(number: int = 1, width: int = 200, height: int = 100) -> PageImage:
    return PageImage(number, np.full((height, width, 3), 255, np.uint8), 72)


def test_a_page_is_read_while_it_is_shown():
    pieces: list[str] = []
    answer = "![title](0,0,500,500) # Füße\n![text](0,500,1000,1000) 10 €".encode()
    result = engine(answer).read_page(page(), EngineRequest(()), pieces.append)
    assert [(block.kind, block.text) for block in result.blocks] == [
        (BlockKind.TITLE, "Füße"),
        (BlockKind.TEXT, "10 €"),
    ]
    assert result.blocks[0].box == Box(0, 0, 100, 50)
    assert 0.9 < result.blocks[0].confidence < 1
    assert "".join(pieces) == answer.decode()
    assert "ü" in pieces


def test_the_profile_says_what_is_asked():
    reader = engine(b"x")
    reader.read_page(page(width=4096), EngineRequest((), "grounding"))
    ((conversation,), options) = reader._processor.asked[0]
    picture, words = conversation[0]["content"]
    assert picture["image"].size == (2048, 50)
    assert words["text"] == "grounding"
    assert options["enable_thinking"] is False


def test_a_loop_ends_the_page_and_not_the_server():
    with pytest.raises(EngineFailedError, match="repeat"):
        engine(b"![text](0,0,9,9) " + b"and on " * 4000).read_page(page(), EngineRequest(()))


def test_an_answer_without_end_is_a_failure():
    config = VlmConfig(VlmKind.TRANSFORMERS, model="m", max_new_tokens=20)
    with pytest.raises(EngineFailedError, match="long"):
        engine(b"abcdefghijklmnopqrstuvwxyz", config=config).read_page(page(), EngineRequest(()))


def test_a_page_has_its_time():
    with pytest.raises(PageTimeoutError):
        engine(b"too late").read_page(page(), EngineRequest((), timeout_s=-1.0))


@pytest.mark.parametrize("error", [RuntimeError("CUDA out of memory"), ValueError("no such shape"), IndexError()])
def test_a_model_that_dies_costs_one_page(error):
    reader = engine(error)
    with pytest.raises(EngineFailedError):
        reader.read_page(page(), EngineRequest(()))
    reader._model = ScriptedModel(b"alive")
    assert reader.read_page(page(), EngineRequest(())).blocks[0].text == "alive"


def test_broken_markup_is_read_as_far_as_it_goes():
    answer = b"![table](0,0,900,900) <table><tr><td>one<td>two</tr><tr><td colspan='x'>three"
    (block,) = engine(answer).read_page(page(), EngineRequest(())).blocks
    assert block.table.to_rows() == [["one", "two"], ["three", ""]]


def test_pages_of_a_batch_fail_alone():
    told: list[tuple[int, Any]] = []
    reader = engine(b"one", b"on and " * 4000, b"and three")
    reader.read_pages([page(1), page(2), page(3)], EngineRequest(()), lambda row, result: told.append((row, result)))
    # Each as soon as it has ended.
    assert [row for row, _ in told] == [0, 2, 1]
    results = dict(told)
    assert results[0].blocks[0].id == "p1-b1"
    assert isinstance(results[1], EngineFailedError)
    assert results[2].blocks[0].text == "and three"


def test_a_batch_that_does_not_fit_tells_of_no_page():
    told: dict[int, Any] = {}
    with pytest.raises(EngineFailedError, match="memory"):
        engine(RuntimeError("CUDA out of memory")).read_pages([page(1), page(2)], EngineRequest(()), told.__setitem__)
    assert told == {}


class Clock:
    """A second passes whenever somebody looks."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def test_a_page_uses_up_its_own_time_and_not_the_others():
    watcher = Watcher(
        lambda ids: "".join(map(chr, ids)), frozenset({END}), rows=2, budget_s=6, max_new_tokens=99, clock=Clock()
    )
    answers = [b"abcdefgh\0", b"abcdefghijklmnopq"]
    ids = torch.ones(2, 1, dtype=torch.long)
    steps = 0
    stopped = torch.zeros(2, dtype=torch.bool)
    while not stopped.all():
        chosen = [answer[min(steps, len(answer) - 1)] for answer in answers]
        stopped = watcher.see_tokens(torch.cat([ids, torch.tensor(chosen).unsqueeze(1)], dim=1), None)
        steps += 1
    # Nine seconds for both, of which each had a half; then the long one has used up its six.
    assert [output.stopped for output in watcher.outputs()] == [Stop.END, Stop.TIME]
    assert steps == 11


def test_only_instruct_models_follow_instructions():
    with pytest.raises(EngineUnavailableError, match="no instructions"):
        engine(b"x").generate_text([{"role": "user", "content": "Hello"}])
    reply = engine(b"<think>well</think>\n Hello!", profile="instruct").generate_text(
        [{"role": "user", "content": "Hello"}]
    )
    assert reply == "Hello!"


def test_pictures_are_never_enlarged():
    assert to_picture(page(width=300), 2048).size == (300, 100)


def test_weights_that_are_not_here(tmp_path: Path):
    with pytest.raises(EngineUnavailableError, match="no folder"):
        find_weights("/nowhere/at/all")
    with pytest.raises(EngineUnavailableError, match="downloads are switched off"):
        find_weights("lightonai/LightOnOCR-3-0.8B", cache_folder=str(tmp_path), offline=True)
    with pytest.raises(EngineUnavailableError, match=r"config\.json"):
        find_weights(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EngineUnavailableError, match=r"model\.safetensors"):
        find_weights(str(tmp_path))
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "part-1.safetensors"}}')
    with pytest.raises(EngineUnavailableError, match=r"part-1\.safetensors"):
        find_weights(str(tmp_path))


def test_weights_that_nobody_can_open(tmp_path: Path):
    (tmp_path / "config.json").write_text('{"model_type": "never-heard-of"}')
    (tmp_path / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(EngineUnavailableError, match="can't be opened"):
        TransformersVlm.open(VlmConfig(VlmKind.TRANSFORMERS, model=str(tmp_path)))


def test_a_device_that_is_not_here():
    if torch.cuda.is_available():
        assert choose_device("auto")[0] == "cuda"
    else:
        assert choose_device("auto")[0] in {"cpu", "mps"}
        with pytest.raises(EngineUnavailableError, match="CUDA"):
            choose_device("cuda:3")
    assert choose_device("cpu") == ("cpu", torch.float32)


def test_off_a_space_nothing_is_borrowed():
    assert on_borrowed_gpu(engine(b"x")._write) is None


def test_on_a_space_a_gpu_is_borrowed_for_all_pages_of_a_batch(monkeypatch):
    asked: list[float] = []

    def borrow(write: Callable[[Order], Any], duration: Callable[[Order], int]) -> Callable[[Order], Any]:
        def write_there(order: Order) -> Any:
            asked.append(duration(order))
            return write(order)

        return write_there

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=borrow))
    told: dict[int, Any] = {}
    engine(b"one", b"two").read_pages([page(1), page(2)], EngineRequest(()), told.__setitem__)
    assert asked == [120]
    assert [told[row].blocks[0].text for row in (0, 1)] == ["one", "two"]
