"""Many clients upload at once to one small server: who is served, who is refused, what it costs in memory.

    python -m bench.upload_storm                                 100 clients, 20 queued pages, real server, real engines
    python -m bench.upload_storm --clients 300 --queued-pages 1000 --megabytes 10

Each client sends one picture padded to ``--megabytes`` and waits for the answer; nobody tries again. Printed are the
statuses, the time to the answer, and the resident memory of the server's process before, at its highest, and after.
"""

import argparse
import io
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import requests
from PIL import Image, ImageDraw, ImageFont

from tests.server import RunningServer, start_server

TIMEOUT_S = 600.0
_SAMPLE_S = 0.1


@dataclass
class Storm:
    """``honest`` is false when a 503 had no ``Retry-After`` or another code; memory in bytes, ``seconds`` a client."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    honest: bool = True
    idle_bytes: int = 0
    peak_bytes: int = 0


def make_picture(megabytes: float) -> bytes:
    """A page with one line, padded behind its end, where no decoder looks."""
    page = Image.new("L", (700, 200), 255)
    ImageDraw.Draw(page).text((40, 80), "One line of text", font=ImageFont.load_default(32), fill=0)
    buffer = io.BytesIO()
    page.save(buffer, "PNG")
    return buffer.getvalue() + bytes(max(0, int(megabytes * 1_000_000) - buffer.tell()))


def blow(server: RunningServer, clients: int, megabytes: float) -> Storm:
    """Everybody at once, anonymous, from one address."""
    storm, lock, picture = Storm(), threading.Lock(), make_picture(megabytes)
    watched = psutil.Process(server.process.pid)
    storm.idle_bytes = storm.peak_bytes = watched.memory_info().rss
    barrier = threading.Barrier(clients + 1)

    def send() -> None:
        barrier.wait()
        started = time.monotonic()
        answer = requests.post(server.ocr, files={"file": ("page.png", picture)}, timeout=TIMEOUT_S)
        body = answer.json()
        with lock:
            storm.statuses[answer.status_code] += 1
            storm.seconds.append(time.monotonic() - started)
            if answer.ok:
                storm.accepted.append(body["uuid"])
            elif answer.status_code == 503:
                storm.honest &= body["code"] == "queue_full" and int(answer.headers["Retry-After"]) > 0

    threads = [threading.Thread(target=send) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    while any(thread.is_alive() for thread in threads):
        storm.peak_bytes = max(storm.peak_bytes, watched.memory_info().rss)
        time.sleep(_SAMPLE_S)
    return storm


def read_used_credits(server: RunningServer) -> int:
    """What the address has used or reserved today."""
    answer = requests.post(f"{server.url}/api/v1/estimate/", json={"pages": 1}, timeout=TIMEOUT_S)
    return int(answer.json()["used"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--queued-pages", type=int, default=20)
    parser.add_argument("--megabytes", type=float, default=1.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as text:
        settings = {"MAX_QUEUED_PAGES": str(arguments.queued_pages), "PAGE_PROCESSES": "1"}
        with start_server(Path(text), **settings) as server:
            # The first picture loads the engines.
            requests.post(server.ocr, files={"file": make_picture(0)}, timeout=TIMEOUT_S)
            before = read_used_credits(server)
            storm = blow(server, arguments.clients, arguments.megabytes)
            charged = read_used_credits(server) - before
            after = psutil.Process(server.process.pid).memory_info().rss
    report = ", ".join(f"{count} × {status}" for status, count in sorted(storm.statuses.items()))
    waits = sorted(storm.seconds)
    print(
        f"{arguments.clients} clients, {arguments.megabytes:g} MB each: {report}; "
        f"answers after {statistics.median(waits):.1f} s (median) and at most {waits[-1]:.1f} s; "
        f"{charged} credits for {len(storm.accepted)} accepted jobs; server's memory "
        f"{storm.idle_bytes / 1e6:.0f} MB idle, {storm.peak_bytes / 1e6:.0f} MB at most, {after / 1e6:.0f} MB after"
    )
    is_right = set(storm.statuses) <= {200, 202, 503} and storm.honest and charged == len(storm.accepted)
    return 0 if is_right else 1


if __name__ == "__main__":
    raise SystemExit(main())
