"""Read an evaluation folder's pages, told the right language, and keep the Documents as JSON.

    python -m bench.exports_documents EVALUATION/ocr CACHE

The export benchmark wants real boxes: noise, skew, touching words. Results are cached, one file a page.
"""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from errors import OcrChatError
from pipeline.document import Document
from pipeline.document_json import from_json, to_json
from pipeline.languages import find_language
from pipeline.options import OcrOptions
from pipeline.recognise import Reader, ReaderConfig, recognise


def read_pages(folder: Path, cache: Path) -> None:
    """Write ``CACHE/<page id>.json`` for every page of ``folder/manifest.json`` that is not there yet."""
    cache.mkdir(parents=True, exist_ok=True)
    reader = Reader(ReaderConfig(cpu_engine="tesseract"))
    seconds: list[float] = []
    try:
        for item in load_manifest(folder):
            target = cache / f"{item['id']}.json"
            if not target.exists():
                before = time.process_time()
                target.write_bytes(to_json(_read(folder / item["file"], item.get("lang", ""), reader)))
                seconds.append(time.process_time() - before)
    finally:
        reader.close()
    if seconds:
        print(f"{len(seconds)} pages read, {sum(seconds) / len(seconds):.2f} CPU s a page")


def _read(path: Path, language: str, reader: Reader) -> Document:
    found = find_language(language)
    options = OcrOptions(language=found.code if found else "auto")
    try:
        return recognise(path.read_bytes(), options, reader=reader, name=path.name)
    except OcrChatError as error:
        raise SystemExit(f"{path}: {error}") from error


def load_manifest(folder: Path) -> list[dict[str, Any]]:
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    return manifest if isinstance(manifest, list) else manifest["items"]


def load_documents(folder: Path, cache: Path) -> Iterator[tuple[dict[str, Any], bytes, Document]]:
    """(manifest item, bytes of its file, Document) for every cached page."""
    for item in load_manifest(folder):
        target = cache / f"{item['id']}.json"
        if target.exists():
            yield item, (folder / item["file"]).read_bytes(), from_json(target.read_bytes())


if __name__ == "__main__":
    read_pages(Path(sys.argv[1]), Path(sys.argv[2]))
