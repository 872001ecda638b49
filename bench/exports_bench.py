"""Measure the searchable PDF: what four readers give back of it, beside OCRmyPDF on the same pages.

    python -m bench.exports_documents EVALUATION/ocr CACHE      # reads the pages once
    python -m bench.exports_bench EVALUATION/ocr CACHE [--ocrmypdf PROGRAM] [--kind printed-clean]

A line counts as recovered when a reader gives exactly it (after NFKC, white space squeezed), or gives it joined with
the other lines of its row (two cells of one table row are one line to a reader), or puts it together with the next one
where a hyphen divides a word. OCRmyPDF reads the pages itself with the same Tesseract; its lines are those of its own
sidecar file. Seconds are CPU seconds of this process and children.
"""

import argparse
import resource
import statistics
import subprocess
import tempfile
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2

from bench.exports_documents import load_documents
from bench.pdf_readers import READERS, normal, to_lines
from exports import searchable_pdf
from pipeline.document import Document, Line
from pipeline.languages import find_language

_SMALL_GROWTH = 1024


@dataclass(frozen=True, slots=True)
class Tally:
    """Lines recovered of lines written, by (reader, direction)."""

    recovered: Counter[tuple[str, str]]
    written: Counter[tuple[str, str]]

    def share(self, reader: str, direction: str) -> str:
        total = self.written[reader, direction]
        return f"{self.recovered[reader, direction]}/{total} ({self.recovered[reader, direction] / max(total, 1):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--ocrmypdf", help="the program, to measure it too")
    parser.add_argument("--kind", default="", help="only pages of this kind of the manifest")
    parser.add_argument("--every", type=int, default=1, help="only each N-th of them")
    arguments = parser.parse_args()
    pages = [
        page for page in load_documents(arguments.evaluation, arguments.cache) if arguments.kind in page[0]["kind"]
    ][:: arguments.every]
    with tempfile.TemporaryDirectory() as folder:
        measure_ours(pages, Path(folder))
        if arguments.ocrmypdf:
            measure_ocrmypdf(pages, arguments.evaluation, arguments.ocrmypdf, Path(folder))


def measure_ours(pages: Sequence[tuple[dict[str, Any], bytes, Document]], folder: Path) -> None:
    tally = Tally(Counter(), Counter())
    growth: list[int] = []
    seconds: list[float] = []
    changed = faulty = 0
    for item, source, document in pages:
        path = folder / f"{item['id']}.pdf"
        before = _cpu_seconds()
        with path.open("w+b") as target:
            searchable_pdf.write(document, source, target)
        seconds.append(_cpu_seconds() - before)
        with BytesIO() as bare:
            searchable_pdf.write(Document("", "", (), 1, document.created_at), source, bare)
            growth.append(path.stat().st_size - len(bare.getvalue()))
            changed += not np.array_equal(_render(path.read_bytes()), _render(bare.getvalue()))
        faulty += _is_faulty(path)
        count_lines(tally, path, [line for page in document.pages for block in page.blocks for line in block.lines])
    report("ocr-chat", tally, growth, seconds)
    print(f"  pages whose picture changed: {changed}; pages that qpdf --check faults: {faulty}")


def measure_ocrmypdf(
    pages: Sequence[tuple[dict[str, Any], bytes, Document]], evaluation: Path, program: str, folder: Path
) -> None:
    tally = Tally(Counter(), Counter())
    growth: list[int] = []
    seconds: list[float] = []
    failed = changed = faulty = 0
    for item, source, document in pages:
        path, sidecar = folder / f"{item['id']}.other.pdf", folder / f"{item['id']}.txt"
        language = find_language(item["lang"])
        command = [
            program,
            "-l",
            language.tesseract if language else "eng",
            "--output-type",
            "pdf",
            "--jobs",
            "1",
            "-q",
        ]
        command += ["--optimize", "0", "--image-dpi", "150", "--sidecar", str(sidecar)]
        before = _cpu_seconds()
        run = subprocess.run([*command, str(evaluation / item["file"]), str(path)], capture_output=True, check=False)
        seconds.append(_cpu_seconds() - before)
        if run.returncode != 0 or not path.exists():
            failed += 1
            continue
        faulty += _is_faulty(path)
        with BytesIO() as bare:
            searchable_pdf.write(Document("", "", (), 1, document.created_at), source, bare)
            growth.append(path.stat().st_size - len(bare.getvalue()))
        written = to_lines(sidecar.read_text("utf-8"))
        undivided = find_undivided(written)
        for reader, read in READERS.items():
            found = Counter(line for page in read(path) for line in page)
            for line, joined in zip(written, undivided, strict=True):
                _count(tally, reader, line, is_recovered=found[line] > 0 or bool(joined & found.keys()))
                found[line] -= 1
        # The last, as it writes another sidecar.
        changed += _changes_pictures(command, evaluation / item["file"], path)
    report("OCRmyPDF", tally, growth, seconds)
    print(f"  pages whose picture changed: {changed}; pages that qpdf --check faults: {faulty}; refused: {failed}")


def _changes_pictures(command: Sequence[str], source: Path, path: Path) -> bool:
    """Whether the page looks different from the one that the same program writes without recognising anything."""
    bare = path.with_suffix(".bare.pdf")
    subprocess.run([*command, "--tesseract-timeout", "0", str(source), str(bare)], capture_output=True, check=True)
    return not np.array_equal(_render(path.read_bytes()), _render(bare.read_bytes()))


def _is_faulty(path: Path) -> bool:
    return subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode != 0


def count_lines(tally: Tally, path: Path, lines: Sequence[Line]) -> None:
    lines = [line for line in lines if normal(line.text)]
    texts = [normal(line.text) for line in lines]
    undivided = find_undivided(texts)
    for reader, read in READERS.items():
        found = Counter(line for page in read(path) for line in page)
        for index, (line, text) in enumerate(zip(lines, texts, strict=True)):
            is_recovered = found[text] > 0 or any(joined in found for joined in _rows_with(line, lines))
            found[text] -= 1
            _count(tally, reader, text, is_recovered=is_recovered or bool(undivided[index] & found.keys()))


def find_undivided(texts: Sequence[str]) -> list[frozenset[str]]:
    """For each line, how a reader writes it that puts words together which a hyphen divides at a line's end.

    Poppler does so, with born-digital files too, and drops the line break there.
    """
    joins: list[set[str]] = [set() for _ in texts]
    start = 0
    for index in range(len(texts)):
        if texts[index].endswith("-") and index + 1 < len(texts):
            continue
        if index > start:
            whole = "".join(text[:-1] for text in texts[start:index]) + texts[index]
            for each in range(start, index + 1):
                joins[each].add(whole)
        start = index + 1
    return [frozenset(each) for each in joins]


def _count(tally: Tally, reader: str, text: str, *, is_recovered: bool) -> None:
    tally.written[reader, direction_of(text)] += 1
    tally.recovered[reader, direction_of(text)] += is_recovered


def _rows_with(line: Line, lines: Sequence[Line]) -> Iterator[str]:
    """The line joined with its neighbours to the left and right, in both directions of reading."""
    row = [other for other in lines if _overlap(line, other) > 0.4 * min(line.box.height, other.box.height)]
    for is_reversed in (False, True):
        row.sort(key=lambda other: other.box.left, reverse=is_reversed)
        place = row.index(line)
        for first in range(place + 1):
            for last in range(place, len(row)):
                yield " ".join(normal(other.text) for other in row[first : last + 1])


def _overlap(one: Line, other: Line) -> float:
    return min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)


def direction_of(text: str) -> str:
    kinds = {unicodedata.bidirectional(character) for character in text}
    if not kinds & {"R", "AL"}:
        return "ltr"
    return "mixed" if kinds & {"L", "EN", "AN"} else "rtl"


def report(name: str, tally: Tally, growth: Sequence[int], seconds: Sequence[float]) -> None:
    by_reader: dict[str, list[str]] = defaultdict(list)
    for reader in READERS:
        by_reader[reader] = [f"{kind} {tally.share(reader, kind)}" for kind in ("ltr", "rtl", "mixed")]
    print(f"{name}: {len(seconds)} pages, {sum(seconds) / len(seconds):.3f} CPU s a page")
    print(f"  size over the wrapped picture: median {statistics.median(growth) / _SMALL_GROWTH:.1f} KB")
    for reader, shares in by_reader.items():
        print(f"  {reader:9} {'  '.join(shares)}")


def _render(data: bytes) -> Any:
    document = pypdfium2.PdfDocument(data)
    try:
        return document[0].render(scale=1).to_numpy().copy()
    finally:
        document.close()


def _cpu_seconds() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main()
