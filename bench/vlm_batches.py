"""How much batches save a model in this process: ``python -m bench vlm_batches [--model FOLDER] [--device cpu]``.

Reads the same pages in batches of each size, in turns within one run, and prints the median seconds a page.
"""

import argparse
import time
from collections.abc import Sequence
from statistics import median
from typing import Any

import numpy as np

from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.tiny_pictures import CHECKPOINT, draw_pictures

_ROUNDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench vlm_batches")
    parser.add_argument("--model", default=str(CHECKPOINT), help="a folder or a Hugging Face id")
    parser.add_argument("--device", default="cpu", help="what torch calls it, or auto")
    parser.add_argument("--sizes", default="1,2,4,8", help="pages of a batch")
    wanted = parser.parse_args()
    config = VlmConfig(VlmKind.TRANSFORMERS, model=wanted.model, device=wanted.device, threads=1)
    sizes = [int(size) for size in wanted.sizes.split(",")]
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
    print(f"{len(pages)} pages, {_ROUNDS} rounds, {wanted.device}; all sizes say the same: {are_same}")
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


if __name__ == "__main__":
    main()
