"""Deletes what has had its time, also after crashes: results, uploads, orphaned files and reservations."""

import time
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread

import sqlalchemy as sa
import structlog

from database.connect import reading, transaction, utc_now
from quota.expiry import delete_expired
from quota.ledger import Ledger
from service.job_files import JobFiles, upload_key
from service.job_record import JobState
from service.job_removal import JobRemoval
from service.job_store import JobStore
from service.metrics import Metrics

ORPHAN_AGE = timedelta(minutes=10)
"""Files younger than this may belong to an upload that is just being accepted."""

ANONYMOUS_DAYS_KEPT = timedelta(days=2)
"""A job that is older shows no usage any more."""

_BATCH = 100
_SCRUB_PAUSE_S = 0.5

_log = structlog.get_logger("janitor")


@dataclass(frozen=True, slots=True)
class JanitorConfig:
    """``max_upload_age`` ends jobs that still wait or work after so long; ``interval_s`` is between two rounds."""

    max_upload_age: timedelta
    interval_s: float = 30.0


class Janitor:
    """Any number of processes may have one: everything it does may be done twice."""

    def __init__(
        self,
        config: JanitorConfig,
        *,
        engine: sa.Engine,
        store: JobStore,
        files: JobFiles,
        removal: JobRemoval,
        ledger: Ledger,
        metrics: Metrics,
    ) -> None:
        self._config = config
        self._engine = engine
        self._store = store
        self._files = files
        self._removal = removal
        self._ledger = ledger
        self._metrics = metrics
        self._stopping = Event()
        self._news = Event()
        removal.call_when_scrub_is_due(self._news.set)
        self._thread = Thread(target=self._run, name="janitor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join()

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def sweep(self, *, orphan_age: timedelta = ORPHAN_AGE) -> None:
        """One round of everything. Files and reservations without a job are left alone until they are that old."""
        self.remove_expired()
        self.end_overdue()
        self.remove_orphans(orphan_age)
        self.release_reservations(orphan_age)
        self.forget_callers()
        self._removal.scrub()

    def remove_expired(self) -> None:
        removed = _BATCH
        while removed == _BATCH:
            with reading(self._engine) as connection:
                job_ids = self._store.find_expired(connection, utc_now(), _BATCH)
            removed = self._removal.remove_all(job_ids) if job_ids else 0
            if removed:
                self._metrics.jobs_expired.inc(removed)
                _log.info("jobs_expired", count=removed)

    def end_overdue(self) -> None:
        """An upload is kept for a limited time even when its job has not ended; what is unread then is given up."""
        with reading(self._engine) as connection:
            created_before = utc_now() - self._config.max_upload_age
            job_ids = self._store.find_overdue(connection, created_before, _BATCH)
        for job_id in job_ids:
            with transaction(self._engine) as connection:
                given_up = self._store.give_up_waiting_pages(
                    connection,
                    job_id,
                    code="upload_expired",
                    message="The upload was deleted before this page could be read.",
                )
            if given_up:
                _log.warning("job_overdue", job_id=job_id)
                self._files.delete(upload_key(job_id))

    def remove_orphans(self, min_age: timedelta = ORPHAN_AGE) -> None:
        """Files whose job has no row (a crash while it was accepted or deleted), uploads of jobs that have ended."""
        newest = utc_now() - min_age
        old = [job_id for job_id, modified in self._files.list_jobs().items() if modified < newest]
        for start in range(0, len(old), _BATCH):
            batch = old[start : start + _BATCH]
            with reading(self._engine) as connection:
                states = self._store.find_states(connection, batch)
            for job_id in batch:
                state = states.get(job_id)
                if state in (None, JobState.FAILED, JobState.CANCELLED):
                    self._files.delete_job(job_id)
                elif state is JobState.DONE:
                    self._files.delete(upload_key(job_id))

    def release_reservations(self, min_age: timedelta = ORPHAN_AGE) -> None:
        """Refund what was reserved for a job that is not there."""
        with reading(self._engine) as connection:
            open_ids = self._ledger.find_open_jobs(connection, utc_now() - min_age)
            states = self._store.find_states(connection, open_ids)
        orphans = [job_id for job_id in open_ids if job_id not in states or states[job_id].is_final]
        for job_id in orphans:
            with transaction(self._engine) as connection:
                self._ledger.refund(connection, job_id)

    def forget_callers(self) -> None:
        """Sessions and request counters that are over, and what addresses without account used on past days."""
        now = utc_now()
        with transaction(self._engine) as connection:
            delete_expired(connection, now=now, anonymous_before=now - ANONYMOUS_DAYS_KEPT)

    def _run(self) -> None:
        next_round = 0.0
        while True:
            # Cleared before looking: what comes while we work is not missed.
            self._news.clear()
            if self._stopping.is_set():
                return
            try:
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + self._config.interval_s
                    self.sweep()
                elif not self._removal.scrub():
                    self._news.set()
            except (sa.exc.DBAPIError, sa.exc.TimeoutError, OSError) as error:
                _log.warning("sweep_failed", error=type(error).__name__)
            # Many deletions one after the other are scrubbed together.
            self._stopping.wait(_SCRUB_PAUSE_S)
            self._news.wait(max(0.0, next_round - time.monotonic()))
