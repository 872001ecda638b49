"""How quick pages are here of late, and so how many are handed out before a process is free."""

QUICK_PAGE_S = 0.1
"""Pages quicker than this are handed out ahead, so that no process waits for our bookkeeping: as many a process as
take this long together, and so many are written down by one transaction."""

MAX_PAGES_AHEAD = 4
"""A process; more would make a short job wait for them and lose more to a crash."""

_MEMORY = 0.8


class PagePace:
    def __init__(self) -> None:
        self._page_s = 2 * QUICK_PAGE_S

    def add(self, seconds: float) -> None:
        """A page took so long."""
        self._page_s = _MEMORY * self._page_s + (1 - _MEMORY) * seconds

    @property
    def pages_ahead(self) -> int:
        """For each process."""
        return min(MAX_PAGES_AHEAD, int(QUICK_PAGE_S / max(self._page_s, 0.001)))
