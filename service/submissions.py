"""How an upload becomes a job: stored, judged, priced, then reserved and queued in one transaction."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from errors import (
    BrokenFileError,
    EngineUnavailableError,
    IdempotencyConflictError,
    InvalidFieldError,
    OcrChatError,
    PageCrashedError,
    PageTimeoutError,
    QueueFullError,
)
from pipeline.options import OcrOptions
from quota.addresses import hash_address
from service.abilities import Abilities
from service.callers import Caller
from service.executors.base import Executor, Lane
from service.job_files import JobFiles, upload_key
from service.job_record import JobRecord, options_to_json
from service.job_store import JobStore, NewJob
from service.metering import Metering
from service.metrics import Metrics
from service.tasks import CheckEngine, CheckUpload, SourceFile

MAX_KEY_LENGTH = 200
MAX_NAME_LENGTH = 255
_RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class SubmissionLimits:
    """``max_page_pixels`` and ``max_pages`` are technical caps; a plan's cap of pages comes on top."""

    max_bytes: int
    max_page_pixels: int
    max_pages: int
    max_queued_pages: int
    short_pages: int
    check_timeout_s: float = 30.0


class Submissions:
    """``engine_name`` is the engine that must run for the cpu tier (None: whichever can); ``salt`` hashes addresses.

    ``abilities`` say which models there are.
    """

    def __init__(
        self,
        *,
        engine: sa.Engine,
        store: JobStore,
        files: JobFiles,
        executor: Executor,
        metering: Metering,
        limits: SubmissionLimits,
        metrics: Metrics,
        salt: bytes,
        engine_name: str | None,
        abilities: Abilities,
        on_accepted: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._store = store
        self._files = files
        self._executor = executor
        self._metering = metering
        self._limits = limits
        self._metrics = metrics
        self._salt = salt
        self._unchecked_engine = engine_name
        self._abilities = abilities
        self._on_accepted = on_accepted

    def submit(
        self,
        caller: Caller,
        content: BinaryIO,
        source_name: str,
        options: OcrOptions,
        *,
        idempotency_key: str | None,
        retain: bool,
    ) -> JobRecord:
        """See :meth:`service.ocr_jobs.OcrJobs.submit`."""
        job_id = uuid.uuid4().hex
        accepted: str | None = None
        try:
            self._check_key(idempotency_key)
            self._check_engine(options)
            with reading(self._engine) as connection:
                # A repeated request is about a job that has its place, and "nothing was charged" would be untrue.
                if not self._is_repeated(connection, caller, idempotency_key):
                    self._check_queue(connection, 1)
            upload = self._files.save_upload(upload_key(job_id), content, max_bytes=self._limits.max_bytes)
            fingerprint = _to_fingerprint(upload.digest, options, retain=retain)
            record = self._find_repeated(caller, idempotency_key, fingerprint)
            if record is None:
                source = self._check_upload(job_id)
                job = self._to_job(caller, job_id, source, source_name, options, idempotency_key, fingerprint, retain)
                record = self._add(caller, job)
            accepted = record.id
        except OcrChatError as error:
            self._metrics.jobs_refused.labels(error.code).inc()
            raise
        finally:
            # After a crash before this line the janitor finds files without a job.
            if accepted != job_id:
                self._files.delete_job(job_id)
        if accepted == job_id:
            self._metrics.jobs_submitted.inc()
            self._on_accepted()
        return record

    def _check_key(self, key: str | None) -> None:
        if key is not None and not 1 <= len(key) <= MAX_KEY_LENGTH:
            raise InvalidFieldError(
                f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} characters.", details={"field": "idempotency_key"}
            )

    def _check_engine(self, options: OcrOptions) -> None:
        """Raises EngineUnavailableError or TranslationUnavailableError before anything is stored or charged."""
        self._abilities.require(options)
        if self._unchecked_engine is not None:
            task = CheckEngine(self._unchecked_engine)
            problem = self._executor.submit(task, timeout_s=120.0, lane=Lane.FILES).result()
            if problem is not None:
                raise EngineUnavailableError(problem)
            self._unchecked_engine = None

    def _check_queue(self, connection: sa.Connection, page_count: int) -> None:
        waiting = self._store.count_waiting_pages(connection)
        if waiting and waiting + page_count > self._limits.max_queued_pages:
            raise QueueFullError(details={"retry_after_s": _RETRY_AFTER_S})

    def _is_repeated(self, connection: sa.Connection, caller: Caller, key: str | None) -> bool:
        return key is not None and self._store.find_by_key(connection, self._caller_key(caller), key) is not None

    def _find_repeated(self, caller: Caller, key: str | None, fingerprint: str) -> JobRecord | None:
        if key is None:
            return None
        with reading(self._engine) as connection:
            earlier = self._store.find_by_key(connection, self._caller_key(caller), key)
            if earlier is None:
                return None
            if earlier.fingerprint != fingerprint:
                raise IdempotencyConflictError
            return self._store.find(connection, earlier.id)

    def _check_upload(self, job_id: str) -> SourceFile:
        limits = self._limits
        task = CheckUpload(
            self._files.storage_url,
            job_id,
            max_bytes=limits.max_bytes,
            max_page_pixels=limits.max_page_pixels,
            max_pages=limits.max_pages,
        )
        try:
            return self._executor.submit(task, timeout_s=limits.check_timeout_s, lane=Lane.FILES).result()
        except PageTimeoutError as error:
            raise BrokenFileError("The file takes too long to open.") from error
        except PageCrashedError as error:
            raise BrokenFileError() from error

    def _to_job(
        self,
        caller: Caller,
        job_id: str,
        source: SourceFile,
        source_name: str,
        options: OcrOptions,
        idempotency_key: str | None,
        fingerprint: str,
        retain: bool,
    ) -> NewJob:
        numbers = _to_page_numbers(options, source.page_count)
        plan = self._metering.plan_of(caller.account)
        plan.check_page_count(len(numbers))
        return NewJob(
            id=job_id,
            owner_id=caller.account.id if caller.account else None,
            caller_key=self._caller_key(caller),
            idempotency_key=idempotency_key,
            fingerprint=fingerprint,
            options=options,
            source_name=_to_label(source_name),
            media_type=source.media_type,
            suffix=source.suffix,
            size_bytes=source.size_bytes,
            page_numbers=numbers,
            notices=source.notices,
            priority=plan.priority,
            is_short=len(numbers) <= self._limits.short_pages,
            retain=retain,
            created_at=utc_now(),
        )

    def _add(self, caller: Caller, job: NewJob) -> JobRecord:
        """Reserve and queue in one transaction: neither a charge without a job nor a job without a charge."""
        cost = self._metering.prices.of_pages(self._abilities.priced_tier(job.options), len(job.page_numbers))
        try:
            with transaction(self._engine) as connection:
                self._check_queue(connection, len(job.page_numbers))
                self._metering.ledger.reserve(connection, job.id, caller, cost)
                self._store.add(connection, job)
                record = self._store.find(connection, job.id)
        except sa.exc.IntegrityError:
            # Somebody else used the same key a moment ago; anything else that is wrong shows again.
            record = self._find_repeated(caller, job.idempotency_key, job.fingerprint)
            if record is None:
                raise
        assert record is not None
        return record

    def _caller_key(self, caller: Caller) -> str:
        if caller.account is not None:
            return f"account:{caller.account.id}"
        return f"address:{hash_address(caller.address, self._salt, period='idempotency')}"


def _to_fingerprint(digest: str, options: OcrOptions, *, retain: bool) -> str:
    return hashlib.sha256(f"{digest}|{options_to_json(options)}|{retain}".encode()).hexdigest()


def _to_page_numbers(options: OcrOptions, page_count: int) -> range:
    if options.page_range is None:
        return range(1, page_count + 1)
    first, last = options.page_range
    if first > page_count:
        raise InvalidFieldError(f"The file has no page {first}; it has {page_count}.", details={"field": "pages"})
    return range(first, min(last, page_count) + 1)


def _to_label(name: str) -> str:
    """A name is shown and never used as a path; control characters and lone surrogates are taken out."""
    kept = "".join(char for char in name if char.isprintable())
    return kept.encode("utf-8", "ignore").decode()[-MAX_NAME_LENGTH:]
