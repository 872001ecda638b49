"""Two web processes and three workers share the jobs of one PostgreSQL: none lost, none twice, priority kept.

python -m bench.job_sharing --jobs 500
"""

import argparse
import io
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.job_fleet import make_blank_pdf, run_fleet
from bench.scripted_worker import scripted_reader
from database.connect import reading, transaction
from database.tables import job_pages, jobs
from pipeline.options import OcrOptions
from quota.audit import find_discrepancies
from quota.plans import PlanName
from service.callers import Caller
from service.job_files import document_key
from service.job_record import JobState
from service.wiring import Services, build_services
from settings import Settings

WEB_PROCESSES = 2
WORKERS = 3
CLASSES = (PlanName.PAID, PlanName.FREE, PlanName.ANONYMOUS)
TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Sharing:
    """``begun_again`` counts page tasks beyond one a page, ``out_of_order`` jobs begun after one of a later class."""

    jobs: int
    pages: int
    begun_again: int
    out_of_order: int
    seconds: float
    problems: tuple[str, ...]


def open_web(data_dir: Path, database_url: str) -> Services:
    values = {
        "data_dir": data_dir,
        "database_url": database_url,
        "anonymous_pages_per_day": 1_000_000,
        "free_pages_per_month": 1_000_000,
    }
    return build_services(Settings.from_values(values), reader=scripted_reader(), with_worker=False)


def submit_jobs(data_dir: Path, database_url: str, numbers: range) -> list[str]:
    """What one web process does: every third job is of a paid, a free and an anonymous caller; 1 to 5 pages."""
    services = open_web(data_dir, database_url)
    callers = {
        PlanName.PAID: Caller(services.accounts.get_account("paid@example.org"), ""),
        PlanName.FREE: Caller(services.accounts.get_account("free@example.org"), ""),
        PlanName.ANONYMOUS: Caller(None, "203.0.113.9"),
    }
    ids = []
    for number in numbers:
        content = io.BytesIO(make_blank_pdf(number % 5 + 1))
        # The last class first: only their priority can bring the paid ones to the front.
        caller = callers[CLASSES[-1 - number % 3]]
        ids.append(services.jobs.submit(caller, content, "letter.pdf", OcrOptions()).id)
    services.stop()
    return ids


def share(folder: Path, database_url: str, job_count: int) -> Sharing:
    data_dir = folder / "data"
    services = open_web(data_dir, database_url)
    try:
        for plan in (PlanName.PAID, PlanName.FREE):
            services.accounts.create_account(f"{plan}@example.org", plan=plan)
        ids = _submit_from_processes(data_dir, database_url, job_count)
        started = time.monotonic()
        with run_fleet(WORKERS, data_dir=data_dir, database_url=database_url, PAGE_PROCESSES="1"):
            _wait_for_all(services)
        return _compare(services, ids, time.monotonic() - started)
    finally:
        services.stop()


def _submit_from_processes(data_dir: Path, database_url: str, job_count: int) -> list[str]:
    with ProcessPoolExecutor(WEB_PROCESSES, mp_context=multiprocessing.get_context("spawn")) as webs:
        parts = [range(first, job_count, WEB_PROCESSES) for first in range(WEB_PROCESSES)]
        futures = [webs.submit(submit_jobs, data_dir, database_url, part) for part in parts]
        return [job_id for future in futures for job_id in future.result()]


def _wait_for_all(services: Services) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        with reading(services.engine) as connection:
            if not services.store.count_jobs(connection):
                return
        time.sleep(0.1)
    raise TimeoutError("jobs are left")


def _compare(services: Services, ids: list[str], seconds: float) -> Sharing:
    problems = []
    with transaction(services.engine) as connection:
        rows = connection.execute(sa.select(jobs).order_by(jobs.c.started_at, jobs.c.queue_rank)).mappings().all()
        pages = connection.execute(sa.select(job_pages)).mappings().all()
        problems += [f"bucket {each.bucket_id} disagrees" for each in find_discrepancies(connection)]
        charged = connection.execute(sa.text("SELECT sum(charged), sum(pages) FROM reservations")).one()
    if {row["id"] for row in rows} != set(ids) or len(set(ids)) != len(ids):
        problems.append("jobs are lost")
    problems += [f"{row['id']} ended as {row['state']}" for row in rows if row["state"] != JobState.DONE]
    problems += [f"{row['id']} has no result" for row in rows if not services.files.exists(document_key(row["id"]))]
    wanted = sum(row["page_count"] for row in rows)
    if not wanted == len(pages) == sum(row["pages_done"] for row in rows) == charged[0] == charged[1]:
        problems.append(f"{wanted} pages, {len(pages)} rows, {charged[0]} charged")
    ranks = [{4: 0, 2: 1, 1: 2}[row["weight"]] for row in rows]
    return Sharing(
        jobs=len(rows),
        pages=wanted,
        begun_again=sum(page["starts"] for page in pages) - wanted,
        out_of_order=sum(rank < max(ranks[:place], default=0) for place, rank in enumerate(ranks)),
        seconds=seconds,
        problems=tuple(problems),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=500)
    arguments = parser.parse_args()
    from service.logs import configure_logs
    from tests.postgres import run_postgres

    configure_logs("error", "console")
    with tempfile.TemporaryDirectory() as text, run_postgres(durable=True) as cluster:
        found = share(Path(text), cluster.make_database(), arguments.jobs)
    print(
        f"{found.jobs} jobs, {found.pages} pages in {found.seconds:.1f} s by {WORKERS} workers; "
        f"{found.begun_again} pages begun again, {found.out_of_order} jobs out of order"
    )
    for problem in found.problems:
        print(problem)
    return 1 if found.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
