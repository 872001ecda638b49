"""Tasks on a Ray cluster. Ray itself lives in a process of its own (:mod:`service.executors.ray_driver`).

That process may lose the cluster, be ended by Ray when the cluster's head is away too long, or hang: this side starts
another one and sends it what has no outcome yet. Tasks may run twice, which is why their results are fenced in SQL.
Files that somebody sent are judged by processes of this machine, so that an answer does not wait for the cluster.
"""

import multiprocessing
import pickle
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

import structlog

from errors import PageCrashedError, PageTimeoutError
from service.executors.base import Executor, Lane, Result, Task
from service.executors.local import LocalExecutor
from service.executors.ray_messages import Cancel, ClusterConfig, LaneSize, Outcome, Run, Slots

_SILENCE_S = 30.0
"""A driver says something every few seconds; one that is silent for so long hangs."""

_CONNECT_S = 120.0
_PAUSES_S = (0.5, 1.0, 2.0, 5.0)
_STOP_TIMEOUT_S = 5.0

_log = structlog.get_logger("ray")


@dataclass(slots=True, eq=False)
class _Pending:
    """``timeout_s`` is for the message only; the driver measures."""

    message: Run
    future: "_RemoteFuture[Any]"


class RayExecutor(Executor):
    """``local`` runs lane ``FILES``; the other lanes have actors in the cluster, sized by ``config``.

    ``page_slots`` counts the actors that are ready: none while the cluster is away, and then no job is claimed.
    One page for each waits in the driver, so that no actor waits until its last page is written down. No actor has it
    yet: one that dies takes only the page with it that it was reading.
    """

    pages_ahead = 1

    def __init__(self, config: ClusterConfig, local: LocalExecutor) -> None:
        self._config = config
        self._local = local
        self._ids = count(1)
        self._lock = threading.Lock()
        self._pending: dict[int, _Pending] = {}
        self._slots: dict[Lane, int] = {}
        self._link: _Link | None = None
        self._driver: _Link | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="ray", daemon=True)

    @property
    def page_slots(self) -> int:
        return self._slots.get(Lane.PAGES, 0)

    def slots(self, lane: Lane) -> int:
        return self._local.slots(lane) if lane is Lane.FILES else self._slots.get(lane, 0)

    def start(self) -> None:
        self._local.start()
        with self._lock:
            if self._thread.ident is None and not self._stopping.is_set():
                self._thread.start()

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane, is_urgent: bool = False) -> Future[Result]:
        if lane is Lane.FILES:
            return self._local.submit(task, timeout_s=timeout_s, lane=lane)
        number = next(self._ids)
        message = Run(number, pickle.dumps(task), timeout_s, lane, is_urgent)
        future: _RemoteFuture[Result] = _RemoteFuture(self, number)
        with self._lock:
            self._pending[number] = _Pending(message, future)
            link = self._link
        if link is not None:
            link.send(message)
        return future

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
            driver = self._driver
            pending, self._pending = list(self._pending.values()), {}
        # Also one that has not reached the cluster yet, which may take minutes.
        if driver is not None:
            driver.end()
        if self._thread.ident is not None:
            self._thread.join(_STOP_TIMEOUT_S)
        self._local.stop()
        for each in pending:
            Future.cancel(each.future)

    def cancel(self, number: int) -> bool:
        """The future ends as cancelled once the task has been stopped."""
        with self._lock:
            pending = self._pending.get(number)
            link = self._link
            if link is None:
                self._pending.pop(number, None)
        if pending is None:
            return False
        if link is None:
            return Future.cancel(pending.future)
        link.send(Cancel(number))
        return True

    # --- the driver's life ------------------------------------------------------------------------------------

    def _supervise(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                link = self._driver = _Link.open(self._config)
            started = time.monotonic()
            was_connected = self._listen(link)
            with self._lock:
                self._link = None
            self._slots = {}
            link.end()
            failures = 0 if was_connected else failures + 1
            if self._stopping.is_set():
                return
            _log.warning("cluster_lost", connected=was_connected, seconds=round(time.monotonic() - started, 1))
            self._stopping.wait(_PAUSES_S[min(failures, len(_PAUSES_S) - 1)])

    def _listen(self, link: "_Link") -> bool:
        """Take what the driver says until it is gone. True when it had reached the cluster."""
        is_connected = False
        while not self._stopping.is_set():
            message = link.receive(_SILENCE_S if is_connected else _CONNECT_S)
            if message is None:
                return is_connected
            if isinstance(message, Outcome):
                self._settle(message)
                continue
            self._slots = message.slots
            if not is_connected:
                is_connected = True
                _log.info("cluster_reached")
                self._resend(link)
        return is_connected

    def _resend(self, link: "_Link") -> None:
        with self._lock:
            messages = [each.message for each in self._pending.values()]
            self._link = link
        for message in messages:
            link.send(message)

    def _settle(self, outcome: Outcome) -> None:
        with self._lock:
            pending = self._pending.pop(outcome.number, None)
        if pending is None:
            return
        future = pending.future
        if outcome.kind == "cancelled":
            Future.cancel(future)
        # A future that was cancelled must be told so, or those who wait on it are not.
        if not future.set_running_or_notify_cancel():
            return
        match outcome.kind:
            case "result":
                future.set_result(outcome.value)
            case "timeout":
                limit = f"{pending.message.timeout_s:g}"
                future.set_exception(PageTimeoutError(f"Reading this page took longer than {limit} seconds."))
            case "crashed":
                future.set_exception(PageCrashedError())
            case _:
                future.set_exception(outcome.value)


class _RemoteFuture(Future[Result]):
    """Cancelling it stops the actor that runs the task."""

    def __init__(self, executor: RayExecutor, number: int) -> None:
        super().__init__()
        self._executor = executor
        self._number = number

    def cancel(self) -> bool:
        return self._executor.cancel(self._number)


@dataclass(slots=True, eq=False)
class _Link:
    """A driver process and the pipe to it."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    _sending: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, config: ClusterConfig) -> "_Link":
        from service.executors.ray_driver import serve

        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, config), name="ray-driver", daemon=True)
        process.start()
        theirs.close()
        return cls(process, ours)

    def send(self, message: Run | Cancel) -> None:
        """A driver that is gone gets nothing; what it did not answer is sent to the next one."""
        try:
            with self._sending:
                self.connection.send(message)
        except OSError:
            return

    def receive(self, timeout_s: float) -> Outcome | Slots | None:
        """None when the driver is gone or silent."""
        try:
            return self.connection.recv() if self.connection.poll(timeout_s) else None
        except (EOFError, OSError):
            return None

    def end(self) -> None:
        """Ray ends the actors of a driver that is gone."""
        self.process.kill()
        self.process.join()


__all__ = ["ClusterConfig", "LaneSize", "RayExecutor"]
