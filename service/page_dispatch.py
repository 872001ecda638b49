"""Pages on their way to the executor, and what became of each of them on its way back to the worker's loop."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial

from service.executors.base import Executor
from service.held_job import HeldJob, PageDone
from service.job_closing import JobClosing
from service.job_files import JobFiles
from service.metrics import Metrics
from service.page_batches import BatchWatch, ReadBatch
from service.page_lanes import PageLanes
from service.page_schedule import Portion
from service.tasks import PageRead


class PageDispatch:
    """``tell`` is called once for each page that was submitted, from any thread; it must not block."""

    def __init__(
        self,
        executor: Executor,
        lanes: PageLanes,
        files: JobFiles,
        closing: JobClosing,
        metrics: Metrics,
        tell: Callable[[PageDone], None],
    ) -> None:
        self._executor = executor
        self._lanes = lanes
        self._files = files
        self._closing = closing
        self._metrics = metrics
        self._tell = tell

    def submit(self, held: HeldJob, portions: Iterable[Portion]) -> None:
        """The pages are in flight from now on; those of a portion have the same future there."""
        is_urgent = held.claim.job.is_express
        for portion in portions:
            task, lane, timeout_s = self._lanes.to_task(self._files.storage_url, held, portion)
            if isinstance(task, ReadBatch):
                running = self._executor.submit(task, timeout_s=timeout_s, lane=lane, is_urgent=is_urgent)
                held.in_flight |= dict.fromkeys(portion, running)
                self._metrics.batch_pages.observe(len(portion))
                BatchWatch(task, running, self._files, partial(self._tell_page, held)).start()
            else:
                task = self._closing.with_document(task, held.claim.job)
                future = self._executor.submit(task, timeout_s=timeout_s, lane=lane, is_urgent=is_urgent)
                held.in_flight[task.number] = future
                future.add_done_callback(partial(self._tell_page, held, task.number))

    def _tell_page(self, held: HeldJob, number: int, future: Future[PageRead] | None) -> None:
        self._tell(PageDone(held, number, future))
