"""A lock that is handed on in the order in which it was asked for."""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """``with turns:`` waits for everybody who came before, and for nobody who came later.

    ``threading.Lock`` lets whoever releases it take it again at once: one thread that works through a long list would
    keep all others waiting.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_taken = False
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._guard:
            return len(self._waiting)

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Event()
            self._waiting.append(mine)
        mine.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_taken = False
