"""Worker processes on one database, for the benches and fault tests that need several."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).resolve().parent.parent


def make_blank_pdf(page_count: int) -> bytes:
    pdf = pdfium.PdfDocument.new()
    for _ in range(page_count):
        pdf.new_page(144, 216)
    buffer = io.BytesIO()
    pdf.save(buffer)
    pdf.close()
    return buffer.getvalue()


def make_scanned_pdf(page_count: int) -> bytes:
    """Pictures of one line of text each."""
    font = ImageFont.load_default(32)
    pages = []
    for number in range(1, page_count + 1):
        page = Image.new("L", (700, 200), 255)
        ImageDraw.Draw(page).text((40, 80), f"This is page number {number} of the book", font=font, fill=0)
        pages.append(page)
    buffer = io.BytesIO()
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:], resolution=150)
    return buffer.getvalue()


@dataclass
class Fleet:
    """``settings`` are environment variables of every worker; their output goes to ``log``.

    ``page_seconds`` None: the installed engines read, instead of the scripted one.
    """

    settings: dict[str, str]
    log: Path
    page_seconds: float | None = 0.0
    processes: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> int:
        """The new worker's process id."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "bench.scripted_worker", *self._engine_arguments()],
                cwd=ROOT,
                env=kept | {"OMP_NUM_THREADS": "1"} | self.settings,
                stdout=output,
                stderr=output,
            )
        self.processes[process.pid] = process
        return process.pid

    def _engine_arguments(self) -> list[str]:
        return ["--real-engine"] if self.page_seconds is None else ["--page-seconds", str(self.page_seconds)]

    def kill(self, pid: int) -> None:
        """``kill -9``."""
        process = self.processes.pop(pid)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()


@contextmanager
def run_fleet(
    count: int, *, data_dir: Path, database_url: str, page_seconds: float | None = 0.0, **settings: str
) -> Iterator[Fleet]:
    """``count`` workers until the block ends."""
    environment = {"DATA_DIR": str(data_dir), "DATABASE_URL": database_url, **settings}
    data_dir.mkdir(parents=True, exist_ok=True)
    fleet = Fleet(environment, data_dir.parent / "workers.log", page_seconds)
    try:
        for _ in range(count):
            fleet.start()
        yield fleet
    finally:
        fleet.stop()
