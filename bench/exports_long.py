"""Measure downloads of a long document: time a page and memory on top of the file and the document.

    python -m bench.exports_long [--pages 300]

The document is ``samples/letter.png``, read once, on every page; each page of the file has a JPEG of its own. Every
format is made in a fresh process by the task that the server runs, from a folder to a folder. "Memory" is the growth of
the process from after the file and the document were read once to its peak.
"""

import argparse
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from exports.flat_pdf import FlatPdfWriter, ImageObject
from exports.formats import FORMATS, ExportOptions
from pipeline.document_json import from_json, to_json
from pipeline.options import OcrOptions
from pipeline.recognise import Reader, ReaderConfig, recognise
from service.job_exports import WriteExport
from service.job_files import JobFiles, document_key, export_key, source_key
from service.task_context import TaskContext

_JOB = "0" * 32
_SAMPLE = Path(__file__).parent.parent / "samples" / "letter.png"
_MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--measure", help=argparse.SUPPRESS, nargs=2)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(*arguments.measure)))
        return
    with tempfile.TemporaryDirectory() as folder:
        prepare(JobFiles(folder), arguments.pages)
        print(f"{arguments.pages} pages, file {JobFiles(folder).stream(source_key(_JOB))[0] / _MIB:.1f} MiB")
        print("format    CPU ms a page   MiB more   MiB written")
        for name in [*FORMATS, "pdfa"]:
            command = [sys.executable, "-m", "bench.exports_long", "--measure", folder, name]
            shown = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            each = 1000 * shown["seconds"] / arguments.pages
            print(f"{name:9} {each:13.1f} {shown['grown_mib']:10.1f} {shown['written_mib']:13.1f}")


def prepare(files: JobFiles, pages: int) -> None:
    """Put a document of so many pages and its file into the storage."""
    reader = Reader(ReaderConfig())
    try:
        document = recognise(_SAMPLE.read_bytes(), OcrOptions(language="en"), reader=reader, name=_SAMPLE.name)
    finally:
        reader.close()
    (page,) = document.pages
    numbered = tuple(replace(page, number=number) for number in range(1, pages + 1))
    files.write(document_key(_JOB), to_json(replace(document, pages=numbered, page_count=pages)))
    files.write(source_key(_JOB), _scan(pages))


def _scan(pages: int) -> bytes:
    """A scanned PDF: the sample with grain, which makes pages as large as scans are."""
    pixels = np.asarray(Image.open(_SAMPLE).convert("L"), dtype=np.int16)
    written = io.BytesIO()
    writer = FlatPdfWriter(written)
    random = np.random.default_rng(7)
    for _ in range(pages):
        grain = random.integers(-6, 7, pixels.shape, dtype=np.int16)
        jpeg = io.BytesIO()
        Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(jpeg, "JPEG", quality=60)
        height, width = pixels.shape
        entries = "/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode"
        writer.add_page(ImageObject(width, height, entries, jpeg.getvalue()), 595.0, 842.0, (1, 0, 0, 1, 0, 0))
    writer.finish()
    return written.getvalue()


def measure(folder: str, name: str) -> dict[str, float]:
    """CPU seconds, growth of the peak and size of one download, made in this process."""
    files = JobFiles(folder)
    context = TaskContext()
    task = WriteExport(folder, _JOB, "txt", ExportOptions(), "first.txt")
    task.run(context)
    files.read(source_key(_JOB))
    from_json(files.read(document_key(_JOB)))
    before, started = _peak_kib(), time.process_time()
    options = ExportOptions(pdfa=name == "pdfa")
    WriteExport(folder, _JOB, "pdf" if name == "pdfa" else name, options, name).run(context)
    seconds = time.process_time() - started
    grown = _peak_kib() - before
    written = files.stream(export_key(_JOB, name))[0]
    return {"seconds": seconds, "grown_mib": grown / 1024, "written_mib": written / _MIB}


def _peak_kib() -> int:
    """The most memory this process has had; getrusage would give its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])  # type: ignore[index]


if __name__ == "__main__":
    main()
