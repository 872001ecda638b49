"""Read an evaluation folder's pages with Tesseract, told the right language, and keep the Documents as JSON.

    python -m bench.exports_documents EVALUATION/ocr CACHE

The export benchmark wants real boxes: noise, skew, touching words. It does not want to measure our own pipeline, so
Tesseract is asked directly. Results are cached, one file a page.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from pipeline.document import Block, BlockKind, Box, Document, Line, Page, Word
from pipeline.document_json import from_json, to_json

TESSDATA = "/usr/share/tesseract-ocr/5/tessdata/"
_PACKS = {"cmn_hans": "chi_sim", "cmn_hant": "chi_tra", "arb": "ara", "pes": "fas", "frk": "Fraktur"}


def read_pages(folder: Path, cache: Path) -> None:
    """Write ``CACHE/<page id>.json`` for every page of ``folder/manifest.json`` that is not there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    for item in load_manifest(folder):
        target = cache / f"{item['id']}.json"
        if not target.exists() and item.get("lang"):
            document = read_page(folder / item["file"], _PACKS.get(item["lang"], item["lang"]))
            target.write_bytes(to_json(document))


def load_manifest(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest if isinstance(manifest, list) else manifest["items"]


def load_documents(folder: Path, cache: Path) -> Iterator[tuple[dict[str, Any], bytes, Document]]:
    """(manifest item, bytes of the image file, Document) for every cached page."""
    for item in load_manifest(folder):
        target = cache / f"{item['id']}.json"
        if target.exists():
            yield item, (folder / item["file"]).read_bytes(), from_json(target.read_bytes())


def read_page(path: Path, pack: str) -> Document:
    from tesserocr import RIL, PyTessBaseAPI, iterate_level

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    with PyTessBaseAPI(path=TESSDATA, lang=pack) as api:
        api.SetImage(image)
        api.Recognize()
        blocks: list[Block] = []
        lines: list[Line] = []
        words: list[Word] = []
        for cursor in iterate_level(api.GetIterator(), RIL.WORD):
            if cursor.Empty(RIL.WORD):  # a page without any text
                break
            text = (cursor.GetUTF8Text(RIL.WORD) or "").strip()
            corners = cursor.BoundingBox(RIL.WORD)
            if text and corners:
                words.append(Word(text, Box(*map(float, corners)), cursor.Confidence(RIL.WORD) / 100))
            if cursor.IsAtFinalElement(RIL.TEXTLINE, RIL.WORD) and words:
                lines.append(_to_line((cursor.GetUTF8Text(RIL.TEXTLINE) or "").strip(), words))
                words = []
            if cursor.IsAtFinalElement(RIL.BLOCK, RIL.WORD) and lines:
                blocks.append(_to_block(len(blocks) + 1, lines))
                lines = []
    page = Page(1, image.width, image.height, 300.0, tuple(blocks), "tesseract", language=None)
    return Document(path.stem, path.name, (page,), 1, datetime(2026, 1, 1, tzinfo=UTC))


def _to_line(text: str, words: list[Word]) -> Line:
    confidence = sum(word.confidence or 0 for word in words) / len(words)
    return Line(text, Box.around(word.box for word in words), confidence, tuple(words))


def _to_block(index: int, lines: list[Line]) -> Block:
    text = "\n".join(line.text for line in lines)
    box = Box.around(line.box for line in lines)
    return Block(f"p1-b{index}", BlockKind.TEXT, text, box, lines[0].confidence, tuple(lines))


if __name__ == "__main__":
    read_pages(Path(sys.argv[1]), Path(sys.argv[2]))
