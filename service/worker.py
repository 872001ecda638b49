"""The loop that works on jobs: claims them, hands their pages to the executor, writes down what came back.

One thread does it all. It holds a few jobs at a time, and everything it knows of them is in the database too, so it may
die at any moment: its leases run out and other workers go on from the pages that are not yet read.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from database.connect import reading, transaction, utc_now
from service.claim_limits import POLL_S, ClaimLimit, find_claim_limit
from service.completion import Completion
from service.executors.base import Executor, Lane
from service.handing_back import hand_back
from service.held_job import DocumentDone, HeldJob, PageDone
from service.job_claims import Claim, FailedPageOutcome, JobClaims, PageOutcome
from service.job_closing import JobClosing
from service.job_files import JobFiles
from service.job_signals import JobSignals
from service.metrics import Metrics
from service.page_dispatch import PageDispatch
from service.page_lanes import PageLanes
from service.page_pace import PagePace
from service.page_schedule import Portion

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

_DATABASE_PAUSE_S = 1.0
_STUCK_AFTER_S = 120.0

_log = structlog.get_logger("worker")


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """``short_pages``: jobs of up to so many pages go ahead of others. ``models_fall_back`` False: a page that the
    vision-language model can't read is not read by others.
    """

    worker_id: str
    reader: "ReaderConfig"
    page_timeout_s: float
    page_attempts: int
    lease_s: float
    short_pages: int
    models_fall_back: bool = True


_Picked = dict[str, list[Portion]]  # what to begin, by job


class Worker:
    def __init__(
        self,
        config: WorkerConfig,
        *,
        engine: sa.Engine,
        files: JobFiles,
        executor: Executor,
        closing: JobClosing,
        signals: JobSignals,
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._engine = engine
        self._executor = executor
        self._closing = closing
        self._signals = signals
        self._metrics = metrics
        self._claims = JobClaims(config.worker_id, config.lease_s)
        self._lanes = PageLanes(
            executor,
            config.reader,
            page_timeout_s=config.page_timeout_s,
            short_pages=config.short_pages,
            falls_back=config.models_fall_back,
        )
        self._held: dict[str, HeldJob] = {}
        self._leaving: set[HeldJob] = set()
        self._events: SimpleQueue[PageDone | DocumentDone | None] = SimpleQueue()
        self._dispatch = PageDispatch(executor, self._lanes, files, closing, metrics, self._events.put)
        self._pace = PagePace()
        self._thread = Thread(target=self._run, name="worker", daemon=True)
        self._stop_at: float | None = None
        self._last_step = time.monotonic()
        self._claim_due = 0.0
        self._renew_due = 0.0

    def start(self) -> None:
        self._last_step = time.monotonic()
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue, and whether held jobs were cancelled, right now. From any thread."""
        self._claim_due = self._renew_due = 0.0
        self._events.put(None)

    def stop(self, grace_s: float) -> None:
        """Take no more pages; those being read may finish within ``grace_s``, the others are handed back."""
        self._stop_at = time.monotonic() + grace_s
        self._events.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def is_alive(self) -> bool:
        """False when the loop has died or hangs."""
        return self._thread.is_alive() and time.monotonic() - self._last_step < _STUCK_AFTER_S

    # --- the loop -------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_drained():
            self._last_step = time.monotonic()
            try:
                self._step()
            except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
                # The database restarts or is locked for long: what is not written down is tried again.
                _log.warning("database_unavailable", error=type(error).__name__)
                time.sleep(_DATABASE_PAUSE_S)
        hand_back(self._engine, self._claims, self._held.values())

    def _step(self) -> None:
        self._collect(self._wait_s())
        for held in [each for each in self._held.values() if each.has_document]:
            self._end(held, None)
        picked = self._claim(self._find_claim_limit()) if self._stop_at is None else {}
        with self._put_back_on_error(picked):
            self._write(picked)
        for job_id, portions in picked.items():
            if job_id in self._held:
                self._dispatch.submit(self._held[job_id], portions)
        for held in [each for each in self._held.values() if each.is_read and each.finishing is None]:
            self._finish(held)

    def _is_drained(self) -> bool:
        if self._stop_at is None:
            return False
        busy = (each for each in self._held.values() if each.in_flight or each.outcomes or each.finishing)
        return not (self._leaving or any(busy)) or time.monotonic() >= self._stop_at

    def _wait_s(self) -> float:
        now = time.monotonic()
        due = [self._renew_due] if self._held else []
        if self._stop_at is not None:
            due.append(self._stop_at)
        else:
            due += self._lanes.rest_ends
            if any(self._count_free().values()) or not self._held:
                due.append(self._claim_due)
        return max(0.0, min(due, default=now + POLL_S) - now)

    def _count_free(self) -> dict[Lane, int]:
        """How many more portions may be handed out."""
        ahead = max(self._pace.pages_ahead, self._executor.pages_ahead)
        return self._lanes.count_free(self._held.values(), ahead=ahead)

    def _count_idle(self) -> int:
        """How many portions more would be begun at once, or nearly so."""
        return sum(self._lanes.count_free(self._held.values(), ahead=self._pace.pages_ahead).values())

    def _collect(self, wait_s: float) -> None:
        """Take what has happened: wait for the first event, then all that are there."""
        try:
            event = self._events.get(timeout=wait_s) if wait_s > 0 else self._events.get_nowait()
            while True:
                self._take(event)
                event = self._events.get_nowait()
        except Empty:
            return

    def _take(self, event: PageDone | DocumentDone | None) -> None:
        if isinstance(event, PageDone):
            outcome = self._take_page(event)
            if self._held.get(event.held.id) is not event.held:
                self._leave(event.held)
            elif event.future is None:
                _log.warning("batch_lost", job_id=event.held.id, page=event.number)
                self._lanes.put_back(event.held, [event.number])
            elif isinstance(outcome, FailedPageOutcome):
                self._note_failure(event.held, outcome)
            elif outcome is not None:
                result = event.future.result()
                self._metrics.pages_read.labels(result.engine).inc()
                self._metrics.page_seconds.labels(result.engine).observe(result.seconds)
                self._pace.add(result.seconds)
        elif isinstance(event, DocumentDone):
            self._take_document(event)

    def _take_page(self, event: PageDone) -> PageOutcome | None:
        if event.future is None:
            event.held.take_lost(event.number)
            return None
        attempts = self._lanes.max_attempts(event.held, self._config.page_attempts)
        return event.held.take_result(event.number, event.future, attempts)

    def _note_failure(self, held: HeldJob, outcome: FailedPageOutcome) -> None:
        self._metrics.page_failures.labels(outcome.code).inc()
        said = {"code": outcome.code, "reason": outcome.message}
        _log.warning("page_failed", job_id=held.id, page=outcome.number, **said)
        if not outcome.is_final:
            self._lanes.retry(held, outcome)

    # --- claims ---------------------------------------------------------------------------------------------

    def _find_claim_limit(self) -> ClaimLimit | None:
        """None when it is not the time to look at the queue, or there is no room for more."""
        now, free = time.monotonic(), sum(self._count_free().values())
        if free <= 0 or now < self._claim_due:
            return None
        self._claim_due = now + POLL_S
        return find_claim_limit(
            slots=self._executor.page_slots,
            free=free,
            idle=self._count_idle(),
            held=len(self._held),
            waiting=self._lanes.waiting_count,
        )

    def _claim(self, limit: ClaimLimit | None) -> _Picked:
        """Take jobs and begin their first pages, in one transaction; returns the next pages of those held before."""
        if limit is None:
            return self._pick()
        taken: dict[str, HeldJob] = {}
        picked: _Picked = {}
        with self._put_back_on_error(picked, taken), transaction(self._engine) as connection:
            now = utc_now()
            claims = self._claims.claim(
                connection,
                limit.count,
                now=now,
                express_only=limit.express_only,
                waiting_since=None if limit.patience is None else now - limit.patience,
                left_since=None if limit.left_for is None else now - limit.left_for,
            )
            for claim in claims:
                if self._was_ours_all_along(claim):
                    continue
                if claim.job.id in self._held:
                    self._drop(claim.job.id)
                held = HeldJob.from_pages(claim, self._claims.find_waiting_pages(connection, claim.job.id))
                taken[held.id] = self._held[held.id] = held
                self._lanes.add(held)
            picked |= self._pick()
            for job_id in taken.keys() & picked.keys():
                self._claims.start_pages(connection, taken[job_id].claim, _numbers(picked[job_id]))
        for claim in claims:
            self._held[claim.job.id].claim = claim
        if len(claims) == limit.count:  # there may be more
            self._claim_due = 0.0
        for held in taken.values():
            self._dispatch.submit(held, picked.pop(held.id, ()))
            self._tell_claim(held)
        return picked

    def _was_ours_all_along(self, claim: Claim) -> bool:
        """Its lease ran out before we renewed it, and nobody had it in between: what we read of it goes on."""
        held = self._held.get(claim.job.id)
        return held is not None and held.claim.token + 1 == claim.token

    @contextmanager
    def _put_back_on_error(self, picked: _Picked, taken: Mapping[str, HeldJob] | None = None) -> Iterator[None]:
        """When the database fails, what was ``picked`` waits again, and ``taken`` jobs are not held."""
        try:
            yield
        except (sa.exc.DBAPIError, sa.exc.TimeoutError):
            for job_id in taken or ():
                del self._held[job_id]
                self._lanes.remove(job_id)
            for job_id in self._held.keys() & picked.keys():
                self._lanes.put_back(self._held[job_id], _numbers(picked[job_id]))
            raise

    def _tell_claim(self, held: HeldJob) -> None:
        if held.claim.token > 1:
            self._metrics.jobs_resumed.inc()
        _log.info("job_claimed", job_id=held.id, pages=len(held.failures), token=held.claim.token)
        self._signals.notify(held.id)

    def _drop(self, job_id: str) -> None:
        """The job is no longer ours."""
        held = self._held.pop(job_id)
        self._lanes.remove(job_id)
        self._metrics.leases_lost.inc()
        _log.info("lease_lost", job_id=job_id, token=held.claim.token)
        held.stop_pages()
        self._leave(held)

    def _leave(self, held: HeldJob) -> None:
        """Once its last page has stopped, remove what that page may have written for a job that is gone."""
        if held.in_flight:
            self._leaving.add(held)
        else:
            self._leaving.discard(held)
            self._closing.sweep_later(held.id)

    # --- pages ----------------------------------------------------------------------------------------------

    def _pick(self) -> _Picked:
        picked: _Picked = {}
        for job_id, portion in self._lanes.take(self._count_free()):
            picked.setdefault(job_id, []).append(portion)
        return picked

    def _write(self, picked: _Picked) -> None:
        """One transaction for all that came back and all that goes out, and for the leases when they are due."""
        is_due = time.monotonic() >= self._renew_due
        touched = {held.id for held in self._held.values() if held.outcomes or is_due} | set(picked)
        if not touched:
            return
        lost: list[str] = []
        with transaction(self._engine) as connection:
            now = utc_now()
            # Always in the same order, so that two workers never wait for each other in a circle.
            for job_id in sorted(touched):
                held = self._held[job_id]
                if not self._claims.renew(connection, held.claim, now=now):
                    lost.append(job_id)
                    continue
                self._claims.record_pages(connection, held.claim, held.outcomes)
                if job_id in picked:
                    self._claims.start_pages(connection, held.claim, _numbers(picked[job_id]))
        if is_due:
            self._renew_due = time.monotonic() + self._config.lease_s / 3
        for job_id in touched:
            held = self._held[job_id]
            if held.outcomes:
                held.outcomes.clear()
                self._signals.notify(job_id)
        for job_id in lost:
            self._drop(job_id)

    # --- ends -----------------------------------------------------------------------------------------------

    def _finish(self, held: HeldJob) -> None:
        with reading(self._engine) as connection:
            summary = self._closing.summarise(connection, held.claim.job)
        if not summary.read_numbers:
            self._end(held, None)
            return
        held.finishing = self._closing.submit_document(held.claim.job, summary)
        held.finishing.add_done_callback(lambda future: self._events.put(DocumentDone(held, future)))

    def _take_document(self, event: DocumentDone) -> None:
        held, future = event.held, event.future
        held.finishing = None
        if self._held.get(held.id) is not held:
            self._leave(held)
            return
        error = None if future.cancelled() else future.exception()
        if error is None:
            self._end(held, None, None if future.cancelled() else future.result())
            return
        held.finish_failures += 1
        _log.warning("document_failed", job_id=held.id, error=type(error).__name__)
        if held.finish_failures >= self._config.page_attempts:
            self._end(held, "The pages were read, but the result could not be put together.")

    def _end(self, held: HeldJob, failure: str | None, completion: Completion | None = None) -> None:
        """``failure`` None: the pages decide how the job ended."""
        is_ours = self._closing.end(self._claims, held.claim, failure, completion, held.outcomes)
        if not is_ours:
            self._drop(held.id)
            return
        self._held.pop(held.id)
        self._lanes.remove(held.id)
        self._claim_due = 0.0
        self._signals.notify(held.id, has_ended=True)


def _numbers(portions: Iterable[Portion]) -> list[int]:
    return [number for portion in portions for number in portion]
