"""What a process of ours and its Ray driver say to each other."""

from dataclasses import dataclass
from typing import Any, Literal

from service.executors.base import Lane, Task


@dataclass(frozen=True, slots=True)
class LaneSize:
    """How many actors a lane has and what Ray sets aside for each. ``actors`` 0: one for every CPU of the cluster."""

    actors: int
    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class ClusterConfig:
    """``address`` is what ``ray start`` printed (empty: the cluster that runs on this machine).

    ``memory_mb`` an actor of lane ``PAGES`` may use (0: no limit); it is replaced after ``tasks_per_actor`` tasks.
    ``warm_up`` runs once in every such actor before its first task.
    """

    address: str
    pages: LaneSize
    models: LaneSize
    memory_mb: int = 0
    tasks_per_actor: int = 200
    warm_up: Task[Any] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """``task`` is pickled: only the actor that runs it needs to understand it.

    An urgent one goes past those that wait and are not.
    """

    number: int
    task: bytes
    timeout_s: float
    lane: Lane
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    number: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """``value`` is the result, or the error that the task raised."""

    number: int
    kind: Literal["result", "error", "timeout", "crashed", "cancelled"]
    value: Any = None


@dataclass(frozen=True, slots=True)
class Slots:
    """How many actors of each lane are ready; said every few seconds, too, as a sign of life."""

    slots: dict[Lane, int]
