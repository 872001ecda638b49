"""What the server adds on top of the engine, on one printed page: start, first answer, steady state, memory.

    python -m bench latency [--page FILE] [--rounds N]

Bare Tesseract reads the same page in turn with the server, loaded in a process of its own with one thread, so that
whatever else the machine does falls on both alike; bare PP-OCR reads it before. Tesseract's own program is left out on
purpose (it starts anew for each page); what is compared is the library call that we make too.
"""

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.server import RunningServer, start_server

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PAGE = ROOT / "samples" / "letter.png"

LANGUAGES = ("en", "auto")
WARM_UP_PAGES = 4

BARE = {
    "tesseract": """
import sys, time, io
from PIL import Image
import tesserocr
from pipeline.engines.tesseract_engine import find_tessdata
image = Image.open(sys.argv[1]).convert("RGB")
api = tesserocr.PyTessBaseAPI(path=str(find_tessdata()), lang="eng", psm=tesserocr.PSM.AUTO)
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    api.SetImage(image)
    api.GetUTF8Text()
    print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
""",
    "rapidocr": """
import sys, time, logging
import numpy as np
from PIL import Image
logging.disable(logging.CRITICAL)
from pipeline.document import Box
from pipeline.engines.base import EngineRequest
from pipeline.engines.rapidocr_engine import RapidOcrEngine
from pipeline.page_image import PageImage
pixels = np.asarray(Image.open(sys.argv[1]).convert("RGB"))
engine = RapidOcrEngine.open()
for _ in sys.stdin:
    wall, cpu = time.perf_counter(), time.process_time()
    engine.read_page(PageImage(1, pixels, 150), EngineRequest(languages=("en",)))
    print(time.perf_counter() - wall, time.process_time() - cpu, flush=True)
""",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """Wall and CPU seconds of one page."""

    wall_s: float
    cpu_s: float


@contextmanager
def bare_engine(engine: str, page: Path) -> Iterator[Callable[[], Turn]]:
    """A loaded engine without anything around it; each call reads the page."""
    with subprocess.Popen(
        [sys.executable, "-c", BARE[engine], str(page)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None

        def read() -> Turn:
            stdin.write("\n")
            stdin.flush()
            wall, cpu = map(float, stdout.readline().split())
            return Turn(wall, cpu)

        read()
        yield read
        stdin.close()


def resident_mb(pid: int) -> float:
    """Resident memory of a process and its children, in megabytes; shared pages are counted once a process."""
    total = 0
    for process in (pid, *children_of(pid)):
        status = Path(f"/proc/{process}/status")
        if status.exists():
            lines = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
            total += int(lines[0].split()[1]) if lines else 0
    return total / 1000


def children_of(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children_of(child)]
    return found


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process and its living children so far."""
    total = 0
    for process in (pid, *children_of(pid)):
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / 100


def post(server: RunningServer, page: bytes, language: str) -> Turn:
    cpu, started = cpu_seconds(server.process.pid), time.perf_counter()
    response = requests.post(
        server.ocr, files={"file": ("page.png", io.BytesIO(page))}, data={"language": language}, timeout=300
    )
    response.raise_for_status()
    assert response.json()["status"] == "done", response.json()
    return Turn(time.perf_counter() - started, cpu_seconds(server.process.pid) - cpu)


def warm_up(server: RunningServer, page: bytes) -> None:
    """Until each page process has read in both ways, with the engines that it wants loaded."""
    for _ in range(WARM_UP_PAGES):
        for language in LANGUAGES:
            post(server, page, language)


def take_turns(server: RunningServer, page: Path, rounds: int, language: str) -> tuple[list[Turn], list[Turn]]:
    """Bare Tesseract's pages and the server's."""
    content = page.read_bytes()
    with bare_engine("tesseract", page) as read:
        pairs = [(read(), post(server, content, language)) for _ in range(rounds)]
    return [bare for bare, _ in pairs], [served for _, served in pairs]


def print_turns(label: str, turns: list[Turn]) -> None:
    wall, cpu = (statistics.median(getattr(turn, what) for turn in turns) for what in ("wall_s", "cpu_s"))
    print(f"{label:36} {wall:7.3f} s {cpu:7.3f} CPU-s a page, the quickest {min(turn.wall_s for turn in turns):.3f} s")


def compare(server: RunningServer, page: Path, rounds: int, language: str) -> None:
    bare, served = take_turns(server, page, rounds, language)
    print_turns(f"bare tesseract beside {language}", bare)
    print_turns(f"server, language={language}", served)
    ratios = [one.wall_s / other.wall_s for one, other in zip(served, bare, strict=True)]
    print(f"    longer by {statistics.median(ratios) - 1:.1%} (median of the rounds)")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--page", type=Path, default=DEFAULT_PAGE)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args(arguments)
    print(f"page: {options.page.name}, median of {options.rounds} rounds")
    with bare_engine("rapidocr", options.page) as read:
        print_turns("bare rapidocr", [read() for _ in range(options.rounds)])
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, start_server(Path(folder) / "data") as server:
        print(f"start to ready {time.perf_counter() - began:.3f} s")
        print(f"memory before the first job {resident_mb(server.process.pid):.0f} MB")
        content = options.page.read_bytes()
        print(f"first answer (auto) {post(server, content, 'auto').wall_s:.3f} s")
        warm_up(server, content)
        for language in LANGUAGES:
            compare(server, options.page, options.rounds, language)
        print(f"memory after {resident_mb(server.process.pid):.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
