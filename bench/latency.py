"""What the server adds on top of the engine, on one printed page: start, first answer, steady state, memory.

    python -m bench latency [--page FILE] [--rounds N]

The bare engines run on the same page in the same call, each in a fresh process with one thread: Tesseract's own
program is left out on purpose (it starts anew for each page); what is compared is the library call that we make too.
"""

import argparse
import io
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from tests.server import RunningServer, start_server

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_PAGE = ROOT / "samples" / "letter.png"

BARE = {
    "tesseract": """
import sys, time, io
from PIL import Image
import tesserocr
from pipeline.engines.tesseract_engine import find_tessdata
image = Image.open(sys.argv[1]).convert("RGB")
api = tesserocr.PyTessBaseAPI(path=str(find_tessdata()), lang="eng", psm=tesserocr.PSM.AUTO)
for _ in range(int(sys.argv[2]) + 1):
    wall, cpu = time.perf_counter(), time.process_time()
    api.SetImage(image)
    api.GetUTF8Text()
    print(time.perf_counter() - wall, time.process_time() - cpu)
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
for _ in range(int(sys.argv[2]) + 1):
    wall, cpu = time.perf_counter(), time.process_time()
    engine.read_page(PageImage(1, pixels, 150), EngineRequest(languages=("en",)))
    print(time.perf_counter() - wall, time.process_time() - cpu)
""",
}


def measure_bare(engine: str, page: Path, rounds: int) -> tuple[float, float]:
    """Median wall and CPU seconds a page, the first (loading) call left out."""
    finished = subprocess.run(
        [sys.executable, "-c", BARE[engine], str(page), str(rounds)],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [tuple(map(float, line.split())) for line in finished.stdout.splitlines() if line.strip()][1:]
    return statistics.median(row[0] for row in rows), statistics.median(row[1] for row in rows)


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


def post(server: RunningServer, page: bytes, language: str) -> float:
    started = time.perf_counter()
    response = requests.post(
        server.ocr, files={"file": ("page.png", io.BytesIO(page))}, data={"language": language}, timeout=300
    )
    response.raise_for_status()
    assert response.json()["status"] == "done", response.json()
    return time.perf_counter() - started


def measure_server(page: Path, rounds: int, language: str) -> dict[str, float]:
    content = page.read_bytes()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, start_server(Path(folder) / "data") as server:
        figures = {"start to ready, s": time.perf_counter() - began}
        figures["memory before the first job, MB"] = resident_mb(server.process.pid)
        figures["first answer, s"] = post(server, content, language)
        cpu = cpu_seconds(server.process.pid)
        figures["steady page, s"] = statistics.median(post(server, content, language) for _ in range(rounds))
        figures["steady page, CPU s"] = (cpu_seconds(server.process.pid) - cpu) / rounds
        figures["memory after, MB"] = resident_mb(server.process.pid)
    return figures


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--page", type=Path, default=DEFAULT_PAGE)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    print(f"page: {options.page.name}, median of {options.rounds} rounds")
    for engine in BARE:
        wall, cpu = measure_bare(engine, options.page, options.rounds)
        print(f"{'bare ' + engine:34} {wall:8.3f} s {cpu:8.3f} CPU-s a page")
    for language in ("en", "auto"):
        for name, value in measure_server(options.page, options.rounds, language).items():
            print(f"{'server, language=' + language:26} {name:34} {value:8.3f}")


if __name__ == "__main__":
    main(sys.argv[1:])
