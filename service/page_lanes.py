"""Which of the executor's lanes a page goes through, and whose page is next in each.

Pages that a vision-language model reads wait for a server or for the one model of this machine; they neither take the
places of pages that the embedded engines read nor wait for them. A page on which the model failed is tried again by
the embedded engines. A model that can read pages side by side gets several of a job at once, except pages that were
begun before or whose batch died: each of those is read alone, so that only the one which is to blame is blamed.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from errors import StorageUnavailableError
from pipeline.vlm.fallback import ModelUse, explain_fallback
from service.executors.base import Executor, Lane
from service.held_job import HeldJob
from service.job_claims import FailedPageOutcome
from service.page_batches import ReadBatch
from service.page_schedule import PageSchedule, Portion, ScheduledJob
from service.tasks import ReadPage

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

# What a model may need before its first page: loading, and downloading where that is allowed. The page's own time is
# kept by the engine; this only ends a process that hangs.
_LOADING_S = 900.0

# A storage that is away is waited for inside each try; one that refuses a machine says so at once, again and again.
_LONGEST_REST_S = 30.0


@dataclass(frozen=True, slots=True)
class _Resting:
    until: float
    held: HeldJob
    number: int


class PageLanes:
    """``falls_back`` False: a page on which the model fails is never given to the embedded engines."""

    def __init__(
        self,
        executor: Executor,
        reader: "ReaderConfig",
        *,
        page_timeout_s: float,
        short_pages: int,
        falls_back: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._executor = executor
        self._reader = reader
        self._page_timeout_s = page_timeout_s
        self._short_pages = short_pages
        self._falls_back = falls_back
        self._clock = clock
        self._schedules = {lane: PageSchedule() for lane in (Lane.PAGES, Lane.MODELS)}
        self._resting: list[_Resting] = []

    @property
    def waiting_count(self) -> int:
        return sum(schedule.waiting_count for schedule in self._schedules.values())

    def add(self, held: HeldJob) -> None:
        """The job's pages wait from now on."""
        job = held.claim.job
        for schedule in self._schedules.values():
            is_short = job.page_count <= self._short_pages
            schedule.add(ScheduledJob(job.id, job.weight, job.queue_rank, is_short))
        self.put_back(held, held.failures)

    def put_back(self, held: HeldJob, numbers: Iterable[int]) -> None:
        """Pages to hand out again, after the job's other pages."""
        together: list[int] = []
        for number in numbers:
            if self._may_join(held, number):
                together.append(number)
            else:
                self._schedules[self._lane_of(held, number)].put_back(held.id, (number,))
        size = self._batch_size(held, len(together))
        for first in range(0, len(together), size):
            self._schedules[Lane.MODELS].put_back(held.id, tuple(together[first : first + size]))

    def retry(self, held: HeldJob, failure: FailedPageOutcome) -> None:
        """Hand a page out again that failed: after 1, 2, 4 … 30 s where the storage was the reason, else at once."""
        if failure.code == StorageUnavailableError.code:
            rest_s = min(_LONGEST_REST_S, 2.0 ** min(held.failures[failure.number] - 1, 10))
            self._resting.append(_Resting(self._clock() + rest_s, held, failure.number))
        else:
            self.put_back(held, [failure.number])

    @property
    def rest_ends(self) -> list[float]:
        """When the pages that rest may be handed out again, by the clock."""
        return [each.until for each in self._resting]

    def remove(self, job_id: str) -> None:
        self._resting = [each for each in self._resting if each.held.id != job_id]
        for schedule in self._schedules.values():
            schedule.remove(job_id)

    def count_free(self, jobs: Iterable[HeldJob], *, ahead: int) -> dict[Lane, int]:
        """How many more portions each lane takes; ``ahead`` pages wait for each place of the embedded engines."""
        in_flight: dict[Lane, set[Future[Any]]] = {lane: set() for lane in self._schedules}
        for held in jobs:
            for number, future in held.in_flight.items():
                in_flight[self._lane_of(held, number)].add(future)
        free = {Lane.PAGES: self._executor.slots(Lane.PAGES) * (1 + ahead) - len(in_flight[Lane.PAGES])}
        if self._has_models:
            free[Lane.MODELS] = self._executor.slots(Lane.MODELS) - len(in_flight[Lane.MODELS])
        return {lane: max(0, count) for lane, count in free.items()}

    def take(self, free: Mapping[Lane, int]) -> list[tuple[str, Portion]]:
        """The next portions with the ids of their jobs."""
        now = self._clock()
        for each in [each for each in self._resting if each.until <= now]:
            self._resting.remove(each)
            self.put_back(each.held, [each.number])
        return [taken for lane, count in free.items() for taken in self._schedules[lane].take(count)]

    def to_task(self, storage_url: str, held: HeldJob, portion: Portion) -> tuple[ReadPage | ReadBatch, Lane, float]:
        """The task for a portion, its lane and its time-out in seconds."""
        number, options = portion[0], held.claim.job.options
        lane = self._lane_of(held, number)
        model = self._reader.model_for(options.tier)
        if lane is Lane.MODELS and model is not None:
            timeout_s = _LOADING_S + len(portion) * (self._page_timeout_s + model.page_budget_s)
            if len(portion) > 1:
                batch = ReadBatch(storage_url, held.id, portion, options, self._reader, held.claim.token)
                return batch, lane, timeout_s
            return ReadPage(storage_url, held.id, number, options, self._reader, ModelUse.ALONE), lane, timeout_s
        notice = "" if model is None else explain_fallback(number, held.reasons.get(number, ""))
        task = ReadPage(storage_url, held.id, number, options, self._reader, ModelUse.NEVER, notice)
        return task, lane, self._page_timeout_s

    def max_attempts(self, held: HeldJob, attempts: int) -> int:
        """A try by a model that is followed by one without it doesn't count."""
        model = self._reader.model_for(held.claim.job.options.tier)
        return attempts + 1 if model is not None and self._falls_back else attempts

    @property
    def _has_models(self) -> bool:
        from pipeline.options import Tier

        return any(self._reader.model_for(tier) is not None for tier in Tier)

    def _lane_of(self, held: HeldJob, number: int) -> Lane:
        if self._reader.model_for(held.claim.job.options.tier) is None:
            return Lane.PAGES
        is_given_up = self._falls_back and held.failures.get(number, 0) > 0
        return Lane.PAGES if is_given_up else Lane.MODELS

    def _may_join(self, held: HeldJob, number: int) -> bool:
        is_fresh = number not in held.begun and not held.failures.get(number)
        return is_fresh and self._most_at_once(held) > 1

    def _batch_size(self, held: HeldJob, page_count: int) -> int:
        """As many as may be read side by side, and no more than leave something for each model."""
        models = max(1, self._executor.slots(Lane.MODELS))
        return max(1, min(self._most_at_once(held), ceil(page_count / models)))

    def _most_at_once(self, held: HeldJob) -> int:
        model = self._reader.model_for(held.claim.job.options.tier)
        return model.batch_pages if model is not None and model.kind.batches else 1
