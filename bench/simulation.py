"""The queue of a large installation, simulated (SimPy): how long jobs take at 10, 100 and 1,000 pages a second.

    python -m bench.simulation                 the tables of docs/scaling.md
    python -m bench.simulation --check         the same arrivals given to the real service and to the simulation

The model is what docs/jobs.md says: a job has a place, workers hold a few jobs more than they have places for pages,
short jobs take the next free place, every few pages one goes to a long one, held long jobs take turns. A page keeps a
place for the engine's time and the overhead that was measured. Arrivals are Poisson; of ten jobs six have one page,
three have two to five, one has 10 to 60.
"""

import argparse
import asyncio
import io
import random
import statistics
import tempfile
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import simpy

SHORT_PAGES = 5
SPARE_JOBS = 4
LONG_EVERY = 4
"""One page in so many goes to a long job, however many short ones come."""


@dataclass(frozen=True, slots=True)
class Arrival:
    at_s: float
    pages: int


@dataclass(slots=True, eq=False)
class _Job:
    arrival: Arrival
    unread: int
    undone: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Seconds from arrival to result of short and of long jobs; ``busy`` is the share of places that worked."""

    short_s: tuple[float, ...]
    long_s: tuple[float, ...]
    busy: float
    most_waiting: int


@dataclass(slots=True)
class _Queue:
    """``slots`` places for pages on ``workers`` workers; each holds so many long jobs and ``SPARE_JOBS`` more."""

    slots: int
    workers: int
    short: deque[_Job] = field(default_factory=deque)
    held: deque[_Job] = field(default_factory=deque)
    waiting: deque[_Job] = field(default_factory=deque)
    turns: int = 0

    def add(self, job: _Job) -> None:
        (self.short if job.arrival.pages <= SHORT_PAGES else self.waiting).append(job)

    def take_page(self) -> _Job | None:
        while self.waiting and len(self.held) < self.slots + SPARE_JOBS * self.workers:
            self.held.append(self.waiting.popleft())
        self.turns += 1
        queues = [self.short, self.held] if self.turns % LONG_EVERY else [self.held, self.short]
        for queue in queues:
            if queue:
                job = queue.popleft()
                job.unread -= 1
                if job.unread and queue is self.short:
                    queue.appendleft(job)
                elif job.unread:
                    queue.append(job)
                return job
        return None

    @property
    def pages_waiting(self) -> int:
        return sum(job.unread for queue in (self.short, self.held, self.waiting) for job in queue)


def draw_arrivals(pages_a_second: float, duration_s: float, seed: int) -> list[Arrival]:
    source = random.Random(seed)
    mean_pages = 0.6 * 1 + 0.3 * 3.5 + 0.1 * 35
    moment, arrivals = 0.0, []
    while (moment := moment + source.expovariate(pages_a_second / mean_pages)) < duration_s:
        kind = source.random()
        pages = 1 if kind < 0.6 else source.randint(2, 5) if kind < 0.9 else source.randint(10, 60)
        arrivals.append(Arrival(moment, pages))
    return arrivals


def simulate(
    arrivals: Sequence[Arrival],
    *,
    slots: int,
    workers: int,
    page_s: float,
    spread: float,
    fixed_s: float,
    seed: int = 1,
) -> Outcome:
    """``page_s`` a page on average, lognormal with ``spread`` (0: constant); ``fixed_s`` a job, besides its pages."""
    environment = simpy.Environment()
    queue, source = _Queue(slots, workers), random.Random(seed)
    idle: deque[Any] = deque()
    short: list[float] = []
    long: list[float] = []
    worked = 0.0
    most_waiting = 0

    def arrive() -> Generator[Any, Any, None]:
        nonlocal most_waiting
        for arrival in arrivals:
            yield environment.timeout(max(0.0, arrival.at_s - environment.now))
            queue.add(_Job(arrival, arrival.pages, arrival.pages))
            most_waiting = max(most_waiting, queue.pages_waiting)
            for _ in range(min(arrival.pages, len(idle))):
                idle.popleft().succeed()

    def work() -> Generator[Any, Any, None]:
        nonlocal worked
        while True:
            job = queue.take_page()
            if job is None:
                free = environment.event()
                idle.append(free)
                yield free
                continue
            seconds = page_s * source.lognormvariate(-spread * spread / 2, spread) if spread else page_s
            worked += seconds
            yield environment.timeout(seconds)
            job.undone -= 1
            if job.undone == 0:
                taken = environment.now - job.arrival.at_s + fixed_s
                (short if job.arrival.pages <= SHORT_PAGES else long).append(taken)

    environment.process(arrive())
    for _ in range(slots):
        environment.process(work())
    environment.run()
    return Outcome(tuple(short), tuple(long), worked / (slots * environment.now), most_waiting)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


# --- the same arrivals for the real service ---------------------------------------------------------------------------


def run_really(arrivals: Sequence[Arrival], *, slots: int, sleep_s: float) -> list[tuple[Arrival, float]]:
    """Seconds from upload to result of each job on the local executor, with an engine that only sleeps."""
    from bench.job_fleet import make_blank_pdf
    from bench.scripted_worker import scripted_reader
    from pipeline.options import OcrOptions
    from service.callers import Caller
    from service.wiring import build_services
    from settings import Settings

    caller = Caller(None, "203.0.113.9")
    taken: list[tuple[Arrival, float]] = []
    with tempfile.TemporaryDirectory() as text:
        values = {
            "data_dir": Path(text),
            "page_processes": slots,
            "anonymous_pages_per_day": 1_000_000,
            "anonymous_max_pages": 1000,
            "max_queued_pages": 100_000,
        }
        services = build_services(Settings.from_values(values), reader=scripted_reader(sleep_s), with_worker=True)
        services.start()

        def submit(pages: int) -> str:
            return services.jobs.submit(caller, io.BytesIO(make_blank_pdf(pages)), "book.pdf", OcrOptions()).id

        def one(arrival: Arrival) -> None:
            started = time.monotonic()
            asyncio.run(services.jobs.wait(caller, submit(arrival.pages), 600.0))
            taken.append((arrival, time.monotonic() - started))

        try:
            asyncio.run(services.jobs.wait(caller, submit(4 * slots), 600.0))
            begun, threads = time.monotonic(), []
            for arrival in arrivals:
                time.sleep(max(0.0, begun + arrival.at_s - time.monotonic()))
                threads.append(threading.Thread(target=one, args=(arrival,)))
                threads[-1].start()
            for thread in threads:
                thread.join()
        finally:
            services.stop()
    return taken


def check(*, slots: int, sleep_s: float, overhead_s: float, load: float, duration_s: float) -> None:
    """Prints what was measured beside what is simulated."""
    arrivals = draw_arrivals(load * slots / (sleep_s + overhead_s), duration_s, seed=3)
    real = run_really(arrivals, slots=slots, sleep_s=sleep_s)
    alone = min(seconds for arrival, seconds in real if arrival.pages == 1) - sleep_s - overhead_s
    found = simulate(arrivals, slots=slots, workers=1, page_s=sleep_s + overhead_s, spread=0.0, fixed_s=max(0.0, alone))
    print(f"{len(arrivals)} jobs, {sum(each.pages for each in arrivals)} pages, load {load:.0%} of {slots} places")
    for name, values, model in (
        ("short jobs", [s for a, s in real if a.pages <= SHORT_PAGES], found.short_s),
        ("long jobs", [s for a, s in real if a.pages > SHORT_PAGES], found.long_s),
    ):
        print(
            f"  {name}: measured mean {statistics.fmean(values):.2f} s, p95 {quantile(values, 0.95):.2f} s; "
            f"simulated mean {statistics.fmean(model):.2f} s, p95 {quantile(model, 0.95):.2f} s"
        )


def print_tables(*, page_s: float, overhead_s: float, spread: float, duration_s: float) -> None:
    print(f"page {page_s:.2f} s + {overhead_s * 1000:.0f} ms, spread {spread}, {duration_s:.0f} s of arrivals")
    for rate in (10, 100, 1000):
        for load in (0.7, 0.85, 0.95):
            slots = round(rate * (page_s + overhead_s) / load)
            found = simulate(
                draw_arrivals(rate, duration_s if rate < 1000 else duration_s / 4, seed=rate),
                slots=slots,
                workers=max(1, slots // 64),
                page_s=page_s + overhead_s,
                spread=spread,
                fixed_s=0.1,
            )
            print(
                f"{rate:5} pages/s, {slots:5} places, busy {found.busy:.0%}: short jobs median "
                f"{quantile(found.short_s, 0.5):.1f} s, p95 {quantile(found.short_s, 0.95):.1f} s; long jobs median "
                f"{quantile(found.long_s, 0.5):.1f} s, p95 {quantile(found.long_s, 0.95):.1f} s; "
                f"most waiting {found.most_waiting}",
                flush=True,
            )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page-seconds", type=float, default=0.82, help="CPU seconds a page of docs/benchmarks.md")
    parser.add_argument("--overhead-ms", type=float, default=10.0)
    parser.add_argument("--spread", type=float, default=0.5)
    parser.add_argument("--duration", type=float, default=1200.0)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    overhead_s = arguments.overhead_ms / 1000
    if arguments.check:
        from service.logs import configure_logs

        configure_logs("error", "console")
        for load in (0.5, 0.8):
            check(slots=4, sleep_s=0.4, overhead_s=overhead_s, load=load, duration_s=60.0)
        return 0
    print_tables(
        page_s=arguments.page_seconds, overhead_s=overhead_s, spread=arguments.spread, duration_s=arguments.duration
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
