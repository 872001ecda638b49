"""What the ledger costs: ``python -m bench.ledger`` prints medians for SQLite and PostgreSQL, synced to the disk.

A reservation and its settlement are what one job adds to a request; PostgreSQL is one of the test suite's, in a
temporary folder, with fsync on.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from database.connect import open_engine, transaction
from database.migrate import migrate
from errors import QuotaExceededError
from quota.ledger import Ledger
from quota.plans import Plan, PlanName, Plans
from quota.request_rate import MemoryRequestRate, SqlRequestRate
from service.callers import Caller
from tests.postgres import run_postgres

ROUNDS = 300


def make_ledger(allowance: int) -> Ledger:
    plan = Plan(PlanName.ANONYMOUS, 20, allowance)
    return Ledger(Plans(anonymous=plan, free=plan, paid=plan), salt=b"bench")


def measure(act: Callable[[int], object]) -> str:
    """Median and 95th percentile of the wall time, and the mean of this process's CPU time, in ms."""
    act(-1)
    walls, started = [], time.process_time()
    for number in range(ROUNDS):
        start = time.perf_counter()
        act(number)
        walls.append((time.perf_counter() - start) * 1000)
    cpu = (time.process_time() - started) * 1000 / ROUNDS
    return f"{statistics.median(walls):6.2f} | {statistics.quantiles(walls, n=20)[-1]:6.2f} | {cpu:6.2f}"


def count_granted(engine: sa.Engine, ledger: Ledger, threads: int) -> tuple[int, float]:
    """How many of so many threads got the one credit each wants, and the seconds it took."""
    granted: list[int] = []
    barrier = threading.Barrier(threads)

    def run(number: int) -> None:
        barrier.wait()
        try:
            with transaction(engine) as connection:
                ledger.reserve(connection, f"race{number}", Caller(None, "203.0.113.9"), 1)
        except QuotaExceededError:
            return
        granted.append(number)

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    start = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return len(granted), time.perf_counter() - start


def report(name: str, engine: sa.Engine) -> None:
    migrate(engine)
    ledger, caller = make_ledger(10_000_000), Caller(None, "203.0.113.7")

    def empty(_number: int) -> None:
        with transaction(engine) as connection:
            connection.execute(sa.text("UPDATE credit_buckets SET used = used WHERE id = 'none'"))

    def reserve(number: int) -> None:
        with transaction(engine) as connection:
            ledger.reserve(connection, f"job{number}", caller, 5)

    def settle(number: int) -> None:
        with transaction(engine) as connection:
            ledger.settle(connection, f"job{number}", 4, pages=4)

    rate = SqlRequestRate(engine, "bench", 10_000_000)
    for what, act in (("empty write", empty), ("reserve", reserve), ("settle", settle)):
        print(f"| {name} | {what} | {measure(act)} |")
    print(f"| {name} | count a request | {measure(lambda _number: rate.count('a'))} |")
    granted, seconds = count_granted(engine, make_ledger(100), 200)
    print(f"| {name} | 200 threads, cap 100: {granted} granted | {seconds * 1000:.0f} in all | | |", flush=True)
    engine.dispose()


def main() -> None:
    print("| database | act | ms, median | ms, 95 % | CPU ms |\n|---|---|---|---|---|")
    memory = MemoryRequestRate(10_000_000)
    print(f"| memory | count a request | {measure(lambda _number: memory.count('a'))} |")
    with tempfile.TemporaryDirectory() as folder:
        report("SQLite", open_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}"))
    with run_postgres(durable=True) as cluster:
        report("PostgreSQL", open_engine(cluster.make_database()))


if __name__ == "__main__":
    main()
