"""Tasks in the processes of a Ray cluster that crash, hang and disappear."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.ray_nodes import RayNodes, free_port
from errors import EmptyFileError, PageCrashedError, PageTimeoutError
from service.executors.base import Lane
from service.executors.local import LocalExecutor, LocalExecutorConfig
from service.executors.ray import ClusterConfig, LaneSize, RayExecutor
from service.task_context import TaskContext
from tests.service.test_local_executor import Answer, Mark, Misbehave, WhoAmI

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PATIENCE_S = 200.0


@dataclass(frozen=True)
class Note:
    path: str
    text: str

    def run(self, _context: TaskContext) -> None:
        with Path(self.path).open("a") as file:
            file.write(self.text)


@dataclass(frozen=True)
class Hold:
    """Says that it has begun, and kills its process when it is told to."""

    folder: str

    def run(self, _context: TaskContext) -> None:
        (Path(self.folder) / "begun").touch()
        while not (Path(self.folder) / "die").exists():
            time.sleep(0.02)
        os._exit(1)


@pytest.fixture(scope="module")
def executor(ray_nodes: RayNodes) -> Iterator[RayExecutor]:
    config = ClusterConfig(ray_nodes.address, LaneSize(0), LaneSize(1, cpus=0.0), memory_mb=600)
    executor = RayExecutor(config, LocalExecutor(LocalExecutorConfig(page_processes=0, file_processes=1)))
    executor.start()
    yield executor
    executor.stop()


def run(executor: RayExecutor, task: object, *, timeout_s: float = 60.0, lane: Lane = Lane.PAGES) -> Any:
    return executor.submit(task, timeout_s=timeout_s, lane=lane).result(PATIENCE_S)  # type: ignore[arg-type]


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_stop_ends_a_driver_that_never_reached_its_cluster() -> None:
    nobody = ClusterConfig(f"127.0.0.1:{free_port()}", LaneSize(0), LaneSize(1))
    executor = RayExecutor(nobody, LocalExecutor(LocalExecutorConfig(page_processes=0, file_processes=1)))
    executor.start()
    wait_until(lambda: find_drivers() != [])
    future = executor.submit(Answer(1), timeout_s=60, lane=Lane.PAGES)
    executor.stop()
    assert future.cancelled()
    assert find_drivers() == []


def find_drivers() -> list[object]:
    return [each for each in multiprocessing.active_children() if each.name == "ray-driver"]


def test_results_come_back_from_every_lane(executor: RayExecutor) -> None:
    assert run(executor, Answer(("text", 3))) == ("text", 3)
    assert executor.page_slots == 1
    page, threads, limit = run(executor, WhoAmI())
    assert (threads, limit) == ("1", "1")
    assert run(executor, Answer(1), lane=Lane.MODELS) == 1
    file = run(executor, WhoAmI(), lane=Lane.FILES)[0]
    assert file != page
    # A process is kept, with what it has loaded.
    assert run(executor, WhoAmI())[0] == page


def test_errors_keep_their_type_and_the_process_its_life(executor: RayExecutor) -> None:
    before = run(executor, WhoAmI())
    with pytest.raises(EmptyFileError) as caught:
        run(executor, Misbehave("raise"))
    assert caught.value.details == {"x": 1}
    with pytest.raises(MemoryError):
        run(executor, Misbehave("memory"))
    assert run(executor, WhoAmI()) == before


@pytest.mark.parametrize("how", ["segfault", "exit"])
def test_a_crash_costs_one_task(executor: RayExecutor, how: str) -> None:
    with pytest.raises(PageCrashedError):
        run(executor, Misbehave(how))
    assert run(executor, Answer(1)) == 1


def test_what_waits_is_not_charged_for_a_crash_before_it(executor: RayExecutor, tmp_path: Path) -> None:
    """And what is urgent goes past it."""
    log = tmp_path / "log"
    held = executor.submit(Hold(str(tmp_path)), timeout_s=1000, lane=Lane.PAGES)
    wait_until((tmp_path / "begun").exists)
    waiting = [executor.submit(Note(str(log), name), timeout_s=1000, lane=Lane.PAGES) for name in "ab"]
    urgent = executor.submit(Note(str(log), "u"), timeout_s=1000, lane=Lane.PAGES, is_urgent=True)
    (tmp_path / "die").touch()
    with pytest.raises(PageCrashedError):
        held.result(PATIENCE_S)
    for each in (*waiting, urgent):
        each.result(PATIENCE_S)
    assert log.read_text() == "uab"


def test_a_hanging_task_is_stopped(executor: RayExecutor) -> None:
    assert run(executor, Answer(0)) == 0
    with pytest.raises(PageTimeoutError):
        run(executor, Misbehave("hang"), timeout_s=0.5)
    assert run(executor, Answer(1)) == 1


def test_cancelling_stops_what_runs_and_what_waits(executor: RayExecutor, tmp_path: Path) -> None:
    running = executor.submit(Mark(str(tmp_path / "mark")), timeout_s=1000, lane=Lane.PAGES)
    waiting = executor.submit(Answer(1), timeout_s=1000, lane=Lane.PAGES)
    wait_until((tmp_path / "mark").exists)
    for future in (waiting, running):
        assert future.cancel()
        with pytest.raises(CancelledError):
            future.result(PATIENCE_S)
    assert run(executor, Answer(2)) == 2


def test_a_lost_node_costs_one_task_and_a_new_one_is_used(
    executor: RayExecutor, ray_nodes: RayNodes, tmp_path: Path
) -> None:
    future = executor.submit(Mark(str(tmp_path / "mark")), timeout_s=1000, lane=Lane.PAGES)
    wait_until((tmp_path / "mark").exists)
    ray_nodes.kill_node()
    with pytest.raises(PageCrashedError):
        future.result(PATIENCE_S)
    wait_until(lambda: executor.page_slots == 0)
    ray_nodes.add_node()
    wait_until(lambda: executor.page_slots == 1)
    assert run(executor, Answer(3)) == 3


def test_what_waits_outlives_the_whole_cluster(executor: RayExecutor, ray_nodes: RayNodes) -> None:
    ray_nodes.stop()
    wait_until(lambda: executor.page_slots == 0)
    future = executor.submit(Answer("still here"), timeout_s=60, lane=Lane.PAGES)
    ray_nodes.start_head()
    ray_nodes.add_node()
    assert future.result(PATIENCE_S) == "still here"
