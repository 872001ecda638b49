"""kill -9 of the worker that holds a job, at a random moment, again and again: is every page counted exactly once?

    python -m bench.kill_rounds --rounds 100                 both databases
    python -m bench.kill_rounds --rounds 5 --real-engine     pictures of text, read by the installed engines

Each round submits one job of 30 pages to a fleet of two workers, kills the one that took it, starts another in its
place, and waits for the job. Then the document, the rows and the ledger are compared.
"""

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.job_fleet import Fleet, make_blank_pdf, make_scanned_pdf, run_fleet
from bench.scripted_worker import scripted_reader
from database.connect import reading
from database.tables import jobs
from pipeline.options import OcrOptions
from quota.audit import find_discrepancies
from service.callers import Caller
from service.job_record import JobState
from service.wiring import Services, build_services
from settings import Settings

CALLER = Caller(None, "203.0.113.9")
PAGES = 30
LEASE_S = 2.0
JOB_TIMEOUT_S = 300.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Round:
    """``starts`` is how many page tasks were begun, 30 where nothing was read again."""

    killed_after_s: float
    was_working: bool
    seconds: float
    starts: int
    problems: tuple[str, ...]


def run_rounds(services: Services, fleet: Fleet, rounds: int, *, seed: int, longest_s: float) -> Iterator[Round]:
    """``services`` have no worker of their own; a worker is killed up to ``longest_s`` after it took the job."""
    moments = random.Random(seed)
    charged = 0
    for _ in range(rounds):
        charged += PAGES
        yield _run_round(services, fleet, moments.uniform(0, longest_s), charged)


def _run_round(services: Services, fleet: Fleet, moment_s: float, charged: int) -> Round:
    book = make_scanned_pdf(PAGES) if fleet.page_seconds is None else make_blank_pdf(PAGES)
    started = time.monotonic()
    record = services.jobs.submit(CALLER, io.BytesIO(book), "book.pdf", OcrOptions())
    pid = _find_holder(services, record.id)
    time.sleep(moment_s)
    before = services.jobs.get(CALLER, record.id).record
    if pid in fleet.processes:
        fleet.kill(pid)
        fleet.start()
    view = asyncio.run(services.jobs.wait(CALLER, record.id, JOB_TIMEOUT_S))
    problems = []
    if view.record.state is not JobState.DONE or view.document is None:
        problems.append(f"ended as {view.record.state}")
    elif [page.number for page in view.document.pages] != list(range(1, PAGES + 1)):
        problems.append("pages are missing or double")
    if (view.record.pages_done, view.record.pages_failed) != (PAGES, 0):
        problems.append(f"counted {view.record.pages_done} pages, {view.record.pages_failed} of them failed")
    with reading(services.engine) as connection:
        starts = sum(page.starts for page in services.store.list_pages(connection, record.id))
        used = services.metering.ledger.balance(connection, CALLER).used
        if used != charged or find_discrepancies(connection):
            problems.append(f"the ledger says {used} instead of {charged}")
    return Round(moment_s, not before.state.is_final, time.monotonic() - started, starts, tuple(problems))


def _find_holder(services: Services, job_id: str) -> int:
    """The process id of the worker that took the job (its id holds it)."""
    deadline = time.monotonic() + JOB_TIMEOUT_S
    while time.monotonic() < deadline:
        with reading(services.engine) as connection:
            worker = connection.execute(sa.select(jobs.c.worker_id).where(jobs.c.id == job_id)).scalar_one()
        if worker:
            return int(worker.rsplit("-", 2)[1])
        with reading(services.engine) as connection:
            state = connection.execute(sa.select(jobs.c.state).where(jobs.c.id == job_id)).scalar_one()
        if JobState(state).is_final:
            return 0
        time.sleep(0.005)
    raise TimeoutError("no worker took the job")


@contextmanager
def killing_ground(folder: Path, database_url: str, *, page_seconds: float | None) -> Iterator[tuple[Services, Fleet]]:
    """A server without worker, and two workers beside it."""
    data_dir = folder / "data"
    settings = Settings.from_values(
        {
            "data_dir": data_dir,
            "database_url": database_url,
            "anonymous_pages_per_day": 1_000_000,
            "anonymous_max_pages": 1000,
        }
    )
    services = build_services(settings, reader=scripted_reader(), with_worker=False)
    services.start()
    try:
        with run_fleet(
            WORKERS,
            data_dir=data_dir,
            database_url=database_url,
            page_seconds=page_seconds,
            LEASE_S=str(LEASE_S),
            PAGE_PROCESSES="2",
        ) as fleet:
            yield services, fleet
    finally:
        services.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page-seconds", type=float, default=0.02)
    parser.add_argument("--real-engine", action="store_true")
    parser.add_argument("--database", choices=["both", "sqlite", "postgresql"], default="both")
    arguments = parser.parse_args()
    from tests.postgres import run_postgres

    failed = 0
    names = ["sqlite", "postgresql"] if arguments.database == "both" else [arguments.database]
    for name in names:
        with tempfile.TemporaryDirectory() as text:
            folder = Path(text)
            if name == "sqlite":
                failed += _measure(folder, f"sqlite:///{folder / 'jobs.sqlite'}", arguments)
            else:
                with run_postgres() as cluster:
                    failed += _measure(folder, cluster.make_database(), arguments)
    return 1 if failed else 0


def _measure(folder: Path, database_url: str, arguments: argparse.Namespace) -> int:
    name = sa.make_url(database_url).get_backend_name()
    done: list[Round] = []
    page_seconds = None if arguments.real_engine else arguments.page_seconds
    with killing_ground(folder, database_url, page_seconds=page_seconds) as (services, fleet):
        longest_s = PAGES * (0.3 if page_seconds is None else page_seconds)
        for each in run_rounds(services, fleet, arguments.rounds, seed=arguments.seed, longest_s=longest_s):
            done.append(each)
            for problem in each.problems:
                print(f"{name}: round {len(done)}: {problem}", file=sys.stderr)
    failed = sum(bool(each.problems) for each in done)
    again = sum(each.starts - PAGES for each in done)
    hit = sum(each.was_working for each in done)
    print(
        f"{name}: {len(done)} rounds, {len(done) - failed} right, {hit} kills in the middle of a job, "
        f"{len(done) * PAGES} pages counted, {again} begun again, "
        f"slowest round {max(each.seconds for each in done):.1f} s"
    )
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
