"""The process that talks to Ray: gives tasks to actors, watches their time, replaces those that died.

Nothing matters that it holds. One thread does everything, fed by a queue: what the parent sends, what Ray reports.
"""

import ctypes
import logging
import os
import pickle
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from typing import Any

from service.executors.base import Lane
from service.executors.ray_messages import Cancel, ClusterConfig, LaneSize, Outcome, Run, Slots

# Nothing is reported to anyone; what the tasks say stays in the cluster; a lost cluster is noticed in seconds.
_RAY_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_IGNORE_UNHANDLED_ERRORS": "1",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "15",
    "RAY_DEDUP_LOGS": "0",
}
_SIGN_OF_LIFE_S = 2.0
_RETRY_ACTOR_S = 1.0
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True, eq=False)
class _Actor:
    """``run`` is what it is doing; it is stopped at ``deadline``."""

    handle: Any
    lane: Lane
    is_ready: bool = False
    run: Run | None = None
    deadline: float = 0.0
    served: int = 0


@dataclass(slots=True)
class _LaneState:
    """``waiting``: the urgent ones first, each kind in the order in which it came."""

    size: LaneSize
    wanted: int
    actors: list[_Actor] = field(default_factory=list)
    waiting: deque[Run] = field(default_factory=deque)
    not_before: float = 0.0

    def add(self, run: Run) -> None:
        place = sum(each.is_urgent for each in self.waiting) if run.is_urgent else len(self.waiting)
        self.waiting.insert(place, run)


@dataclass(frozen=True, slots=True)
class _Reported:
    """What Ray says about an actor: ``run`` None is its readiness."""

    actor: _Actor
    run: Run | None
    future: Any


_Event = Run | Cancel | _Reported | None


def serve(connection: Connection, config: ClusterConfig) -> None:
    """The process's main function; it ends with the parent, or when the cluster is gone."""
    # The parent decides when we end, except that it must not die without us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(_RAY_ENVIRONMENT)
    import ray

    try:
        ray.init(address=config.address or "auto", log_to_driver=False, logging_level=logging.ERROR)
        _Driver(connection, config).work()
    except (ConnectionError, RuntimeError, ValueError, TimeoutError, ray.exceptions.RayError) as error:
        print(f"ray: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    # Not an orderly goodbye: Ray's takes long when the cluster is away.
    os._exit(1)


class _Driver:
    def __init__(self, connection: Connection, config: ClusterConfig) -> None:
        import ray

        from service.executors.ray_actor import TaskActor

        # Ray's own types say nothing of what it adds to a class.
        self._ray: Any = ray
        self._actor_class: Any = self._ray.remote(TaskActor)
        self._connection = connection
        self._config = config
        self._warm_up = pickle.dumps(config.warm_up) if config.warm_up is not None else None
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._lanes = {
            Lane.PAGES: _LaneState(config.pages, config.pages.actors),
            Lane.MODELS: _LaneState(config.models, config.models.actors),
        }
        self._life_due = 0.0
        self._told: dict[Lane, int] = {}

    def work(self) -> None:
        """Returns when the parent is gone; raises what Ray raises when the cluster is."""
        threading.Thread(target=self._read, daemon=True).start()
        while True:
            self._grow()
            self._tell_slots()
            try:
                event = self._events.get(timeout=self._wait_s())
            except Empty:
                self._stop_overdue()
                continue
            if event is None:
                return
            self._take(event)
            self._stop_overdue()

    def _read(self) -> None:
        try:
            while True:
                self._events.put(self._connection.recv())
        except (EOFError, OSError):
            self._events.put(None)

    def _take(self, event: Run | Cancel | _Reported) -> None:
        if isinstance(event, Run):
            self._lanes[event.lane].add(event)
            self._dispatch(self._lanes[event.lane])
        elif isinstance(event, Cancel):
            self._cancel(event.number)
        elif event.run is None:
            self._take_readiness(event)
        else:
            self._take_result(event.actor, event.run, event.future)

    # --- actors -------------------------------------------------------------------------------------------------

    def _grow(self) -> None:
        now = time.monotonic()
        for name, lane in self._lanes.items():
            # Models start with their first task: most installations never ask for one.
            is_wanted = name is Lane.PAGES or lane.waiting or lane.actors
            while is_wanted and len(lane.actors) < lane.wanted and now >= lane.not_before:
                self._add_actor(name, lane)

    def _add_actor(self, name: Lane, lane: _LaneState) -> None:
        has_limit = name is Lane.PAGES
        handle: Any = self._actor_class.options(
            num_cpus=lane.size.cpus, num_gpus=lane.size.gpus, max_restarts=0, scheduling_strategy="SPREAD"
        ).remote(self._config.memory_mb if has_limit else 0, self._warm_up if has_limit else None)
        actor = _Actor(handle, name)
        lane.actors.append(actor)
        self._follow(actor, None, handle.is_ready.remote())

    def _follow(self, actor: _Actor, run: Run | None, reference: Any) -> None:
        reference.future().add_done_callback(lambda future: self._events.put(_Reported(actor, run, future)))

    def _take_readiness(self, event: _Reported) -> None:
        lane = self._lanes[event.actor.lane]
        if event.actor not in lane.actors:
            return
        if event.future.exception() is not None:
            lane.actors.remove(event.actor)
            lane.not_before = time.monotonic() + _RETRY_ACTOR_S
            return
        event.actor.is_ready = True
        self._dispatch(lane)

    def _remove(self, actor: _Actor) -> None:
        lane = self._lanes[actor.lane]
        if actor in lane.actors:
            lane.actors.remove(actor)
            self._ray.kill(actor.handle, no_restart=True)

    # --- tasks --------------------------------------------------------------------------------------------------

    def _dispatch(self, lane: _LaneState) -> None:
        for actor in lane.actors:
            if not lane.waiting:
                return
            if actor.is_ready and actor.run is None:
                actor.run = lane.waiting.popleft()
                actor.deadline = time.monotonic() + actor.run.timeout_s
                self._follow(actor, actor.run, actor.handle.run.remote(actor.run.task))

    def _take_result(self, actor: _Actor, run: Run, future: Any) -> None:
        if actor.run is not run:
            return
        actor.run = None
        actor.served += 1
        error = future.exception()
        if error is None:
            outcome = Outcome(run.number, "result", future.result())
        elif isinstance(error, self._ray.exceptions.RayTaskError):
            outcome = Outcome(run.number, "error", getattr(error, "cause", error))
        else:
            # The process or its machine died, or can't be reached.
            outcome = Outcome(run.number, "crashed")
            self._remove(actor)
        if actor.lane is Lane.PAGES and actor.served >= self._config.tasks_per_actor:
            self._remove(actor)
        # The next page first: an actor costs more than whoever waits to hear of this one.
        self._dispatch(self._lanes[actor.lane])
        self._answer(outcome)

    def _cancel(self, number: int) -> None:
        for lane in self._lanes.values():
            for run in [each for each in lane.waiting if each.number == number]:
                lane.waiting.remove(run)
            for actor in [each for each in lane.actors if each.run is not None and each.run.number == number]:
                actor.run = None
                self._remove(actor)
        self._answer(Outcome(number, "cancelled"))

    def _stop_overdue(self) -> None:
        now = time.monotonic()
        for actor in [each for lane in self._lanes.values() for each in lane.actors]:
            if actor.run is not None and actor.deadline <= now:
                run, actor.run = actor.run, None
                self._remove(actor)
                self._answer(Outcome(run.number, "timeout"))

    def _wait_s(self) -> float:
        actors = [actor for lane in self._lanes.values() for actor in lane.actors]
        due = [actor.deadline for actor in actors if actor.run is not None]
        due += [lane.not_before for lane in self._lanes.values() if len(lane.actors) < lane.wanted]
        now = time.monotonic()
        return max(0.01, min([*(each for each in due if each > now), self._life_due], default=now) - now)

    # --- the parent ---------------------------------------------------------------------------------------------

    def _answer(self, outcome: Outcome) -> None:
        self._connection.send(outcome)

    def _tell_slots(self) -> None:
        """At once when they change, and every few seconds; also looks how large the cluster is."""
        now = time.monotonic()
        slots = {name: sum(actor.is_ready for actor in lane.actors) for name, lane in self._lanes.items()}
        # Models are started by their first task, which must be sent for that.
        slots[Lane.MODELS] = max(slots[Lane.MODELS], self._lanes[Lane.MODELS].wanted)
        if now >= self._life_due:
            self._life_due = now + _SIGN_OF_LIFE_S
            cpus = int(self._ray.cluster_resources().get("CPU", 0))
            if not self._config.pages.actors:
                self._lanes[Lane.PAGES].wanted = cpus
        elif slots == self._told:
            return
        self._told = slots
        self._connection.send(Slots(slots))
