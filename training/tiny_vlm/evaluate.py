"""How well a checkpoint reads: ``python -m training.tiny_vlm.evaluate FOLDER``.

Pages in fonts and with words that training never saw, read through the engine that the server uses. The character
error rate is the edit distance to the drawn text divided by its length.
"""

import argparse
import statistics
import time
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
from training.tiny_vlm.pages import TRAINING_FONTS, UNSEEN_FONTS, SmallPage, Writer, load_words


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
    for page in draw_pages(writer, Random(100 + lines), 224, 16 * (2 * lines + 1), lines, count):
        text = "\n".join(line.text for line in page.lines)
        rates.append(min(1.0, Levenshtein.distance(text, read(engine, page)) / len(text)))
    return statistics.mean(rates), sum(rate == 0 for rate in rates) / len(rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=20, help="of each number of lines")
    parser.add_argument("--words", type=Path, default=Path("build/words"))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config = VlmConfig(
        VlmKind.TRANSFORMERS, model=str(arguments.folder), profile="lightonocr", device="cpu", max_new_tokens=500
    )
    engine = TransformersVlm.open(config)
    unseen_words = load_words(arguments.words, test=True)
    for name, fonts in (("fonts of the training", TRAINING_FONTS), ("unseen fonts", UNSEEN_FONTS)):
        for lines in (1, 2):
            began = time.process_time()
            rate, perfect = measure(engine, Writer(fonts, unseen_words), lines, arguments.pages)
            seconds = (time.process_time() - began) / arguments.pages
            print(f"{name}, {lines} lines: CER {rate:.3f}, without error {perfect:.2f}, {seconds:.1f} CPU-s a page")


if __name__ == "__main__":
    main()
