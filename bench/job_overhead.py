"""What a page costs besides reading it: rows, leases, storage and process hops, with an engine that takes no time.

    python -m bench.job_overhead --pages 300

One page process, so that the time between two pages is the overhead of one. Pages are rendered small. CPU seconds are
those of the server and its processes together; they can be trusted on a busy machine too.
"""

import argparse
import asyncio
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import sqlalchemy as sa

from bench.job_fleet import make_blank_pdf
from bench.scripted_worker import scripted_reader
from database.connect import reading
from database.tables import jobs
from pipeline.options import OcrOptions
from service.callers import Caller
from service.wiring import Services, build_services
from settings import Settings

CALLER = Caller(None, "203.0.113.9")


@dataclass(frozen=True, slots=True)
class Overhead:
    """Milliseconds a page. ``wall_ms`` runs from the job's first claim to its end."""

    wall_ms: float
    cpu_ms: float


def measure(services: Services, pages: int) -> Overhead:
    # The first job warms the processes up.
    _run(services, 5)
    cpu = cpu_seconds()
    job_id = _run(services, pages)
    spent = cpu_seconds() - cpu
    with reading(services.engine) as connection:
        row = connection.execute(sa.select(jobs.c.started_at, jobs.c.finished_at).where(jobs.c.id == job_id)).one()
    wall = (row.finished_at - row.started_at).total_seconds()
    return Overhead(wall / pages * 1000, spent / pages * 1000)


def _run(services: Services, pages: int) -> str:
    record = services.jobs.submit(CALLER, io.BytesIO(make_blank_pdf(pages)), "book.pdf", OcrOptions())
    asyncio.run(services.jobs.wait(CALLER, record.id, 600.0))
    return record.id


def cpu_seconds() -> float:
    """Of this process and all below it."""
    total = 0.0
    for process in [psutil.Process(os.getpid()), *psutil.Process(os.getpid()).children(recursive=True)]:
        times = process.cpu_times()
        total += times.user + times.system
    return total


def measure_on(folder: Path, database_url: str, pages: int) -> Overhead:
    values = {
        "data_dir": folder / "data",
        "database_url": database_url,
        "page_processes": 1,
        "anonymous_pages_per_day": 1_000_000,
        "anonymous_max_pages": 2000,
    }
    services = build_services(Settings.from_values(values), reader=scripted_reader(), with_worker=True)
    services.start()
    try:
        return measure(services, pages)
    finally:
        services.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    arguments = parser.parse_args()
    from service.logs import configure_logs
    from tests.postgres import run_postgres

    configure_logs("error", "console")

    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        found = measure_on(folder, f"sqlite:///{folder / 'jobs.sqlite'}", arguments.pages)
        print(f"sqlite:     {found.wall_ms:.1f} ms a page, {found.cpu_ms:.1f} CPU-ms", flush=True)
    with tempfile.TemporaryDirectory() as text, run_postgres(durable=True) as cluster:
        found = measure_on(Path(text), cluster.make_database(), arguments.pages)
        print(f"postgresql: {found.wall_ms:.1f} ms a page, {found.cpu_ms:.1f} CPU-ms (its server's not counted)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
