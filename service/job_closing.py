"""The end of a job: its document, its final state together with its price, and what is cleaned up after it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import sqlalchemy as sa
import structlog

from database.connect import reading, transaction, utc_now
from quota.ledger import Ledger
from quota.prices import Prices
from service.completion import Completion, Completions, CompletionSettings
from service.executors.base import Executor, Lane
from service.job_claims import Claim, JobClaims, JobEnding, PageOutcome
from service.job_endings import PageSummary, RetentionTimes, summarise_pages, to_ending, to_failure
from service.job_files import JobFiles, job_prefix, upload_key
from service.job_record import JobRecord, JobState
from service.job_store import JobStore
from service.metrics import Metrics
from service.tasks import FinishDocument, ReadPage

_FINISH_TIMEOUT_S = 60.0
_FINISH_S_PER_PAGE = 0.5

_log = structlog.get_logger("worker")


class JobClosing:
    def __init__(
        self,
        *,
        engine: sa.Engine,
        store: JobStore,
        files: JobFiles,
        executor: Executor,
        ledger: Ledger,
        prices: Prices,
        times: RetentionTimes,
        keep_page_source: bool,
        metrics: Metrics,
        completion: CompletionSettings | None = None,
    ) -> None:
        self._engine = engine
        self._store = store
        self._files = files
        self._executor = executor
        self._ledger = ledger
        self._prices = prices
        self._times = times
        self._keep_page_source = keep_page_source
        self._metrics = metrics
        self._completions = Completions(executor, files.storage_url, completion or CompletionSettings())
        self._cleaners = ThreadPoolExecutor(1, thread_name_prefix="cleaner")
        self._done_hooks: list[Callable[[JobRecord], None]] = []

    def add_done_hook(self, hook: Callable[[JobRecord], None]) -> None:
        """``hook`` is called with each job that ends well; it must return at once and not raise."""
        self._done_hooks.append(hook)

    def summarise(self, connection: sa.Connection, record: JobRecord) -> PageSummary:
        return summarise_pages(record, self._store.list_pages(connection, record.id))

    def with_document(self, task: ReadPage, record: JobRecord) -> ReadPage:
        """The task that makes the document of its page too, where that is all there is to do for the job."""
        options = record.options
        if record.page_count > 1 or options.translate_to is not None or options.schema is not None:
            return task
        known = PageSummary(read_numbers=(task.number,), tiers=(), errors=(), notices=record.notices)
        return replace(task, finish=self._to_task(record, known))

    def submit_document(self, record: JobRecord, summary: PageSummary) -> Future[Completion]:
        """Put the pages together, then translate and extract what was asked for."""
        task = self._to_task(record, summary)
        timeout_s = _FINISH_TIMEOUT_S + _FINISH_S_PER_PAGE * record.page_count
        assembled = self._executor.submit(task, timeout_s=timeout_s, lane=Lane.FILES)
        return self._completions.follow(assembled, record, len(summary.read_numbers))

    def end(
        self,
        claims: JobClaims,
        claim: Claim,
        failure: str | None,
        completion: Completion | None = None,
        outcomes: Sequence[PageOutcome] = (),
    ) -> bool:
        """State and price change in one transaction. False, and nothing changed, when the claim is no longer valid.

        ``outcomes`` are of pages that are not yet written down.
        """
        record, now = claim.job, utc_now()
        with transaction(self._engine) as connection:
            if not claims.renew(connection, claim, now=now):
                return False
            claims.record_pages(connection, claim, outcomes)
            summary = self.summarise(connection, record)
            if completion is not None:
                summary = completion.added_to(summary, record.options)
            if failure is None:
                ending = to_ending(record, summary, now=now, times=self._times)
            else:
                ending = to_failure(record, failure, now=now, times=self._times)
            claims.end(connection, claim, ending)
            self._settle(connection, record, ending, summary)
        self._report(record, ending)
        self._clean_later(record.id, ending.state)
        if ending.state is JobState.DONE:
            for hook in self._done_hooks:
                hook(record)
        return True

    def sweep_later(self, job_id: str) -> None:
        """Remove what was written for a job that ended, was cancelled or deleted while a page of it was being read."""
        self._cleaners.submit(self._sweep, job_id)

    def stop(self) -> None:
        self._cleaners.shutdown(wait=True)

    def _to_task(self, record: JobRecord, summary: PageSummary) -> FinishDocument:
        return FinishDocument(
            storage_url=self._files.storage_url,
            job_id=record.id,
            source_name=record.source_name,
            page_count=record.page_count,
            page_numbers=summary.read_numbers,
            created_at=record.created_at,
            notices=summary.notices,
            page_errors=summary.errors,
            keep_source=self._keep_page_source and record.retain,
        )

    def _settle(self, connection: sa.Connection, record: JobRecord, ending: JobEnding, summary: PageSummary) -> None:
        if ending.state is not JobState.DONE:
            self._ledger.refund(connection, record.id)
            return
        self._ledger.settle(
            connection, record.id, self._prices.of_read_pages(summary.tiers), pages=len(summary.read_numbers)
        )

    def _report(self, record: JobRecord, ending: JobEnding) -> None:
        seconds = (ending.finished_at - record.created_at).total_seconds()
        self._metrics.jobs_ended.labels(ending.state).inc()
        self._metrics.job_seconds.observe(seconds)
        _log.info("job_ended", job_id=record.id, state=ending.state, seconds=round(seconds, 3), code=ending.error_code)

    def _clean_later(self, job_id: str, state: JobState) -> None:
        if state is JobState.DONE:
            self._cleaners.submit(self._remove_inputs, job_id)
        else:
            self._cleaners.submit(self._files.delete_job, job_id)

    def _remove_inputs(self, job_id: str) -> None:
        """The document has the pages now; an upload that is kept has been renamed to the source."""
        self._files.delete(upload_key(job_id))
        self._files.delete_below(f"{job_prefix(job_id)}/pages")

    def _sweep(self, job_id: str) -> None:
        with reading(self._engine) as connection:
            state = self._store.find_states(connection, [job_id]).get(job_id)
        if state in (None, JobState.CANCELLED, JobState.FAILED):
            self._files.delete_job(job_id)
        elif state is JobState.DONE:
            self._remove_inputs(job_id)
