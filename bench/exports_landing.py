"""Measure where a search in the searchable PDF lands: PDFium's marks beside the boxes of the words.

    python -m bench.exports_landing EVALUATION/ocr CACHE [--kind printed-clean]

Only words count that stand once on their page. A hit lands when its left and right edges are within three pixels of the
word's box and it covers the box's height but for three pixels.
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdfium2

from bench.exports_documents import load_documents
from exports import searchable_pdf
from pipeline.document import Box, Page, Word

_NEAR_PX = 3.0
_TILTED_DEG = 0.2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--kind", default="", help="only pages of this kind of the manifest")
    arguments = parser.parse_args()
    tally: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "written.pdf"
        for item, source, document in load_documents(arguments.evaluation, arguments.cache):
            if arguments.kind not in item["kind"]:
                continue
            with path.open("w+b") as target:
                searchable_pdf.write(document, source, target)
            for page in document.pages:
                _count(tally, path, page)
    for name in ("upright", "tilted"):
        words = max(tally[name], 1)
        shares = (f"{what} {tally[f'{name} {what}'] / words:.3f}" for what in ("found", "landed", "middle inside"))
        print(f"{name}: {tally[name]} words, {', '.join(shares)}")


def _count(tally: Counter[str], path: Path, page: Page) -> None:
    name = "tilted" if abs(page.skew_deg) > _TILTED_DEG else "upright"
    words = [word for block in page.blocks for word in block.words if word.text.strip()]
    text = " ".join(word.text for word in words)
    once = [word for word in words if text.count(word.text) == 1]
    for word, hit in zip(once, _search(path, page, once), strict=True):
        tally[name] += 1
        if hit is None:
            continue
        tally[f"{name} found"] += 1
        tally[f"{name} landed"] += _lands(hit, word.box)
        x, y = hit.center
        tally[f"{name} middle inside"] += word.box.left <= x <= word.box.right and word.box.top <= y <= word.box.bottom


def _lands(hit: Box, box: Box) -> bool:
    covers = hit.top <= box.top + _NEAR_PX and hit.bottom >= box.bottom - _NEAR_PX
    return covers and abs(hit.left - box.left) <= _NEAR_PX and abs(hit.right - box.right) <= _NEAR_PX


def _search(path: Path, page: Page, words: Sequence[Word]) -> Iterator[Box | None]:
    """Where PDFium marks each word, in page pixels; None where it does not find it."""
    document = pypdfium2.PdfDocument(path)
    try:
        shown = document[page.number - 1]
        scale = page.width_px / shown.get_width()
        bottom = shown.get_height() * scale
        text = shown.get_textpage()
        for word in words:
            found = text.search(word.text, match_case=True).get_next()
            yield None if found is None else _marked(text, range(found[0], sum(found)), scale, bottom)
    finally:
        document.close()


def _marked(text: Any, letters: range, scale: float, bottom: float) -> Box:
    corners = [text.get_charbox(position) for position in letters]
    return Box.around(
        Box(left * scale, bottom - high * scale, right * scale, bottom - low * scale)
        for left, low, right, high in corners
    )


if __name__ == "__main__":
    main()
