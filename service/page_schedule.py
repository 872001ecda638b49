"""Whose page is next, among the jobs that one worker holds.

Stride scheduling (Waldspurger & Weihl, 1995): every job has a *turn*, the job with the lowest turn is next, and having
been served moves its turn on by the inverse of its weight. A short job starts ahead of everybody, so that the one
person who waits for one page never waits for a book; the clock moves with every page, so that any number of short jobs
can't hold up a long one for ever.
"""

from collections import deque
from dataclasses import dataclass, field

Portion = tuple[int, ...]
"""Numbers of pages of one job that are handed out together: one, or those of a batch."""

_HEAD_START = 1.0
_CLOCK_STEP = 0.25


@dataclass(slots=True)
class ScheduledJob:
    """``weight`` is the job's share of pages relative to the others; ``waiting`` what to hand out, in order."""

    id: str
    weight: int
    queue_rank: float
    is_short: bool
    waiting: deque[Portion] = field(default_factory=deque)
    turn: float = 0.0


class PageSchedule:
    def __init__(self) -> None:
        self._jobs: dict[str, ScheduledJob] = {}
        self._clock = 0.0

    @property
    def waiting_count(self) -> int:
        """How many portions."""
        return sum(len(job.waiting) for job in self._jobs.values())

    def add(self, job: ScheduledJob) -> None:
        job.turn = self._clock - (_HEAD_START if job.is_short else 0.0)
        self._jobs[job.id] = job

    def remove(self, job_id: str) -> None:
        self._jobs.pop(job_id, None)

    def put_back(self, job_id: str, portion: Portion) -> None:
        """Pages to hand out again, after the job's other pages."""
        if job_id in self._jobs:
            self._jobs[job_id].waiting.append(portion)

    def take(self, count: int) -> list[tuple[str, Portion]]:
        """The next ``count`` portions (fewer when there are no more) with the ids of their jobs."""
        taken: list[tuple[str, Portion]] = []
        while len(taken) < count:
            ready = [job for job in self._jobs.values() if job.waiting]
            if not ready:
                break
            job = min(ready, key=lambda each: (each.turn, each.queue_rank, each.id))
            portion = job.waiting.popleft()
            taken.append((job.id, portion))
            self._clock = max(self._clock + _CLOCK_STEP * len(portion), job.turn)
            job.turn += len(portion) / job.weight
        return taken
