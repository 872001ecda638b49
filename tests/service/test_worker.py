"""The worker's loop: what it hands out ahead, and what happens when things around it fail."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from pipeline.options import Tier
from pipeline.recognise import ReaderConfig
from service.executors.base import Executor, Lane, Result, Task
from service.job_claims import JobClaims
from service.job_closing import JobClosing
from service.job_endings import RetentionTimes
from service.job_files import JobFiles
from service.job_signals import JobSignals
from service.job_store import JobStore
from service.metering import build_metering
from service.metrics import Metrics
from service.secrets import Secrets
from service.tasks import PageRead, ReadPage
from service.worker import Worker, WorkerConfig
from settings import Settings
from tests.service.running_services import scripted
from tests.service.test_job_claims import add


class ThreadlessExecutor(Executor):
    """Answers at once, in the caller's thread; ``is_broken`` makes it fail as no executor should."""

    page_slots = 2
    is_broken = False

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane, is_urgent: bool = False) -> Future[Result]:
        if self.is_broken:
            raise ZeroDivisionError
        future: Future[object] = Future()
        is_page = lane is Lane.PAGES
        future.set_result(PageRead("scripted", "cpu", (), 0.01) if is_page else None)  # type: ignore[arg-type]
        return future  # type: ignore[return-value]


class HoldingExecutor(ThreadlessExecutor):
    """Keeps pages until the test ends them; as many are handed out ahead as run at once."""

    pages_ahead = 1

    def __init__(self) -> None:
        self.pages: list[tuple[ReadPage, Future[PageRead], bool]] = []

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane, is_urgent: bool = False) -> Future[Result]:
        page: object = task
        if not isinstance(page, ReadPage):
            return super().submit(task, timeout_s=timeout_s, lane=lane)
        future: Future[PageRead] = Future()
        self.pages.append((page, future, is_urgent))
        return future  # type: ignore[return-value]

    def end(self, place: int, *, is_document: bool = False) -> None:
        self.pages[place][1].set_result(PageRead("scripted", Tier.CPU, (), 1.0, is_document))


@pytest.fixture
def executor() -> ThreadlessExecutor:
    return ThreadlessExecutor()


@pytest.fixture
def worker(tmp_path: Path, engine: sa.Engine, executor: ThreadlessExecutor) -> Iterator[Worker]:
    with make_worker(tmp_path, engine, executor) as worker:
        yield worker


@contextmanager
def make_worker(
    tmp_path: Path, engine: sa.Engine, executor: Executor, reader: ReaderConfig | None = None
) -> Iterator[Worker]:
    files, metrics = JobFiles(str(tmp_path / "files")), Metrics()
    metering = build_metering(Settings.from_values({}).plans, Secrets("a", "b"))
    closing = JobClosing(
        engine=engine,
        store=JobStore(),
        files=files,
        executor=executor,
        ledger=metering.ledger,
        prices=metering.prices,
        times=RetentionTimes(retained=timedelta(hours=1)),
        keep_page_source=True,
        metrics=metrics,
    )
    config = WorkerConfig("w1", reader or scripted(), page_timeout_s=5, page_attempts=2, lease_s=5, short_pages=5)
    worker = Worker(
        config,
        engine=engine,
        files=files,
        executor=executor,
        closing=closing,
        signals=JobSignals(),
        metrics=metrics,
    )
    yield worker
    worker.stop(0.0 if isinstance(executor, HoldingExecutor) else 1.0)
    closing.stop()


def wait_for(condition: object, timeout_s: float = 120.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_done(engine: sa.Engine, job_id: str) -> bool:
    with transaction(engine) as connection:
        found = JobStore().find(connection, job_id)
    return found is not None and found.state.is_final


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_loop_is_noticed(engine: sa.Engine, worker: Worker, executor: ThreadlessExecutor) -> None:
    assert not worker.is_alive()
    worker.start()
    assert worker.is_alive()
    job_id = add(engine)
    wait_for(lambda: is_done(engine, job_id))
    assert worker.is_alive()
    executor.is_broken = True
    add(engine)
    wait_for(lambda: not worker.is_alive())


def test_the_loop_outlives_trouble_with_the_database(engine: sa.Engine, worker: Worker) -> None:
    with transaction(engine) as connection:
        connection.execute(sa.text("ALTER TABLE jobs RENAME TO away"))
    worker.start()
    time.sleep(1.5)
    assert worker.is_alive()
    with transaction(engine) as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO jobs"))
    job_id = add(engine)
    wait_for(lambda: is_done(engine, job_id))
    assert worker.is_alive()


def test_one_page_for_each_place_is_handed_out_ahead(engine: sa.Engine, tmp_path: Path) -> None:
    executor = HoldingExecutor()
    book = add(engine, pages=10)
    with make_worker(tmp_path, engine, executor) as worker:
        worker.start()
        wait_for(lambda: len(executor.pages) == 4)
        executor.end(0)
        wait_for(lambda: len(executor.pages) == 5)
        # A letter comes while every place is taken, and goes past the book's pages that were handed out ahead.
        letter = add(engine, pages=1, is_short=True)
        worker.wake()
        wait_for(lambda: count_done(engine, book) == 1)
        executor.end(1)
        wait_for(lambda: len(executor.pages) == 6)
    assert [(task.job_id, is_urgent) for task, _, is_urgent in executor.pages[4:]] == [(book, False), (letter, True)]
    # What was handed out and not read is nobody's failure: the worker's stop takes it back.
    with reading(engine) as connection:
        pages = JobStore().list_pages(connection, book)
    assert [(page.starts, page.failures) for page in pages] == [(1, 0)] * 2 + [(0, 0)] * 8


@pytest.mark.parametrize("tokens", [0, 1], ids=["nobody in between", "given up in between"])
def test_a_lease_that_ran_out_unnoticed(engine: sa.Engine, tmp_path: Path, tokens: int) -> None:
    """The loop stood still for too long. What it reads goes on, unless somebody has had the job since."""
    executor = HoldingExecutor()
    job_id = add(engine, pages=1)
    let_run_out = "UPDATE jobs SET lease_until = '2020-01-01 00:00:00', claim_token = claim_token + :tokens"

    def is_taken_again() -> bool:
        with transaction(engine) as connection:
            token = connection.execute(sa.text("SELECT claim_token FROM jobs")).scalar_one()
            if token == 1:
                connection.execute(sa.text(let_run_out), {"tokens": tokens})
        reader.wake()
        return bool(token == 2 + tokens)

    with make_worker(tmp_path, engine, executor) as reader:
        reader.start()
        wait_for(lambda: executor.pages)
        wait_for(is_taken_again)
        wait_for(lambda: len(executor.pages) == 1 + tokens)
        assert executor.pages[0][1].cancelled() == bool(tokens)
        executor.end(tokens)
        wait_for(lambda: is_done(engine, job_id))
    assert len(executor.pages) == 1 + tokens


def test_places_that_are_ahead_take_no_job_from_idle_workers(engine: sa.Engine, tmp_path: Path) -> None:
    executor = HoldingExecutor()
    jobs = [add(engine, pages=1, is_short=True, at=utc_now()) for _ in range(3)]
    with make_worker(tmp_path, engine, executor) as worker:
        worker.start()
        wait_for(lambda: len(executor.pages) == 2)
        with transaction(engine) as connection:
            taken = JobClaims("idle", 5.0).claim(connection, 5, now=utc_now())
        assert [each.job.id for each in taken] in ([], jobs[2:])
        # Where no other takes it, it does not wait until a place is free.
        if taken:
            with transaction(engine) as connection:
                JobClaims("idle", 5.0).hand_back(connection, taken[0])
        wait_for(lambda: len(executor.pages) == 3)


def test_the_only_page_is_written_down_with_the_end_of_its_job(engine: sa.Engine, tmp_path: Path) -> None:
    executor = HoldingExecutor()
    letter = add(engine, pages=1, is_short=True)
    with make_worker(tmp_path, engine, executor) as worker:
        worker.start()
        wait_for(lambda: executor.pages)
        with transaction(engine) as connection:
            connection.execute(sa.text("ALTER TABLE reservations RENAME TO away"))
        executor.end(0, is_document=True)
        time.sleep(0.5)
        # The end can't be settled, and so nothing of it is written down, the page neither.
        assert count_done(engine, letter) == 0
        assert not is_done(engine, letter)
        with transaction(engine) as connection:
            connection.execute(sa.text("ALTER TABLE away RENAME TO reservations"))
        wait_for(lambda: is_done(engine, letter))
    assert count_done(engine, letter) == 1
    assert executor.pages[0][0].finish is not None


def test_a_page_whose_job_could_not_be_ended_is_read_again_by_others(engine: sa.Engine, tmp_path: Path) -> None:
    executor = HoldingExecutor()
    letter = add(engine, pages=1, is_short=True)
    with make_worker(tmp_path, engine, executor) as worker:
        worker.start()
        wait_for(lambda: executor.pages)
        with transaction(engine) as connection:
            connection.execute(sa.text("ALTER TABLE reservations RENAME TO away"))
        executor.end(0, is_document=True)
    with transaction(engine) as connection:
        connection.execute(sa.text("ALTER TABLE away RENAME TO reservations"))
        claim = JobClaims("w2", 5.0).claim(connection, 1, now=utc_now())[0]
        waiting = JobClaims("w2", 5.0).find_waiting_pages(connection, letter)
    assert (claim.job.id, [number for number, _, _ in waiting]) == (letter, [1])


def test_only_a_page_that_is_all_of_its_job_makes_the_document(engine: sa.Engine, tmp_path: Path) -> None:
    executor = HoldingExecutor()
    add(engine, pages=2, is_short=True)
    with make_worker(tmp_path, engine, executor) as worker:
        worker.start()
        wait_for(lambda: len(executor.pages) == 2)
    assert [task.finish for task, _, _ in executor.pages] == [None, None]


def count_done(engine: sa.Engine, job_id: str) -> int:
    with reading(engine) as connection:
        found = JobStore().find(connection, job_id)
    return 0 if found is None else found.pages_done
