"""Tells waiting requests of this process that something happened to a job."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_Listener = tuple[asyncio.AbstractEventLoop, asyncio.Event, bool]


class JobSignals:
    """``notify`` may be called from any thread; ``listen`` belongs to the event loop it is called in."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[_Listener]] = {}
        self._lock = Lock()

    def notify(self, job_id: str, *, has_ended: bool = False) -> None:
        with self._lock:
            for loop, event, only_end in self._listeners.get(job_id, ()):
                if (has_ended or not only_end) and not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listen(self, job_id: str, *, only_end: bool = False) -> Iterator[asyncio.Event]:
        """An event that is set at each notification, or when the job has ended; the listener clears it."""
        listener = (asyncio.get_running_loop(), asyncio.Event(), only_end)
        with self._lock:
            self._listeners.setdefault(job_id, set()).add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._listeners[job_id].discard(listener)
                if not self._listeners[job_id]:
                    del self._listeners[job_id]
