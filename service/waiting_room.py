"""Threads of its own for what may take long, so that everything else keeps finding one."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from typing import Any, TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread

from errors import ChatUnavailableError

THREADS = 16
WAITING = 64
_RETRY_S = 5
_END = object()

T = TypeVar("T")


class WaitingRoom:
    """Questions wait for a model, for seconds or minutes: :data:`THREADS` at once, and :data:`WAITING` more in line."""

    def __init__(self, *, threads: int = THREADS, waiting: int = WAITING) -> None:
        self._limiter = CapacityLimiter(threads)
        self._waiting = waiting

    async def run(self, function: Callable[[], T]) -> T:
        """The function's result, out of a thread. Raises ChatUnavailableError when too many wait already."""
        if self._limiter.statistics().tasks_waiting >= self._waiting:
            raise ChatUnavailableError(
                "Too many questions are waiting.", remedy="Try again in a moment.", details={"retry_after_s": _RETRY_S}
            )
        return await to_thread.run_sync(function, limiter=self._limiter)

    async def iterate(self, iterator: Iterator[T]) -> AsyncIterator[T]:
        """Each piece out of a thread; in between there is none. Whoever was let in is not turned away any more."""
        while True:
            piece = await to_thread.run_sync(next, iterator, _END, limiter=self._limiter)
            if piece is _END:
                return
            yield piece  # type: ignore[misc]

    async def close(self, generator: Generator[Any, Any, Any]) -> None:
        """Let a generator undo what it has begun, also where whoever listened has gone and nothing else is waited for.

        In any thread: it waits for no model, and its turn must come while others wait for theirs.
        """
        with CancelScope(shield=True):
            await to_thread.run_sync(generator.close)
