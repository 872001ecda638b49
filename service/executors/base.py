"""What an executor is: something that runs tasks elsewhere, where they may crash, hang or eat memory."""

from concurrent.futures import Future
from enum import StrEnum
from typing import Protocol, TypeVar

from service.task_context import TaskContext

Result_co = TypeVar("Result_co", covariant=True)
Result = TypeVar("Result")


class Task(Protocol[Result_co]):
    """A piece of work: a small, frozen, picklable dataclass that names its files by storage URL and key.

    It knows no local paths and no open resources, so it runs in another process or on another machine alike. Its result
    is small too; anything large is written to the storage.
    """

    def run(self, context: TaskContext) -> Result_co: ...


class Lane(StrEnum):
    """Reading pages takes seconds and fills all cores; the short tasks for somebody who waits don't queue behind it.

    ``MODELS`` is for what language models do: waiting for a server, many at once, or holding a large model in memory,
    once on this machine.
    """

    PAGES = "pages"
    FILES = "files"
    MODELS = "models"


class Executor(Protocol):
    pages_ahead: int = 0
    """How many pages for each place may be handed out before it is free, however slow they are."""

    @property
    def page_slots(self) -> int:
        """How many pages run at once."""
        ...

    def slots(self, lane: Lane) -> int:
        """How many tasks of a lane run at once."""
        return self.page_slots if lane is Lane.PAGES else 1

    def start(self) -> None:
        """Prepare the processes, so that the first task need not wait; returns at once."""
        ...

    def submit(self, task: Task[Result], *, timeout_s: float, lane: Lane, is_urgent: bool = False) -> Future[Result]:
        """Run a task; where tasks may wait, an urgent one goes past those that are not.

        The future ends with its result or with

        * the error that the task raised,
        * :class:`errors.PageTimeoutError` when it ran longer than ``timeout_s`` (waiting not counted),
        * :class:`errors.PageCrashedError` when its process died,
        * CancelledError after ``cancel()``, which stops a running task too.
        """
        ...

    def stop(self) -> None:
        """Stop what runs, and all processes. What is submitted later is cancelled at once."""
        ...
