"""Pages that are read side by side are counted one by one, whatever becomes of the batch."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction
from errors import EngineFailedError, PageCrashedError, PageTimeoutError
from pipeline.document import Page
from pipeline.options import OcrOptions, Tier
from pipeline.recognise import PageResult, ReaderConfig
from pipeline.vlm.config import VlmConfig, VlmKind
from service.executors.base import Lane, Result, Task
from service.job_files import JobFiles, page_key, receipt_key
from service.job_store import JobStore
from service.page_batches import BatchRead, ReadBatch
from service.task_context import TaskContext
from service.tasks import PageRead, ReadPage
from service.worker import Worker
from tests.service.running_services import scripted
from tests.service.test_job_claims import add
from tests.service.test_worker import ThreadlessExecutor, is_done, make_worker, wait_for

OPTIONS = OcrOptions(tier=Tier.VLM)
READER = replace(scripted(), vlm=VlmConfig(VlmKind.TRANSFORMERS, "any", batch_pages=3))


class BatchExecutor(ThreadlessExecutor):
    """Keeps batches until the test ends them; single pages go to ``read_alone`` at once."""

    def __init__(self) -> None:
        self.batches: list[tuple[ReadBatch, Future[BatchRead]]] = []
        self.alone: list[tuple[int, Lane]] = []
        self.faults: dict[int, Exception] = {}

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane, is_urgent: bool = False) -> Future[Result]:
        piece: object = task
        future: Future[Any] = Future()
        if isinstance(piece, ReadBatch):
            self.batches.append((piece, future))
            return future
        if not isinstance(piece, ReadPage):
            return super().submit(task, timeout_s=timeout_s, lane=lane)
        self.alone.append((piece.number, lane))
        if lane is Lane.MODELS and piece.number in self.faults:
            future.set_exception(self.faults[piece.number])
        else:
            by_model = lane is Lane.MODELS
            future.set_result(PageRead("vlm" if by_model else "scripted", Tier.VLM if by_model else Tier.CPU, (), 0.1))
        return future


@pytest.fixture
def executor() -> BatchExecutor:
    return BatchExecutor()


@contextmanager
def at_work(tmp_path: Path, engine: sa.Engine, executor: BatchExecutor) -> Iterator[Worker]:
    with make_worker(tmp_path, engine, executor, READER) as worker:
        worker.start()
        wait_for(lambda: executor.batches)
        yield worker


def read(number: int) -> PageRead:
    return PageRead("vlm", Tier.VLM, (f"Page {number} was read.",), 0.5)


def write_receipt(tmp_path: Path, batch: ReadBatch, number: int) -> None:
    page = Page(number, 10, 10, 72, (), "vlm")
    batch._write(JobFiles(str(tmp_path / "files")), number, PageResult(page, ("Read early.",), Tier.VLM), 0.5)


def list_pages(engine: sa.Engine, job_id: str) -> list[tuple[str, str | None, int]]:
    """(state, engine, failures) by number."""
    with reading(engine) as connection:
        pages = JobStore().list_pages(connection, job_id)
    return [(page.state.value, page.engine, page.failures) for page in pages]


def count_read(engine: sa.Engine, job_id: str) -> int:
    return [state for state, _, _ in list_pages(engine, job_id)].count("read")


def test_a_batch_is_counted_page_by_page(engine: sa.Engine, tmp_path: Path, executor: BatchExecutor) -> None:
    job_id = add(engine, pages=3, options=OPTIONS)
    with at_work(tmp_path, engine, executor):
        (batch, running) = executor.batches[0]
        assert batch.numbers == (1, 2, 3)
        running.set_result({1: read(1), 2: EngineFailedError("It looped."), 3: read(3)})
        wait_for(lambda: is_done(engine, job_id))
    # Two are the model's; the other was read by the embedded engines.
    assert executor.alone == [(2, Lane.PAGES)]
    assert list_pages(engine, job_id) == [("read", "vlm", 0), ("read", "scripted", 1), ("read", "vlm", 0)]


def test_a_page_is_counted_while_its_batch_goes_on(engine: sa.Engine, tmp_path: Path, executor: BatchExecutor) -> None:
    job_id = add(engine, pages=3, options=OPTIONS)
    with at_work(tmp_path, engine, executor):
        (batch, running) = executor.batches[0]
        write_receipt(tmp_path, batch, 2)
        wait_for(lambda: count_read(engine, job_id) == 1)
        with reading(engine) as connection:
            assert JobStore().list_pages(connection, job_id)[1].notices == ("Read early.",)
        # Another claim's receipt is nothing to this one.
        write_receipt(tmp_path, replace(batch, token=batch.token + 1), 3)
        running.set_result({1: read(1), 2: read(2), 3: EngineFailedError()})
        wait_for(lambda: is_done(engine, job_id))
    assert [engine for _, engine, _ in list_pages(engine, job_id)] == ["vlm", "vlm", "scripted"]


@pytest.mark.parametrize("fate", [PageCrashedError(), PageTimeoutError(), EngineFailedError(), MemoryError()])
def test_only_the_page_that_kills_a_batch_is_blamed(
    engine: sa.Engine, tmp_path: Path, executor: BatchExecutor, fate: Exception
) -> None:
    job_id = add(engine, pages=3, options=OPTIONS)
    executor.faults = {2: fate}
    with at_work(tmp_path, engine, executor):
        (batch, running) = executor.batches[0]
        write_receipt(tmp_path, batch, 3)
        running.set_exception(fate)
        wait_for(lambda: is_done(engine, job_id))
    # What the batch had read is not read again; the others were tried one by one.
    assert executor.alone == [(1, Lane.MODELS), (2, Lane.MODELS), (2, Lane.PAGES)]
    assert list_pages(engine, job_id) == [("read", "vlm", 0), ("read", "scripted", 1), ("read", "vlm", 0)]
    assert len(executor.batches) == 1


def test_a_cancelled_job_leaves_nothing_of_its_batch(
    engine: sa.Engine, tmp_path: Path, executor: BatchExecutor
) -> None:
    files, job_id = JobFiles(str(tmp_path / "files")), add(engine, pages=3, options=OPTIONS)
    with at_work(tmp_path, engine, executor) as worker:
        (batch, running) = executor.batches[0]
        write_receipt(tmp_path, batch, 2)
        with transaction(engine) as connection:
            connection.execute(sa.text("UPDATE jobs SET state = 'cancelled'"))
        worker.wake()
        wait_for(running.cancelled)
        # What it wrote last is swept up too.
        wait_for(lambda: files.list(f"jobs/{job_id}") == [])
    assert count_read(engine, job_id) == 0


def test_what_a_stopped_worker_had_in_a_batch_is_nobody_s_failure(
    engine: sa.Engine, tmp_path: Path, executor: BatchExecutor
) -> None:
    job_id = add(engine, pages=3, options=OPTIONS)
    with at_work(tmp_path, engine, executor) as worker:
        worker.stop(0.0)
    with reading(engine) as connection:
        pages = JobStore().list_pages(connection, job_id)
    assert [(page.starts, page.failures) for page in pages] == [(0, 0)] * 3


class OneFails(TaskContext):
    """A context whose reader reads the first page, fails on the second and tells of the third last."""

    def open_source(self, storage_url: str, job_id: str) -> Any:
        return None

    def open_reader(self, config: ReaderConfig) -> Any:
        return self

    def read_batch(
        self, opened: None, numbers: tuple[int, ...], options: OcrOptions, on_page: Callable[..., None], drafts: Any
    ) -> None:
        for number in numbers:
            drafts[number](lambda: "So far")
        on_page(1, PageResult(Page(1, 10, 10, 72, (), "vlm"), (), Tier.VLM))
        on_page(2, EngineFailedError("It looped."))
        on_page(3, PageResult(Page(3, 10, 10, 72, (), "pdf-text"), ("Taken over.",)))


def test_the_task_writes_each_page_and_then_its_receipt(tmp_path: Path) -> None:
    files = JobFiles(str(tmp_path))
    outcomes = ReadBatch(str(tmp_path), "a", (1, 2, 3), OPTIONS, READER, 7).run(OneFails())
    assert isinstance(outcomes[2], EngineFailedError)
    assert [(outcomes[number].engine, outcomes[number].tier) for number in (1, 3)] == [  # type: ignore[union-attr]
        ("vlm", Tier.VLM),
        ("pdf-text", Tier.CPU),
    ]
    written = {page_key("a", number) for number in (1, 3)} | {receipt_key("a", number, 7) for number in (1, 3)}
    assert set(files.list("jobs/a")) == written
