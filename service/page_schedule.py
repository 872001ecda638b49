"""Whose page is next, among the jobs that one worker holds.

Stride scheduling (Waldspurger & Weihl, 1995): every job has a *turn*, the job with the lowest turn is next, and having
been served moves its turn on by the inverse of its weight. A short job starts ahead of everybody, so that the one
person who waits for one page never waits for a book; the clock moves with every page, so that any number of short jobs
can't hold up a long one for ever.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

_HEAD_START = 1.0
_CLOCK_STEP = 0.25


@dataclass(slots=True)
class ScheduledJob:
    """``weight`` is the job's share of pages relative to the others; ``waiting`` the pages to hand out, in order."""

    id: str
    weight: int
    queue_rank: float
    is_short: bool
    waiting: deque[int] = field(default_factory=deque)
    turn: float = 0.0


class PageSchedule:
    def __init__(self) -> None:
        self._jobs: dict[str, ScheduledJob] = {}
        self._clock = 0.0

    @property
    def waiting_count(self) -> int:
        return sum(len(job.waiting) for job in self._jobs.values())

    def add(self, job: ScheduledJob) -> None:
        job.turn = self._clock - (_HEAD_START if job.is_short else 0.0)
        self._jobs[job.id] = job

    def remove(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)

    def put_back(self, job_id: str, numbers: Iterable[int]) -> None:
        """Pages to hand out again, after the job's other pages."""
        if job_id in self._jobs:
            self._jobs[job_id].waiting.extend(numbers)

    def take(self, count: int) -> list[tuple[str, int]]:
        """The next ``count`` pages (fewer when there are no more) as (job id, page number)."""
        taken: list[tuple[str, int]] = []
        while len(taken) < count:
            ready = [job for job in self._jobs.values() if job.waiting]
            if not ready:
                break
            job = min(ready, key=lambda each: (each.turn, each.queue_rank, each.id))
            taken.append((job.id, job.waiting.popleft()))
            self._clock = max(self._clock + _CLOCK_STEP, job.turn)
            job.turn += 1.0 / job.weight
        return taken
