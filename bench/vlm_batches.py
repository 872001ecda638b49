"""How much batches save a model in this process: ``python -m bench vlm_batches [--model FOLDER] [--device cpu]``.

Reads the same pages in batches of each size, in turns within one run, and prints the median seconds a page. With
``--random`` the model has the architecture and about the size of LightOnOCR-3-0.8B and random weights (2.4 GB in a
temporary folder): what it writes says nothing, how long it takes to look at a page and to write a token does.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.pipeline.vlm.random_checkpoints import save_qwen3_5
from tests.tiny_pictures import CHECKPOINT, draw_pictures

_ROUNDS = 7
_TEXT = {
    "hidden_size": 1024,
    "intermediate_size": 3584,
    "num_hidden_layers": 24,
    "num_attention_heads": 8,
    "head_dim": 256,
    "linear_key_head_dim": 128,
    "linear_value_head_dim": 128,
    "linear_num_key_heads": 16,
    "linear_num_value_heads": 16,
    "rope_parameters": {
        "rope_type": "default",
        "rope_theta": 10000.0,
        "mrope_section": [11, 11, 10],
        "mrope_interleaved": True,
        "partial_rotary_factor": 0.25,
    },
}
_VISION = {
    "depth": 12,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_heads": 12,
    "out_hidden_size": 1024,
    "num_position_embeddings": 2304,
}
_RANDOM_PAGES, _RANDOM_TOKENS = 4, 32


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench vlm_batches")
    parser.add_argument("--model", default=str(CHECKPOINT), help="a folder or a Hugging Face id")
    parser.add_argument("--device", default="cpu", help="what torch calls it, or auto")
    parser.add_argument("--sizes", default="1,2,4,8", help="pages of a batch")
    parser.add_argument("--random", action="store_true", help="a model of LightOnOCR-3-0.8B's size, random weights")
    wanted = parser.parse_args()
    config = VlmConfig(VlmKind.TRANSFORMERS, model=wanted.model, device=wanted.device, threads=1)
    sizes = [int(size) for size in wanted.sizes.split(",")]
    if wanted.random:
        with tempfile.TemporaryDirectory() as folder:
            save_qwen3_5(Path(folder), text=_TEXT, vision=_VISION)
            compare_parts(replace(config, model=folder, profile="lightonocr"), sizes)
    else:
        compare_pages(config, sizes)


def compare_pages(config: VlmConfig, sizes: Sequence[int]) -> None:
    """Whole pages that the model really reads."""
    engine = TransformersVlm.open(config)
    pages = [PageImage(number, np.asarray(each.image), 72) for number, each in enumerate(draw_pictures(), start=1)]
    read_all(engine, pages, 1)
    taken: dict[int, list[tuple[float, float]]] = {size: [] for size in sizes}
    texts: dict[int, list[str]] = {}
    for _ in range(_ROUNDS):
        for size in sizes:
            cpu, wall = time.process_time(), time.perf_counter()
            texts[size] = read_all(engine, pages, size)
            taken[size].append((time.process_time() - cpu, time.perf_counter() - wall))
    engine.close()
    are_same = len(set(map(tuple, texts.values()))) == 1
    print(f"{len(pages)} pages, {_ROUNDS} rounds, {config.device}; all sizes say the same: {are_same}")
    alone = median(cpu for cpu, _ in taken[sizes[0]])
    for size in sizes:
        cpu, wall = (median(each) / len(pages) for each in zip(*taken[size], strict=True))
        print(f"batch of {size}: {cpu:.4f} CPU-s a page, {wall:.4f} s, x{cpu * len(pages) / alone:.2f}")


def read_all(engine: TransformersVlm, pages: Sequence[PageImage], size: int) -> list[str]:
    """The texts of the pages, read in batches."""
    read: dict[int, str] = {}
    for first in range(0, len(pages), size):

        def keep(row: int, result: Any, first: int = first) -> None:
            read[first + row] = "\n".join(block.text for block in result.blocks)

        engine.read_pages(pages[first : first + size], EngineRequest(()), keep)
    return [read[index] for index in range(len(pages))]


def compare_parts(config: VlmConfig, sizes: Sequence[int]) -> None:
    """The first look at pages of 448 × 448 pixels, and each token after it."""
    noise = np.random.default_rng(0)
    pixels = noise.integers(0, 255, (_RANDOM_PAGES, 448, 448, 3), dtype=np.uint8)
    pages = [PageImage(number, each, 72) for number, each in enumerate(pixels, start=1)]
    brief, long = (TransformersVlm.open(replace(config, max_new_tokens=2 + more)) for more in (0, _RANDOM_TOKENS))
    time_pages(brief, pages[:1], 1)
    for size in sizes:
        look, all_of_it = (time_pages(engine, pages, size) for engine in (brief, long))
        print(f"batch of {size}: {look:.2f} s a look, {(all_of_it - look) / _RANDOM_TOKENS:.4f} s a page and token")


def time_pages(engine: TransformersVlm, pages: Sequence[PageImage], size: int) -> float:
    """CPU seconds a page (seconds by the clock on a GPU)."""
    clock = time.process_time if engine._model.device.type == "cpu" else time.perf_counter
    started = clock()
    for first in range(0, len(pages), size):
        engine.read_pages(pages[first : first + size], EngineRequest(()), lambda _row, _result: None)
    return (clock() - started) / len(pages)


if __name__ == "__main__":
    main()
