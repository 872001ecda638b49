"""How long it takes to claim a job when many wait: PostgreSQL with its commits synced, several workers at once.

    python -m bench.claims --jobs 10000

Half of the jobs are ended before it begins, so that the table is not empty of history. Each claim is what a worker
does: one transaction that takes a job, and reads its pages.
"""

import argparse
import statistics
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from database.connect import open_engine, transaction, utc_now
from database.tables import job_pages, jobs
from pipeline.options import OcrOptions
from service.job_claims import JobClaims
from service.job_record import JobState, PageState
from service.job_store import JobStore, NewJob

PAGES = 3
LEASE_S = 600.0
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds a claim."""

    claims: int
    median_ms: float
    p99_ms: float
    longest_ms: float


def fill(engine: sa.Engine, count: int, *, ended: int = 0) -> None:
    """``count`` waiting jobs of all classes, and ``ended`` that are done."""
    now = utc_now()
    for start in range(0, count + ended, _BATCH):
        numbers = range(start, min(start + _BATCH, count + ended))
        with transaction(engine) as connection:
            for number in numbers:
                JobStore().add(connection, _job(number, now + timedelta(milliseconds=number)))
    with transaction(engine) as connection:
        chosen = sa.select(jobs.c.id).order_by(jobs.c.created_at).limit(ended)
        connection.execute(
            sa.update(job_pages).where(job_pages.c.job_id.in_(chosen)).values(state=PageState.READ, starts=1)
        )
        connection.execute(
            sa.update(jobs).where(jobs.c.id.in_(chosen)).values(state=JobState.DONE, pages_done=jobs.c.page_count)
        )


def measure(engine: sa.Engine, claims: int, workers: int) -> Latency:
    """``claims`` of one job each, shared by ``workers`` threads."""
    taken: list[float] = []
    ids: list[str] = []
    lock = threading.Lock()

    def work(name: str) -> None:
        own = JobClaims(name, LEASE_S)
        for _ in range(claims // workers):
            started = time.perf_counter()
            with transaction(engine) as connection:
                found = own.claim(connection, 1, now=utc_now())
                pages = [own.find_waiting_pages(connection, each.job.id) for each in found]
            seconds = time.perf_counter() - started
            assert [len(each) for each in pages] == [PAGES]
            with lock:
                taken.append(seconds * 1000)
                ids.append(found[0].job.id)

    threads = [threading.Thread(target=work, args=(f"worker-{number}",)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == len(ids), "a job was claimed twice"
    return Latency(len(taken), statistics.median(taken), statistics.quantiles(taken, n=100)[98], max(taken))


def _job(number: int, moment: datetime) -> NewJob:
    return NewJob(
        id=uuid.uuid4().hex,
        owner_id=None,
        caller_key="bench",
        idempotency_key=None,
        fingerprint=str(number),
        options=OcrOptions(),
        source_name="letter.pdf",
        media_type="application/pdf",
        suffix=".pdf",
        size_bytes=1000,
        page_numbers=range(1, PAGES + 1),
        notices=(),
        priority=number % 3,
        is_short=True,
        retain=True,
        created_at=moment,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4])
    arguments = parser.parse_args()
    from tests.postgres import run_postgres

    with run_postgres(durable=True) as cluster:
        for waiting in (arguments.claims * 2, arguments.jobs):
            engine = open_engine(cluster.make_database())
            fill(engine, waiting, ended=waiting)
            for workers in arguments.workers:
                found = measure(engine, min(arguments.claims, waiting // 2), workers)
                print(
                    f"{waiting:6} jobs wait, {workers} workers: {found.claims} claims, "
                    f"median {found.median_ms:.1f} ms, p99 {found.p99_ms:.1f} ms, longest {found.longest_ms:.1f} ms",
                    flush=True,
                )
            with engine.connect() as connection:
                moment = time.perf_counter()
                JobStore().count_waiting_pages(connection)
                print(f"       counting the waiting pages: {(time.perf_counter() - moment) * 1000:.1f} ms")
            engine.dispose()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
