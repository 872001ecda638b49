"""Scans in, searchable PDF out: our server, told no language, beside OCRmyPDF's program, told English.

    python -m bench.ocrmypdf_race FOLDER [--pages 20] [--rounds 1]

The first Latin pages of FOLDER that have a reference become one PDF of pictures (JPEG files keep their bytes). Ours is
timed from the POST to the last byte of the download, on a server that runs already; OCRmyPDF from start to end, with a
job per core. CPU seconds are those of all processes. The text of both is read back by PDFium and compared with the
references. Born-digital files in FOLDER/pdf are timed too: ours against OCRmyPDF's own pass (`--skip-text`), ours the
median of five rounds.
"""

import argparse
import io
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import requests
from PIL import Image

from bench.latency import cpu_seconds
from bench.page_sets import PageItem, load_pages
from bench.pdf_readers import pdfium_lines
from tests.server import RunningServer, start_server

DPI = 150
DIGITAL_PAGES = 48
DIGITAL_ROUNDS = 5
OPTIONS = ("-l", "eng", "--deskew", "--rotate-pages", "--output-type", "pdf")


def make_scan(items: Sequence[PageItem], target: Path) -> None:
    """One page a picture, in the size that it has at 150 dpi."""
    pdf = pikepdf.new()
    for item in items:
        with Image.open(item.file) as picture:
            buffer = io.BytesIO()
            if picture.format == "JPEG":
                single = _page_of_jpeg(item.file, picture)
            else:
                picture.convert("RGB").save(buffer, "PDF", resolution=DPI, quality=95)
                single = pikepdf.open(io.BytesIO(buffer.getvalue()))
        pdf.pages.extend(single.pages)
    pdf.save(target)


def _page_of_jpeg(path: Path, picture: Image.Image) -> pikepdf.Pdf:
    pdf = pikepdf.new()
    width, height = picture.size
    points = width * 72 / DPI, height * 72 / DPI
    space = {"L": pikepdf.Name.DeviceGray, "CMYK": pikepdf.Name.DeviceCMYK}.get(picture.mode, pikepdf.Name.DeviceRGB)
    image = pikepdf.Stream(pdf, path.read_bytes())
    image.update(
        pikepdf.Dictionary(
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=space,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
    )
    page = pdf.add_blank_page(page_size=points)
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im=image))
    page.Contents = pikepdf.Stream(pdf, f"{points[0]} 0 0 {points[1]} 0 0 cm /Im Do".encode())
    return pdf


@dataclass(frozen=True, slots=True)
class Timing:
    wall_s: float
    cpu_s: float

    def show(self, name: str, pages: int = 1) -> str:
        return f"{name:28} {self.wall_s / pages:8.3f} s wall {self.cpu_s / pages:8.3f} CPU s"


def race_ours(server: RunningServer, source: Path, target: Path | None) -> Timing:
    """Until the job is done, and until ``target`` is a searchable PDF where that is wanted."""
    wall, cpu = time.perf_counter(), cpu_seconds(server.process.pid)
    with source.open("rb") as file:
        response = requests.post(server.ocr, files={"file": (source.name, file)}, timeout=600)
    response.raise_for_status()
    job = response.json()
    while job["status"] in ("pending", "processing"):
        job = requests.get(f"{server.ocr}{job['uuid']}/?wait=30", timeout=120).json()
    if job["status"] != "done":
        raise SystemExit(f"our job failed: {job['error']}")
    if target:
        target.write_bytes(requests.get(f"{server.ocr}{job['uuid']}/download/?format=pdf", timeout=600).content)
    return Timing(time.perf_counter() - wall, cpu_seconds(server.process.pid) - cpu)


def race_ocrmypdf(source: Path, target: Path, options: Sequence[str] = OPTIONS) -> Timing:
    jobs = str(os.cpu_count() or 1)
    wall, cpu = time.perf_counter(), _children_cpu()
    subprocess.run(["ocrmypdf", "-q", "--jobs", jobs, *options, str(source), str(target)], check=True)
    return Timing(time.perf_counter() - wall, _children_cpu() - cpu)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def mean_error(items: Sequence[PageItem], path: Path) -> float:
    pages = pdfium_lines(path)
    return statistics.mean(item.error_rate("\n".join(lines)) for item, lines in zip(items, pages, strict=True))


def race_scans(folder: Path, count: int, rounds: int, work: Path) -> None:
    items = [item for item in load_pages(folder) if item.script == "Latin" and item.reference][:count]
    source, ours, theirs = work / "scan.pdf", work / "ours.pdf", work / "theirs.pdf"
    make_scan(items, source)
    with start_server(work / "data", QUOTAS="off") as server:
        race_ours(server, Path(__file__).parent.parent / "samples" / "invoice.pdf", ours)
        for _ in range(rounds):
            own = race_ours(server, source, ours)
            other = race_ocrmypdf(source, theirs)
            print(own.show("ocr-chat, language unknown"), f"CER {mean_error(items, ours):.3f}")
            print(other.show("OCRmyPDF -l eng"), f"CER {mean_error(items, theirs):.3f}")
            print(f"ours / theirs: {own.wall_s / other.wall_s:.2f} wall, {own.cpu_s / other.cpu_s:.2f} CPU")


def race_born_digital(folder: Path, work: Path) -> None:
    sources = sorted((folder / "pdf").glob("*.pdf"))
    if not sources:
        return
    source, target = work / "digital.pdf", work / "digital-out.pdf"
    count = _merge(sources, source)
    print(f"{count} born-digital pages, for each:")
    with start_server(work / "data-digital", QUOTAS="off") as server:
        race_ours(server, sources[0], target)
        for name, wanted in (("ocr-chat, read", None), ("ocr-chat, to searchable PDF", target)):
            timings = [race_ours(server, source, wanted) for _ in range(DIGITAL_ROUNDS)]
            print(_median(timings).show(name, count))
    for option in ("--skip-text", "--redo-ocr"):
        print(race_ocrmypdf(source, target, (option, "--output-type", "pdf")).show(f"OCRmyPDF {option}", count))


def _median(timings: Sequence[Timing]) -> Timing:
    return Timing(statistics.median(each.wall_s for each in timings), statistics.median(each.cpu_s for each in timings))


def _merge(sources: Sequence[Path], target: Path) -> int:
    """The files over and over until there are enough pages that what a run costs once does not count."""
    merged = pikepdf.new()
    while len(merged.pages) < DIGITAL_PAGES:
        for path in sources:
            with pikepdf.open(path) as single:
                merged.pages.extend(single.pages)
    merged.save(target)
    return len(merged.pages)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        race_scans(arguments.folder, arguments.pages, arguments.rounds, Path(work))
        race_born_digital(arguments.folder, Path(work))


if __name__ == "__main__":
    main()
