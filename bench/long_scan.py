"""A long scan on a real server: memory of all its processes while it is read, and pages a second.

    python -m bench.long_scan [--pages 300]

The pages are the samples' pictures in turn, each brightened a little differently so that no two are the same. Memory
is the proportional set size (shared pages are counted once in all) of the server and everything it started.
"""

import argparse
import io
import tempfile
import threading
import time
from pathlib import Path

import pikepdf
import psutil
import requests
from PIL import Image

from tests.server import start_server

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
PICTURES = ("letter.png", "two-columns.png", "receipt.png", "table.png")
EVERY_S = 0.5


def make_scan(pages: int, target: Path) -> None:
    pdf = pikepdf.new()
    for number in range(pages):
        with Image.open(SAMPLES / PICTURES[number % len(PICTURES)]) as picture:
            shade = number % 16
            changed = picture.convert("L").point(lambda value, shade=shade: min(255, value + shade))
            buffer = io.BytesIO()
            changed.save(buffer, "PDF", resolution=150, quality=85)
        with pikepdf.open(io.BytesIO(buffer.getvalue())) as single:
            pdf.pages.extend(single.pages)
    pdf.save(target)


def total_mb(pid: int) -> float:
    """Proportional set size of a process and its children, in megabytes."""
    total = 0
    parent = psutil.Process(pid)
    for process in (parent, *parent.children(recursive=True)):
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
            continue
    return total / 1e6


class MemoryWatch(threading.Thread):
    """Samples the memory of a process tree until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.samples: list[float] = []

    def run(self) -> None:
        while not self._ended.wait(EVERY_S):
            self.samples.append(total_mb(self._pid))

    def stop(self) -> list[float]:
        self._ended.set()
        self.join()
        return self.samples


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pages", type=int, default=300)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "scan.pdf"
        make_scan(arguments.pages, source)
        with start_server(Path(folder) / "data", QUOTAS="off") as server:
            print(f"before: {total_mb(server.process.pid):.0f} MB; file {source.stat().st_size / 1e6:.1f} MB")
            watch = MemoryWatch(server.process.pid)
            watch.start()
            started = time.perf_counter()
            with source.open("rb") as file:
                job = requests.post(server.ocr, files={"file": (source.name, file)}, timeout=600).json()
            while job["status"] in ("pending", "processing"):
                job = requests.get(f"{server.ocr}{job['uuid']}/?wait=30", timeout=120).json()
            wall = time.perf_counter() - started
            samples = watch.stop()
    parts = [samples[len(samples) * part // 6 : len(samples) * (part + 1) // 6] for part in range(6)]
    print(f"{arguments.pages} pages, {job['status']}, {wall:.0f} s, {arguments.pages / wall:.2f} pages a second")
    print(
        f"peak {max(samples):.0f} MB; peak in each sixth of the time:", *(f"{max(part):.0f}" for part in parts if part)
    )


if __name__ == "__main__":
    main()
