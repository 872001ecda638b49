"""How well a checkpoint reads: ``python -m training.tiny_vlm.evaluate FOLDER``.

Pages of words that training never saw, in fonts of the training and in others, read through the engine that the server
uses, asked as LightOnOCR and as Surya. The character error rate is the edit distance to the drawn text divided by its
length, at most 1 a page.
"""

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image
from rapidfuzz.distance import Levenshtein

from errors import ReadingError
from pipeline.engines.base import EngineRequest
from pipeline.engines.transformers_vlm import TransformersVlm
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from training.tiny_vlm.batches import draw_pages
from training.tiny_vlm.pages import PILLOWS_FONT, TRAINING_FONTS, UNSEEN_FONTS, SmallPage, Writer, load_words

_FONTS: dict[str, Sequence[str]] = {
    "Pillow's font": (PILLOWS_FONT,),
    "all fonts of the training": sorted(set(TRAINING_FONTS)),
    "unseen fonts": UNSEEN_FONTS,
}


def read(engine: TransformersVlm, page: SmallPage) -> str:
    """The text that the engine reads, a line a block; nothing where it gives up."""
    pixels = np.asarray(Image.fromarray(page.gray).convert("RGB"))
    try:
        result = engine.read_page(PageImage(1, pixels, 72), EngineRequest(()))
    except ReadingError:
        return ""
    return "\n".join(block.text for block in result.blocks)


def measure(engine: TransformersVlm, writer: Writer, lines: int, count: int) -> tuple[float, float]:
    """(mean character error rate, share of the pages without any error) for pages of so many lines."""
    rates = []
    for page in draw_pages(writer, Random(100 + lines), 256, 32 * (lines + 1), lines, count):
        text = "\n".join(line.text for line in page.lines)
        rates.append(min(1.0, Levenshtein.distance(text, read(engine, page)) / len(text)))
    return statistics.mean(rates), sum(rate == 0 for rate in rates) / len(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=20, help="of each kind")
    parser.add_argument("--words", type=Path, default=Path("build/words"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config = VlmConfig(VlmKind.TRANSFORMERS, model=str(arguments.folder), device="cpu", max_new_tokens=200)
    engines = {profile: TransformersVlm.open(replace(config, profile=profile)) for profile in ("lightonocr", "surya")}
    unseen_words = load_words(arguments.words, test=True)
    for name, fonts in _FONTS.items():
        for profile, lines in (("lightonocr", 1), ("surya", 1), ("lightonocr", 2)):
            began = time.process_time()
            rate, perfect = measure(engines[profile], Writer(fonts, unseen_words), lines, arguments.pages)
            seconds = (time.process_time() - began) / arguments.pages
            print(
                f"{name}, {lines} lines, asked as {profile}: CER {rate:.3f}, without error {perfect:.2f}, "
                f"{seconds:.1f} CPU-s a page",
                flush=True,
            )


if __name__ == "__main__":
    main()
