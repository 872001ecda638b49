"""Accuracy and CPU time beside the engines people would use instead, on the same pages in one run.

    python -m bench.peers FOLDER [--every N] [--plot docs/images/peers.svg] [--table FILE]

FOLDER holds manifest.json (see bench.page_sets); only pages with a reference count. Each reader is warmed up with one
page and runs with one thread in this process:

- Tesseract told each page's own language; Tesseract with its own script detection (OSD, then the script's data);
- PP-OCR alone (its own line order);
- ocr-chat, tier ``cpu``, told nothing.

OCRmyPDF is a program that writes PDFs: bench.ocrmypdf_race compares with it.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.page_sets import PageItem, load_pages
from pipeline.engines.base import EngineRequest
from pipeline.engines.rapidocr_engine import RapidOcrEngine
from pipeline.engines.tesseract_engine import TesseractEngine, find_tessdata
from pipeline.languages import SCRIPTS, find_language
from pipeline.options import OcrOptions
from pipeline.rasterize import open_source
from pipeline.recognise import Reader, recognise

Read = Callable[[PageItem], str]


@dataclass(frozen=True, slots=True)
class Score:
    """Mean character error rates (None without such pages) and CPU seconds a page."""

    name: str
    everything: float
    rendered: float | None
    real: float | None
    cpu_s: float


def read_with_tesseract(engine: TesseractEngine) -> Read:
    def read(item: PageItem) -> str:
        language = find_language(item.language.replace("cmn_", "zh-"))
        request = EngineRequest((language.code,) if language else ("en",))
        with open_source(item.file.read_bytes()) as opened:
            return "\n".join(line.text for line in engine.read_page(opened.render(1), request).lines)

    return read


def read_with_detection(engine: TesseractEngine) -> Read:
    """Tesseract's own way with a page of unknown language."""
    import tesserocr
    from PIL import Image

    known = {script.tesseract: script.tesseract for script in SCRIPTS.values()}
    known |= {"Han": "HanS", "Korean": "kor", "Hangul": "kor"}
    detector = tesserocr.PyTessBaseAPI(path=f"{find_tessdata()}/", psm=tesserocr.PSM.OSD_ONLY, lang="osd")

    def read(item: PageItem) -> str:
        with open_source(item.file.read_bytes()) as opened:
            image = opened.render(1)
        detector.SetImage(Image.fromarray(image.pixels))
        found = detector.DetectOrientationScript()
        pack = known.get(found["script_name"], "eng") if found else "eng"
        from pipeline.prepare import to_grey

        return "\n".join(line.text for line in engine.read(to_grey(image.pixels), [pack], dpi=image.dpi))

    return read


def read_with_rapidocr(engine: RapidOcrEngine) -> Read:
    def read(item: PageItem) -> str:
        with open_source(item.file.read_bytes()) as opened:
            return "\n".join(line.text for line in engine.read_page(opened.render(1), EngineRequest(())).lines)

    return read


def read_with_ours(reader: Reader) -> Read:
    def read(item: PageItem) -> str:
        return recognise(item.file.read_bytes(), OcrOptions(), reader=reader).text

    return read


def score(name: str, read: Read, items: Sequence[PageItem]) -> Score:
    read(items[0])
    started = time.process_time()
    errors = []
    for item in items:
        errors.append(item.error_rate(read(item)))
        print(f"{name}: {item.id} {errors[-1]:.3f}", file=sys.stderr)
    cpu_s = (time.process_time() - started) / len(items)

    def mean(is_rendered: bool) -> float | None:
        chosen = [error for item, error in zip(items, errors, strict=True) if item.is_rendered is is_rendered]
        return statistics.mean(chosen) if chosen else None

    return Score(name, statistics.mean(errors), mean(is_rendered=True), mean(is_rendered=False), cpu_s)


def to_table(scores: Sequence[Score]) -> str:
    def show(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    rows = [
        f"| {s.name} | {show(s.everything)} | {show(s.rendered)} | {show(s.real)} | {s.cpu_s:.2f} |" for s in scores
    ]
    return "\n".join(["| | CER all | rendered | real | CPU s a page |", "|---|---|---|---|---|", *rows])


def to_plot(scores: Sequence[Score]) -> str:
    """An SVG of two rows of bars: errors and CPU seconds, shorter is better in both."""
    height = 44 + 34 * len(scores)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 {height}" font-family="system-ui, sans-serif" '
        'font-size="14"><rect width="100%" height="100%" fill="#fff"/>',
        '<text x="250" y="24" font-weight="600">Character error rate</text>'
        '<text x="570" y="24" font-weight="600">CPU seconds a page</text>',
    ]
    worst, slowest = max(s.everything for s in scores), max(s.cpu_s for s in scores)
    for row, one in enumerate(scores):
        top, color = 38 + 34 * row, "#0f766e" if one.name.startswith("ocr-chat") else "#94a3b8"
        parts.append(f'<text x="238" y="{top + 17}" text-anchor="end">{one.name}</text>')
        for left, share, label in (
            (250, one.everything / worst, f"{100 * one.everything:.1f} %"),
            (570, one.cpu_s / slowest, f"{one.cpu_s:.2f} s"),
        ):
            width = max(2, round(220 * share))
            parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="24" rx="3" fill="{color}"/>')
            parts.append(f'<text x="{left + width + 8}" y="{top + 17}">{label}</text>')
    return "".join(parts) + "</svg>\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take only every Nth page")
    parser.add_argument("--plot", type=Path, help="write the figures as an SVG picture")
    parser.add_argument("--table", type=Path, help="write the figures as a Markdown table")
    arguments = parser.parse_args()
    items = [item for item in load_pages(arguments.folder) if item.reference][:: arguments.every]
    tesseract = TesseractEngine.open()
    scores = [
        score("ocr-chat, told nothing", read_with_ours(Reader()), items),
        score("Tesseract, told the language", read_with_tesseract(tesseract), items),
        score("Tesseract, its own detection", read_with_detection(tesseract), items),
        score("PP-OCR (RapidOCR)", read_with_rapidocr(RapidOcrEngine.open()), items),
    ]
    print(f"{len(items)} pages\n\n{to_table(scores)}")
    if arguments.plot:
        arguments.plot.write_text(to_plot(scores), encoding="utf-8")
    if arguments.table:
        arguments.table.write_text(to_table(scores) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
