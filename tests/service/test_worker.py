"""The worker's loop when things around it fail."""

import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.connect import transaction
from service.executors.base import Executor, Lane, Result, Task
from service.job_closing import JobClosing
from service.job_endings import RetentionTimes
from service.job_files import JobFiles
from service.job_signals import JobSignals
from service.job_store import JobStore
from service.metering import build_metering
from service.metrics import Metrics
from service.secrets import Secrets
from service.tasks import PageRead
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

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane) -> Future[Result]:
        if self.is_broken:
            raise ZeroDivisionError
        future: Future[object] = Future()
        is_page = lane is Lane.PAGES
        future.set_result(PageRead("scripted", "cpu", (), 0.01) if is_page else None)  # type: ignore[arg-type]
        return future  # type: ignore[return-value]


@pytest.fixture
def executor() -> ThreadlessExecutor:
    return ThreadlessExecutor()


@pytest.fixture
def worker(tmp_path: Path, engine: sa.Engine, executor: ThreadlessExecutor) -> Iterator[Worker]:
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
    config = WorkerConfig("w1", scripted(), page_timeout_s=5, page_attempts=2, lease_s=5, short_pages=5)
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
    worker.stop(1.0)
    closing.stop()


def wait_for(condition: object, timeout_s: float = 30.0) -> None:
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
