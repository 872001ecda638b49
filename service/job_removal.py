"""Removing a job: its files, its rows, and what others keep of it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Event

import sqlalchemy as sa
import structlog

from database.connect import scrub, transaction, utc_now
from database.tables import chat_messages, conversations, corrections, job_pages, jobs
from errors import OcrChatError, StorageUnavailableError
from quota.ledger import Ledger
from service.job_files import JobFiles
from service.job_record import JobRecord
from service.job_results import JobResults
from service.job_store import JobStore

RemovalHook = Callable[[str], None]
"""Called with a job's id before its row goes; removes vectors and the like.

It may be called again for the same job, and raises an OcrChatError when it has to be.
"""

_log = structlog.get_logger("removal")


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
        # Due from the start: a process that was killed may have deleted without scrubbing.
        self._is_scrub_due = Event()
        self._is_scrub_due.set()
        self._when_due: Callable[[], None] = _tell_nobody

    def add_hook(self, hook: RemovalHook) -> None:
        self._hooks.append(hook)

    def call_when_scrub_is_due(self, tell: Callable[[], None]) -> None:
        """``tell`` is called from any thread after something was removed, and returns at once."""
        self._when_due = tell

    def remove(self, record: JobRecord) -> None:
        """Remove one job at once. What can't be reached now (the vectors) is left to the janitor, unseen by anybody."""
        self.remove_files(record)
        with transaction(self._engine) as connection:
            self._store.expire_now(connection, record.id, now=utc_now())
        self.remove_all([record.id])

    def remove_files(self, record: JobRecord) -> None:
        self._results.forget(record)
        self._files.delete_job(record.id)

    def remove_all(self, job_ids: Sequence[str]) -> int:
        """How many could be removed. Open jobs are refunded.

        Rows go last: if we die before, or a hook fails, the janitor finds the row and starts again.
        """
        removed = []
        for job_id in job_ids:
            self._files.delete_job(job_id)
            if self._run_hooks(job_id):
                removed.append(job_id)
        with transaction(self._engine) as connection:
            for job_id in removed:
                self._ledger.refund(connection, job_id)
            self._store.delete(connection, removed)
        # A page that was being read may have been written, and its job ended, while the hooks ran. What comes now is
        # swept up by the worker, which finds no job; and what can't be reached, by the janitor.
        with suppress(StorageUnavailableError):
            for job_id in removed:
                self._files.delete_job(job_id)
        if removed:
            self._is_scrub_due.set()
            self._when_due()
        return len(removed)

    def _run_hooks(self, job_id: str) -> bool:
        try:
            for hook in self._hooks:
                hook(job_id)
        except OcrChatError as error:
            _log.warning("not_forgotten", job_id=job_id, code=error.code)
            return False
        return True

    def scrub(self) -> bool:
        """Make what was deleted unreadable in the database's files too, whoever deleted it. False: try again soon."""
        was_due = self._is_scrub_due.is_set()
        self._is_scrub_due.clear()
        if not was_due and self._engine.dialect.name != "sqlite":
            return True
        is_done = scrub(self._engine, chat_messages, conversations, corrections, job_pages, jobs)
        if not is_done:
            self._is_scrub_due.set()
        return is_done


def _tell_nobody() -> None:
    """The next round finds it."""
