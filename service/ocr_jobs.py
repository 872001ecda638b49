"""What can be done with jobs, for both doors: submit, look, wait, watch, download, cancel, delete."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import BinaryIO

import sqlalchemy as sa
import structlog

from database.connect import reading, transaction, utc_now
from errors import (
    EngineUnavailableError,
    InvalidFieldError,
    JobCancelledError,
    JobFailedError,
    JobNotFinishedError,
    JobNotFoundError,
    QuotaExceededError,
    TooManyPagesError,
)
from pipeline.options import OcrOptions
from service.abilities import Abilities
from service.callers import Caller
from service.correction_store import CorrectionStore
from service.job_endings import RetentionTimes
from service.job_record import JobRecord, JobState
from service.job_removal import JobRemoval
from service.job_results import JobResults, to_export_options
from service.job_signals import JobSignals
from service.job_store import JobStore
from service.job_views import Estimate, ExportedFile, JobView, PageDraft, PagePicture
from service.metering import Metering
from service.page_drafts import INTERVAL_S
from service.submissions import Submissions

VERSIONS = ("original", "corrected")
POLL_S = 0.5
"""How soon a waiting request notices what the worker of another process has done."""

_log = structlog.get_logger("jobs")


class OcrJobs:
    """All methods but ``wait`` and ``events`` block: call them in a thread.

    Somebody else's job is a JobNotFoundError everywhere; a job without owner is reachable by its id alone.
    """

    def __init__(
        self,
        *,
        engine: sa.Engine,
        store: JobStore,
        results: JobResults,
        submissions: Submissions,
        removal: JobRemoval,
        metering: Metering,
        signals: JobSignals,
        times: RetentionTimes,
        corrections: CorrectionStore,
        abilities: Abilities,
        wake_worker: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._store = store
        self._results = results
        self._submissions = submissions
        self._removal = removal
        self._metering = metering
        self._signals = signals
        self._times = times
        self._corrections = corrections
        self._abilities = abilities
        self._wake_worker = wake_worker

    def submit(
        self,
        caller: Caller,
        chunks: BinaryIO,
        source_name: str,
        options: OcrOptions,
        *,
        idempotency_key: str | None = None,
        retain: bool = True,
    ) -> JobRecord:
        """Store, judge, price and queue a file; returns as soon as the job waits.

        The same key of the same caller with the same file and options gives the same job. ``retain`` False: the first
        :meth:`get` or :meth:`wait` that carries the finished result also deletes the job, and so do ten minutes.
        Raises InvalidInputError, QuotaExceededError, IdempotencyConflictError, QueueFullError or
        EngineUnavailableError; then nothing is charged and nothing is kept.
        """
        record = self._submissions.submit(
            caller, chunks, source_name, options, idempotency_key=idempotency_key, retain=retain
        )
        # With the request's id, which the worker's lines can't have.
        _log.info("job_accepted", job_id=record.id, pages=record.page_count, tier=options.tier.value)
        return record

    def get(self, caller: Caller, job_id: str) -> JobView:
        """The job with what has been read of it so far."""
        view = self._find_view(caller, job_id, even_unfinished=True)
        assert view is not None
        return view

    def look(self, caller: Caller, job_id: str) -> JobView:
        """As :meth:`get` without the document: nothing counts as delivered."""
        with reading(self._engine) as connection:
            return self._to_view(connection, caller, self._get_record(connection, caller, job_id))

    async def wait(self, caller: Caller, job_id: str, timeout_s: float) -> JobView:
        """As :meth:`get`, but first wait until the job has ended, at most ``timeout_s``."""
        deadline = time.monotonic() + timeout_s
        with self._signals.listen(job_id, only_end=True) as news:
            while True:
                # Cleared before looking: what happens while we look is not missed.
                news.clear()
                left = deadline - time.monotonic()
                view = await asyncio.to_thread(self._find_view, caller, job_id, even_unfinished=left <= 0)
                if view is not None:
                    return view
                await _wait_for(news, max(0.0, min(deadline - time.monotonic(), POLL_S)))

    async def events(self, caller: Caller, job_id: str) -> AsyncIterator[JobView]:
        """A view without document now, at every change, and when the job has ended, which is the last.

        It has the drafts of pages in work; they are looked at with every change and once a second.
        """
        last: tuple[object, ...] = ()
        drafts: tuple[PageDraft, ...] = ()
        drafts_due = 0.0
        with self._signals.listen(job_id) as news:
            while True:
                news.clear()
                view = await asyncio.to_thread(self.look, caller, job_id)
                record = view.record
                state = (record.state, record.pages_done, record.pages_failed, view.queue_position)
                if state != last[:-1] or time.monotonic() >= drafts_due:
                    drafts = await asyncio.to_thread(self._find_drafts, record)
                    drafts_due = time.monotonic() + INTERVAL_S
                if (*state, drafts) != last:
                    last = (*state, drafts)
                    yield replace(view, drafts=drafts)
                if record.state.is_final:
                    return
                await _wait_for(news, POLL_S)

    def list(self, caller: Caller, limit: int = 50) -> list[JobView]:
        """The account's jobs, newest first, without documents; an anonymous caller has no list."""
        if caller.account is None:
            return []
        with reading(self._engine) as connection:
            records = self._store.list_of_owner(connection, caller.account.id, limit)
            return [self._to_view(connection, caller, record) for record in records]

    def cancel(self, caller: Caller, job_id: str) -> JobView:
        """Stop a job, delete what it has and refund it; one that has ended stays as it is."""
        with transaction(self._engine) as connection:
            record = self._get_record(connection, caller, job_id)
            now = utc_now()
            expires_at = self._times.expires_at(now, retain=record.retain)
            is_cancelled = self._store.cancel(connection, job_id, now=now, expires_at=expires_at)
            if is_cancelled:
                self._metering.ledger.refund(connection, job_id)
        if is_cancelled:
            _log.info("job_cancelled", job_id=job_id)
            self._removal.remove_files(record)
            self._wake_worker()
            self._signals.notify(job_id, has_ended=True)
        return self.look(caller, job_id)

    def delete(self, caller: Caller, job_id: str) -> None:
        """Remove everything of a job at once: upload, pages, exports, pictures, vectors, chat, and its row."""
        record = self._read_record(caller, job_id)
        self._removal.remove(record)
        _log.info("job_deleted", job_id=job_id)
        self._wake_worker()
        self._signals.notify(job_id, has_ended=True)

    def estimate(self, caller: Caller, pages: int, tier: str | None = None, tool: str | None = None) -> Estimate:
        """What a job of so many pages would cost. Raises UnknownTierError or UnknownToolError."""
        options = _to_estimated_options(tier, tool)
        cost = self._metering.prices.of_pages(self._abilities.priced_tier(options), pages)
        with reading(self._engine) as connection:
            usage = self._metering.ledger.balance(connection, caller, cost=cost)
            try:
                self._abilities.require_reader(options.tier)
                self._metering.plan_of(caller.account).check_page_count(pages)
                self._metering.ledger.check(connection, caller, cost)
            except (EngineUnavailableError, TooManyPagesError, QuotaExceededError) as error:
                return Estimate(pages, cost, usage, allowed=False, reason=error.message)
        return Estimate(pages, cost, usage, allowed=True)

    def require_done(self, caller: Caller, job_id: str) -> JobRecord:
        """The record of a job with a result. Raises JobNotFoundError, JobNotFinishedError, JobFailedError or
        JobCancelledError.
        """
        record = self._read_record(caller, job_id)
        match record.state:
            case JobState.DONE:
                return record
            case JobState.FAILED:
                raise JobFailedError
            case JobState.CANCELLED:
                raise JobCancelledError
            case _:
                raise JobNotFinishedError

    def export(
        self,
        caller: Caller,
        job_id: str,
        format: str,
        *,
        pages: str | None = None,
        tables: str = "single",
        pdfa: bool = False,
        translation: bool = False,
        version: str = "original",
    ) -> ExportedFile:
        """The result as a file; ``version`` is ``original`` (as it was read) or ``corrected`` (by hand).

        Raises as :meth:`require_done`, and UnknownFormatError, InvalidFieldError or SourceNotKeptError.
        """
        options = to_export_options(pages=pages, tables=tables, pdfa=pdfa, translation=translation)
        if version not in VERSIONS:
            raise InvalidFieldError("Field 'version' is 'original' or 'corrected'.", details={"field": "version"})
        record = self.require_done(caller, job_id)
        corrections = self._corrections.list(record.id) if version == "corrected" else ()
        return self._results.export(record, format, options, corrections)

    def page_image(self, caller: Caller, job_id: str, number: int, *, width_px: int | None = None) -> PagePicture:
        """The picture of page ``number`` (from 1): as it was read, or at least ``width_px`` wide.

        Raises PageNotFoundError when there is no such page or the upload is not kept.
        """
        return self._results.draw_page(self._read_record(caller, job_id), number, width_px)

    def _find_view(self, caller: Caller, job_id: str, *, even_unfinished: bool) -> JobView | None:
        with reading(self._engine) as connection:
            record = self._get_record(connection, caller, job_id)
            if not (even_unfinished or record.state.is_final):
                return None
            pages = self._store.list_pages(connection, job_id) if record.state is JobState.PROCESSING else ()
            view = self._to_view(connection, caller, record)
        drafts = self._results.find_drafts(record, pages)
        document = self._results.find_document(record, pages)
        if record.state.is_final and not record.retain:
            self._removal.remove(record)
        return replace(view, document=document, drafts=drafts)

    def _read_record(self, caller: Caller, job_id: str) -> JobRecord:
        with reading(self._engine) as connection:
            return self._get_record(connection, caller, job_id)

    def _find_drafts(self, record: JobRecord) -> tuple[PageDraft, ...]:
        if not self._results.has_drafts(record):
            return ()
        with reading(self._engine) as connection:
            pages = self._store.list_pages(connection, record.id)
        return self._results.find_drafts(record, pages)

    def _get_record(self, connection: sa.Connection, caller: Caller, job_id: str) -> JobRecord:
        record = self._store.find(connection, job_id)
        owner = caller.account.id if caller.account else None
        if record is None or (record.owner_id is not None and record.owner_id != owner):
            raise JobNotFoundError
        if record.expires_at is not None and record.expires_at <= utc_now():
            raise JobNotFoundError
        return record

    def _to_view(self, connection: sa.Connection, caller: Caller, record: JobRecord) -> JobView:
        return JobView(
            record,
            queue_position=self._store.find_queue_position(connection, record),
            usage=self._metering.ledger.find_usage(connection, record.id, caller),
        )


async def _wait_for(news: asyncio.Event, timeout_s: float) -> None:
    try:
        await asyncio.wait_for(news.wait(), timeout_s)
    except TimeoutError:
        return


def _to_estimated_options(tier: str | None, tool: str | None) -> OcrOptions:
    from pipeline.requested_options import parse_options

    # A translation is priced without saying into which language.
    target = "en" if tool == "translate" else None
    return parse_options(tier=tier, tool=tool, translate_to=target)
