"""The tiny model really reads: pictures that it never saw, through the engine that the server uses."""

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from errors import EngineUnavailableError, PageNotFoundError
from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.options import OcrOptions, Tier
from pipeline.page_image import PageImage
from pipeline.rasterize import open_source
from pipeline.recognise import Reader
from pipeline.vlm.config import VlmConfig, VlmKind
from pipeline.vlm.drafts import OnDraft
from pipeline.vlm_reading import ModelReader
from tests.service.running_services import scripted
from tests.tiny_pictures import CHECKPOINT, MOST_ERRORS, draw_pictures


def open_model(profile: str) -> TransformersVlm:
    return TransformersVlm.open(
        VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu", profile=profile, max_new_tokens=200)
    )


@pytest.fixture(scope="module")
def engine() -> Iterator[TransformersVlm]:
    opened = open_model("auto")
    yield opened
    opened.close()


# Two prompts and two forms of answer: LightOnOCR's Markdown and Surya's HTML.
@pytest.mark.parametrize("profile", ["lightonocr", "surya"])
def test_lines_are_read(profile: str) -> None:
    opened = open_model(profile)
    errors = length = 0
    for picture in draw_pictures():
        page = PageImage(1, np.asarray(picture.image), 72)
        blocks = opened.read_page(page, EngineRequest(())).blocks
        errors += Levenshtein.distance("\n".join(block.text for block in blocks), picture.text)
        length += len(picture.text)
        assert blocks[0].confidence > 0.3
        assert 0 <= blocks[0].box.left < blocks[0].box.right <= page.width_px
        assert 0 <= blocks[0].box.top < blocks[0].box.bottom <= page.height_px
    opened.close()
    assert errors <= MOST_ERRORS * length


def test_a_batch_reads_what_single_pages_say(engine: TransformersVlm) -> None:
    pages = [PageImage(number, np.asarray(each.image), 72) for number, each in enumerate(draw_pictures(), start=1)]
    alone = [engine.read_page(page, EngineRequest(())).blocks for page in pages]
    together: dict[int, Any] = {}
    engine.read_pages(pages, EngineRequest(()), together.__setitem__)
    # The shorter an answer, the sooner it is told.
    assert list(together) != sorted(together)
    read = [[(block.text, block.box) for block in together[row].blocks] for row in range(len(pages))]
    assert read == [[(block.text, block.box) for block in blocks] for blocks in alone]


def test_a_batch_is_pages_of_their_own() -> None:
    pictures = list(draw_pictures())[:3]
    stream = io.BytesIO()
    first, *others = [picture.image for picture in pictures]
    first.save(stream, "TIFF", save_all=True, append_images=others)
    reader = Reader(replace(scripted(), vlm=VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu")))
    found: dict[int, Any] = {}
    drafts: dict[int, list[str]] = {1: [], 3: []}

    def on_draft(number: int) -> OnDraft:
        return lambda make_text: drafts[number].append(make_text())

    with open_source(stream.getvalue()) as opened:
        options = OcrOptions(tier=Tier.VLM)
        on_drafts = {number: on_draft(number) for number in drafts}
        reader.read_batch(opened, (1, 3, 9), options, found.__setitem__, on_drafts)
        alone = [reader.read_page(opened, number, options).page for number in (1, 3)]
    reader.close()
    assert isinstance(found.pop(9), PageNotFoundError)
    assert [found[page.number].page.text for page in alone] == [page.text for page in alone]
    assert [found[page.number].page.blocks[0].id for page in alone] == ["p1-b1", "p3-b1"]
    assert {each.tier for each in found.values()} == {Tier.VLM}
    assert [drafts[page.number][-1] for page in alone] == [page.text for page in alone]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_model_that_can_not_be_opened_is_not_asked_for_again_at_once(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path / CHECKPOINT.name
    folder.mkdir()
    reader = ModelReader(VlmConfig(VlmKind.TRANSFORMERS, model=str(folder), device="cpu"), clock)
    with pytest.raises(EngineUnavailableError, match=r"config\.json"):
        reader.open()
    shutil.copytree(CHECKPOINT, folder, dirs_exist_ok=True)
    clock.now += 59
    for _ in range(3):
        with pytest.raises(EngineUnavailableError, match=r"config\.json") as told:
            reader.open()
        assert len(told.traceback) == 2, "what is kept of the error keeps the pages that met it"
    clock.now += 2
    assert reader.open().info.name == CHECKPOINT.name
    reader.close()


def test_the_folder_names_the_profile(engine: TransformersVlm) -> None:
    assert engine.info.name == "tiny-lightonocr-3"
    assert engine.info.version == "lightonocr"


def test_its_text_can_be_seen_while_it_reads() -> None:
    reader = Reader(replace(scripted(), vlm=VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu")))
    drafts: list[str] = []
    with open_source(next(draw_pictures()).png) as opened:
        options = OcrOptions(tier=Tier.VLM)
        result = reader.read_page(opened, 1, options, on_draft=lambda make_text: drafts.append(make_text()))
    reader.close()
    texts = [text for text in dict.fromkeys(drafts) if text]
    assert len(texts) > 2
    assert all(later.startswith(text) for text, later in pairwise(texts))
    assert (texts[-1], result.tier) == (result.page.text, Tier.VLM)


@pytest.mark.parametrize(
    ("bounds", "why"),
    [({"page_budget_s": -1.0}, "too long"), ({"max_new_tokens": 3}, "too long"), ({"device": "tpu"}, "tpu")],
)
def test_a_page_that_the_model_does_not_finish_is_read_by_the_others(bounds: dict[str, Any], why: str) -> None:
    model = replace(VlmConfig(VlmKind.TRANSFORMERS, model=str(CHECKPOINT), device="cpu"), **bounds)
    reader = Reader(replace(scripted(text="Read without it"), vlm=model))
    with open_source(next(draw_pictures()).png) as opened:
        result = reader.read_page(opened, 1, OcrOptions(tier=Tier.VLM))
    reader.close()
    assert (result.page.blocks[0].text, result.tier) == ("Read without it", Tier.CPU)
    (notice,) = result.notices
    assert why in notice
    assert "price of tier cpu" in notice
