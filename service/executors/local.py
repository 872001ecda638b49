"""Tasks in processes of this machine (pebble): a crash, a hang or a memory blow-up costs one try of one task."""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from threading import Lock, Thread
from typing import Any
from weakref import WeakSet

from pebble import ProcessExpired, ProcessPool

from errors import PageCrashedError, PageTimeoutError
from service.executors.base import Executor, Lane, Result, Task
from service.executors.child_process import prepare_model_process, prepare_process, run_task

# One thread a process and a process a core: two threads cost up to half as much CPU again. Tesseract names its own
# number of threads, which only OMP_THREAD_LIMIT overrules.
_CHILD_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
_STOP_TIMEOUT_S = 5.0
# How long a cancelled task's process has to end. One that still waits for its turn is not waited for longer.
_KILL_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class LocalExecutorConfig:
    """``memory_mb`` a process (0: no limit); a page process is replaced after ``tasks_per_process`` tasks.

    ``model_processes`` start with the first task of their lane, have no limit of memory and keep what they have loaded.
    ``preload`` are modules that the processes share, loaded once in the process they are forked from; none of them may
    start threads. ``warm_up`` runs once in about every page process when it first starts.
    """

    page_processes: int
    file_processes: int = 2
    memory_mb: int = 0
    tasks_per_process: int = 200
    preload: tuple[str, ...] = ()
    warm_up: Task[Any] | None = None
    model_processes: int = 1


class LocalExecutor(Executor):
    """Processes are forked from one that holds the libraries, so a dead one is replaced in milliseconds."""

    def __init__(self, config: LocalExecutorConfig) -> None:
        self._config = config
        self._pools: dict[Lane, ProcessPool] = {}
        self._unfinished: WeakSet[_LinkedFuture[Any]] = WeakSet()
        self._is_stopped = False
        self._lock = Lock()

    @property
    def page_slots(self) -> int:
        return self._config.page_processes

    def slots(self, lane: Lane) -> int:
        sizes = {
            Lane.PAGES: self._config.page_processes,
            Lane.FILES: self._config.file_processes,
            Lane.MODELS: self._config.model_processes,
        }
        return sizes[lane]

    def start(self) -> None:
        self._is_stopped = False
        lanes = (Lane.PAGES, Lane.FILES) if self._config.page_processes else (Lane.FILES,)
        for lane in lanes:
            for _ in range(self.slots(lane)):
                if lane is Lane.PAGES and self._config.warm_up is not None:
                    self.submit(self._config.warm_up, timeout_s=120.0, lane=lane)
                else:
                    self._find_pool(lane)

    def submit(
        self,
        task: Task[Result],
        *,
        timeout_s: float,
        lane: Lane,
        is_urgent: bool = False,  # noqa: ARG002 - first come, first served: only pages of a moment ever wait here
    ) -> Future[Result]:
        inner = self._schedule(task, timeout_s, lane)
        if inner is None:
            return _cancelled()
        outer: _LinkedFuture[Result] = _LinkedFuture(inner)
        with self._lock:
            self._unfinished.add(outer)
        inner.add_done_callback(lambda done: _pass_on_when_stopped(done, outer, timeout_s))
        return outer

    def stop(self) -> None:
        with self._lock:
            self._is_stopped = True
            pools, self._pools = self._pools, {}
            unfinished = list(self._unfinished)
        for pool in pools.values():
            pool.stop()  # type: ignore[no-untyped-call]
        for pool in pools.values():
            pool.join(timeout=_STOP_TIMEOUT_S)
        # A pool that is stopped forgets some of what it had; nobody shall wait for it for ever.
        for future in unfinished:
            Future.cancel(future)

    def _schedule(self, task: Task[Result], timeout_s: float, lane: Lane) -> Future[Any] | None:
        pool = self._find_pool(lane)
        if pool is None:
            return None
        try:
            return pool.schedule(run_task, args=(task,), timeout=timeout_s)
        except RuntimeError:
            # The pool gave itself up, or was stopped, between the two calls.
            pool = self._find_pool(lane)
            return None if pool is None else pool.schedule(run_task, args=(task,), timeout=timeout_s)

    def _find_pool(self, lane: Lane) -> ProcessPool | None:
        """None once the executor is stopped: whoever is late must not start processes that nobody would end."""
        with self._lock:
            if self._is_stopped:
                return None
            # A pool gives itself up when a process dies that had no task (when memory is short
            # the kernel kills any).
            if lane not in self._pools or not self._pools[lane].active:
                self._pools[lane] = self._make_pool(lane)
            return self._pools[lane]

    def _make_pool(self, lane: Lane) -> ProcessPool:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["__main__", "service.executors.child_process", *self._config.preload])
        with _environment(_CHILD_ENVIRONMENT):
            forkserver.ensure_running()
        holds_models = lane is Lane.MODELS
        return ProcessPool(
            max_workers=self.slots(lane),
            max_tasks=0 if holds_models else self._config.tasks_per_process,
            initializer=prepare_model_process if holds_models else prepare_process,
            initargs=() if holds_models else (self._config.memory_mb,),
            context=context,
        )


class _LinkedFuture(Future[Result]):
    """Cancelling it stops the process that runs the task; it ends when that has been stopped."""

    def __init__(self, inner: Future[Any]) -> None:
        super().__init__()
        self._inner = inner

    def cancel(self) -> bool:
        return self._inner.cancel()


def _cancelled() -> Future[Any]:
    future: Future[Any] = Future()
    future.cancel()
    future.set_running_or_notify_cancel()
    return future


def _pass_on_when_stopped(done: Future[Result], outer: Future[Result], timeout_s: float) -> None:
    """pebble calls a future cancelled at once, and stops its process a moment later: till then the task may write."""
    if not done.cancelled():
        _pass_on(done, outer, timeout_s)
        return

    def wait_and_pass_on() -> None:
        wait([done], _KILL_TIMEOUT_S)
        _pass_on(done, outer, timeout_s)

    Thread(target=wait_and_pass_on, name="cancelled-task", daemon=True).start()


def _pass_on(done: Future[Result], outer: Future[Result], timeout_s: float) -> None:
    """Give ``outer`` the outcome in the words of the executor protocol."""
    if done.cancelled():
        Future.cancel(outer)
    if not outer.set_running_or_notify_cancel():
        return
    error = done.exception()
    if error is None:
        outer.set_result(done.result())
    elif isinstance(error, TimeoutError):
        outer.set_exception(PageTimeoutError(f"Reading this page took longer than {timeout_s:g} seconds."))
    elif isinstance(error, (ProcessExpired, BrokenExecutor)):
        outer.set_exception(PageCrashedError())
    else:
        outer.set_exception(error)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """The variables are set inside the block; what a process inherits is what is set when it starts."""
    before = {name: os.environ.pop(name, None) for name in values}
    os.environ |= values
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value
