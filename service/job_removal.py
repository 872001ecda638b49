"""Removing a job: its files, its rows, and what others keep of it."""

from collections.abc import Callable, Sequence
from threading import Event

import sqlalchemy as sa

from database.connect import scrub, transaction
from database.tables import job_pages, jobs
from quota.ledger import Ledger
from service.job_files import JobFiles
from service.job_record import JobRecord
from service.job_results import JobResults
from service.job_store import JobStore

RemovalHook = Callable[[str], None]
"""Called with a job's id before its row goes; removes vectors and the like. Must be harmless when repeated."""


class JobRemoval:
    def __init__(
        self,
        *,
        engine: sa.Engine,
        store: JobStore,
        files: JobFiles,
        results: JobResults,
        ledger: Ledger,
    ) -> None:
        self._engine = engine
        self._store = store
        self._files = files
        self._results = results
        self._ledger = ledger
        self._hooks: list[RemovalHook] = []
        self._is_scrub_due = Event()

    def add_hook(self, hook: RemovalHook) -> None:
        self._hooks.append(hook)

    def remove(self, record: JobRecord) -> None:
        self.remove_files(record)
        self.remove_all([record.id])

    def remove_files(self, record: JobRecord) -> None:
        self._results.forget(record)
        self._files.delete_job(record.id)

    def remove_all(self, job_ids: Sequence[str]) -> None:
        """Rows last: if we die before, the janitor finds the row and starts again. Open jobs are refunded."""
        for job_id in job_ids:
            for hook in self._hooks:
                hook(job_id)
            self._files.delete_job(job_id)
        with transaction(self._engine) as connection:
            for job_id in job_ids:
                self._ledger.refund(connection, job_id)
            self._store.delete(connection, job_ids)
        self._is_scrub_due.set()

    def scrub(self) -> None:
        """Make what was deleted unreadable in the database's files too."""
        if self._is_scrub_due.is_set():
            self._is_scrub_due.clear()
            scrub(self._engine, job_pages, jobs)
