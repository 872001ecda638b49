"""What a model has written of a page so far, kept where a door can show it.

A draft is a hint and no result: nothing waits for it, nothing is made from it, and once the page's row says how the
page ended nobody looks at it any more. It lies beside the page's JSON: whatever removes the one removes the other.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from errors import StorageUnavailableError

INTERVAL_S = 1.0
"""No page's draft is written more often."""


class DraftFiles(Protocol):
    def write(self, key: str, data: bytes) -> None: ...

    def delete(self, key: str) -> None: ...


class DraftSink:
    """Writes the draft of one page. ``clock`` gives seconds.

    A storage that can't be reached costs the page its drafts and nothing else.
    """

    def __init__(self, files: DraftFiles, key: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._files = files
        self._key = key
        self._clock = clock
        self._due = -math.inf
        self._written = ""

    def show(self, make_text: Callable[[], str]) -> None:
        """May be called at any rate; ``make_text`` only is when a draft is due."""
        if self._clock() < self._due:
            return
        text = make_text()
        try:
            if text and text != self._written:
                self._files.write(self._key, text.encode(errors="replace"))
                self._written = text
            self._due = self._clock() + INTERVAL_S
        except StorageUnavailableError:
            self._due = math.inf

    def remove(self) -> None:
        """Also what an earlier try of the page may have left when it was killed."""
        with suppress(StorageUnavailableError):
            self._files.delete(self._key)


@contextmanager
def keeping_draft(files: DraftFiles, key: str) -> Iterator[Callable[[Callable[[], str]], None]]:
    """What is to be told of the text so far; the draft is gone when the block ends, however it does."""
    sink = DraftSink(files, key)
    try:
        yield sink.show
    finally:
        sink.remove()
