"""Tasks in processes that crash, hang and eat memory."""

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path

import pytest

from errors import EmptyFileError, PageCrashedError, PageTimeoutError
from service.executors.base import Lane
from service.executors.local import LocalExecutor, LocalExecutorConfig
from service.task_context import TaskContext

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Answer:
    value: object

    def run(self, context: TaskContext) -> object:
        return self.value


@dataclass(frozen=True)
class WhoAmI:
    def run(self, context: TaskContext) -> tuple[int, str | None, str | None]:
        return os.getpid(), os.environ.get("OMP_NUM_THREADS"), os.environ.get("OMP_THREAD_LIMIT")


@dataclass(frozen=True)
class Misbehave:
    how: str

    def run(self, context: TaskContext) -> None:
        match self.how:
            case "raise":
                raise EmptyFileError("Nothing.", details={"x": 1})
            case "segfault":
                ctypes.string_at(0)
            case "exit":
                os._exit(3)
            case "hang":
                time.sleep(1000)
            case "memory":
                hoard = [bytearray(50 * MEGABYTE) for _ in range(100)]
                assert hoard


@dataclass(frozen=True)
class Mark:
    path: str

    def run(self, context: TaskContext) -> None:
        Path(self.path).write_text(str(os.getpid()))
        time.sleep(1000)


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(LocalExecutorConfig(page_processes=1, file_processes=1, memory_mb=400))
    yield executor
    executor.stop()


def run(executor: LocalExecutor, task: object, timeout_s: float = 20.0) -> object:
    return executor.submit(task, timeout_s=timeout_s, lane=Lane.PAGES).result()  # type: ignore[arg-type]


def test_results_come_back(executor: LocalExecutor) -> None:
    executor.start()
    assert run(executor, Answer(("text", 3))) == ("text", 3)
    assert run(executor, WhoAmI())[1:] == ("1", "1")  # type: ignore[index]
    assert executor.page_slots == 1


def test_our_environment_stays_as_it_was(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    run(executor, Answer(1))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OMP_THREAD_LIMIT" not in os.environ


def test_an_error_of_ours_arrives_whole(executor: LocalExecutor) -> None:
    with pytest.raises(EmptyFileError) as caught:
        run(executor, Misbehave("raise"))
    assert caught.value.message == "Nothing."
    assert caught.value.details == {"x": 1}


@pytest.mark.parametrize("how", ["segfault", "exit"])
def test_a_dead_process_costs_its_task_only(executor: LocalExecutor, how: str) -> None:
    for _ in range(3):
        with pytest.raises(PageCrashedError):
            run(executor, Misbehave(how))
        assert run(executor, Answer(1)) == 1


def test_a_hanging_task_is_stopped(executor: LocalExecutor) -> None:
    with pytest.raises(PageTimeoutError):
        run(executor, Misbehave("hang"), timeout_s=0.5)
    assert run(executor, Answer(1)) == 1


def test_memory_is_limited(executor: LocalExecutor) -> None:
    with pytest.raises((MemoryError, PageCrashedError)):
        run(executor, Misbehave("memory"))
    assert run(executor, Answer(1)) == 1


def is_running(pid: int) -> bool:
    """A zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_cancelling_stops_a_running_task(executor: LocalExecutor, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    future = executor.submit(Mark(str(mark)), timeout_s=100.0, lane=Lane.PAGES)
    while not mark.exists() or not mark.read_text():
        time.sleep(0.01)
    future.cancel()
    with pytest.raises(CancelledError):
        future.result(timeout=60)
    assert not is_running(int(mark.read_text())), "who is told so may remove what the task was writing"
    assert run(executor, Answer(1)) == 1


def serve_mark(path: str) -> None:
    """The main function of a server that gets no further than its first page."""
    executor = LocalExecutor(LocalExecutorConfig(page_processes=1, file_processes=1))
    executor.submit(Mark(path), timeout_s=1000, lane=Lane.PAGES).result()


def test_what_a_killed_server_was_reading_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    program = f"from tests.service.test_local_executor import serve_mark; serve_mark({str(mark)!r})"
    server = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    try:
        wait_for(lambda: mark.exists() and bool(mark.read_text()), "no page is being read")
    finally:
        server.kill()
        server.wait()
    reader = int(mark.read_text())
    try:
        wait_for(lambda: not is_running(reader), "the page is still being read")
    finally:
        if is_running(reader):
            os.kill(reader, signal.SIGKILL)


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_short_tasks_do_not_queue_behind_pages(executor: LocalExecutor) -> None:
    busy = executor.submit(Misbehave("hang"), timeout_s=100.0, lane=Lane.PAGES)
    assert executor.submit(Answer(1), timeout_s=20.0, lane=Lane.FILES).result(timeout=20) == 1
    busy.cancel()


def test_processes_are_replaced_after_so_many_tasks() -> None:
    executor = LocalExecutor(LocalExecutorConfig(page_processes=1, tasks_per_process=2))
    pids = [run(executor, WhoAmI())[0] for _ in range(6)]  # type: ignore[index]
    executor.stop()
    assert len(set(pids)) == 3


def test_what_comes_after_the_stop_starts_no_process(executor: LocalExecutor) -> None:
    executor.submit(Answer(1), timeout_s=60, lane=Lane.PAGES).result(timeout=60)
    executor.stop()
    before = {process.pid for process in multiprocessing.active_children()}
    late = executor.submit(Answer(2), timeout_s=60, lane=Lane.PAGES)
    with pytest.raises(CancelledError):
        late.result(timeout=60)
    assert {process.pid for process in multiprocessing.active_children()} <= before


def test_stopping_ends_what_runs(executor: LocalExecutor) -> None:
    future = executor.submit(Misbehave("hang"), timeout_s=100.0, lane=Lane.PAGES)
    run_in_files = executor.submit(Answer(1), timeout_s=20.0, lane=Lane.FILES)
    run_in_files.result()
    executor.stop()
    assert future.done()


def test_a_process_that_dies_while_idle_is_replaced(executor: LocalExecutor) -> None:
    for _ in range(3):
        pid = run(executor, WhoAmI())[0]  # type: ignore[index]
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.01)
        time.sleep(0.3)
        assert run(executor, Answer(1)) == 1
