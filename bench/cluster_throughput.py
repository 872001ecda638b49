"""Pages a second with 1, 2 and 4 Ray workers on an engine that only sleeps: a straight line? What does a page cost?

    python -m bench.cluster_throughput --page-seconds 0.5 --pages 40

Everything is as in a cluster (rows in PostgreSQL, files, the Ray driver, an actor a worker); what is measured runs from
the job's first claim to its end, so it holds the claim, the assembling of the document and the settlement too.
"""

import argparse
import asyncio
import io
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.job_fleet import make_blank_pdf
from bench.job_overhead import cpu_seconds
from bench.ray_nodes import RayNodes, run_ray
from bench.s3_server import environment
from bench.scripted_worker import scripted_reader
from database.connect import reading
from database.tables import jobs
from pipeline.options import OcrOptions
from service.callers import Caller
from service.wiring import Services, build_services
from settings import Settings

CALLER = Caller(None, "203.0.113.9")
START_S = 240.0
IDLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Throughput:
    """``overhead_ms`` is what a worker spends on a page besides sleeping; ``cpu_ms`` what all processes but PostgreSQL
    compute for it, without what an idle cluster takes.
    """

    workers: int
    pages_a_second: float
    overhead_ms: float
    cpu_ms: float


def measure(
    folder: Path, database_url: str, nodes: RayNodes, workers: int, *, pages: int, sleep_s: float
) -> Throughput:
    """``pages`` a worker."""
    values = {
        "data_dir": folder / f"data-{workers}",
        "database_url": database_url,
        "executor": "ray",
        "ray_address": nodes.address,
        "page_processes": workers,
        "anonymous_pages_per_day": 1_000_000,
        "anonymous_max_pages": 2000,
    }
    services = build_services(Settings.from_values(values), reader=scripted_reader(sleep_s), with_worker=True)
    services.start()
    try:
        deadline = time.monotonic() + START_S
        while services.executor.page_slots < workers:
            if time.monotonic() > deadline:
                raise TimeoutError("the cluster's actors did not start")
            time.sleep(0.1)
        # The first job loads what the actors need.
        _run(services, 2 * workers)
        before = cpu_seconds()
        time.sleep(IDLE_S)
        idle = (cpu_seconds() - before) / IDLE_S
        before = cpu_seconds()
        seconds = _run(services, pages * workers)
        cpu_s = cpu_seconds() - before - idle * seconds
    finally:
        services.stop()
    count = pages * workers
    return Throughput(workers, count / seconds, (seconds / pages - sleep_s) * 1000, cpu_s / count * 1000)


def _run(services: Services, pages: int) -> float:
    record = services.jobs.submit(CALLER, io.BytesIO(make_blank_pdf(pages)), "book.pdf", OcrOptions())
    view = asyncio.run(services.jobs.wait(CALLER, record.id, 600.0))
    assert view.record.pages_done == pages
    with reading(services.engine) as connection:
        row = connection.execute(sa.select(jobs.c.started_at, jobs.c.finished_at).where(jobs.c.id == record.id)).one()
    return float((row.finished_at - row.started_at).total_seconds())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-seconds", type=float, default=0.5)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    arguments = parser.parse_args()
    from service.logs import configure_logs
    from tests.postgres import run_postgres

    configure_logs("error", "console")
    first = 0.0
    with (
        tempfile.TemporaryDirectory() as text,
        run_postgres(durable=True) as cluster,
        run_ray(2, cpus=(max(arguments.workers) + 1) // 2) as nodes,
        environment(nodes.access),
    ):
        url = cluster.make_database()
        for workers in arguments.workers:
            found = measure(Path(text), url, nodes, workers, pages=arguments.pages, sleep_s=arguments.page_seconds)
            first = first or found.pages_a_second / workers
            share = found.pages_a_second / workers / first
            print(
                f"{workers} workers: {found.pages_a_second:.2f} pages/s, {share:.3f} of linear, "
                f"{found.overhead_ms:.1f} ms a page and worker besides the engine's sleep, "
                f"{found.cpu_ms:.1f} CPU-ms a page",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
