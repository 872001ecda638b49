"""Builds the services from the settings, once, for whoever needs them: the server, a worker alone, the tests.

Nothing heavy is loaded here; processes and threads start with :meth:`Services.start`.
"""

import os
import signal
import socket
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from database.connect import open_engine, reading
from database.migrate import migrate
from service.abilities import Abilities, build_abilities, to_completion_settings
from service.account_pages import AccountPages
from service.chat import Chat, build_chat
from service.correction_store import CorrectionStore
from service.corrections import Corrections
from service.executor_choice import build_executor
from service.executors.base import Executor
from service.janitor import Janitor, JanitorConfig
from service.job_closing import JobClosing
from service.job_endings import RetentionTimes
from service.job_files import JobFiles
from service.job_removal import JobRemoval
from service.job_results import JobResults
from service.job_signals import JobSignals
from service.job_store import JobStore
from service.metering import Metering, build_metering
from service.metrics import CONTENT_TYPE, Metrics
from service.model_choice import choose_cpu_model, choose_vlm
from service.ocr_jobs import OcrJobs
from service.request_rates import CallerRate, build_caller_rate
from service.secrets import Secrets, load_secrets
from service.submissions import SubmissionLimits, Submissions
from service.worker import Worker, WorkerConfig
from service.worker_port import watch_worker
from settings import Settings

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

# Engines whose presence need not be asked for: `auto` takes whichever runs.
_ALWAYS_THERE = ("auto", "scripted")

_log = structlog.get_logger("services")


@dataclass(frozen=True)
class Services:
    """What the doors call. ``worker`` is None in a process that only serves.

    ``janitor`` runs where doors are (``has_doors``): an embedded vector store belongs to the process that serves.
    """

    settings: Settings
    jobs: OcrJobs
    corrections: Corrections
    accounts: AccountPages
    chat: Chat
    request_rate: CallerRate
    abilities: Abilities
    metrics: Metrics
    engine: sa.Engine
    files: JobFiles
    store: JobStore
    metering: Metering
    executor: Executor
    closing: JobClosing
    removal: JobRemoval
    janitor: Janitor
    worker: Worker | None
    has_doors: bool = True

    def start(self) -> None:
        """Start the processes, the worker and the janitor; returns at once."""
        Thread(target=self.executor.start, name="executor-start", daemon=True).start()
        if self.has_doors:
            self.janitor.start()
        if self.worker is not None:
            self.worker.start()

    def stop(self) -> None:
        """Let pages in work finish for ``SHUTDOWN_GRACE_S``, hand back the rest, end all processes."""
        with ExitStack() as stack:  # last in, first out; what fails keeps none of the others from stopping
            stack.callback(self.engine.dispose)
            stack.callback(self.closing.stop)
            stack.callback(self.executor.stop)
            stack.callback(self.chat.stop)
            stack.callback(self.janitor.stop)
            if self.worker is not None:
                stack.callback(self.worker.stop, self.settings.server.shutdown_grace_s)

    def is_alive(self) -> bool:
        """False when the worker's or the janitor's loop has died."""
        is_janitor_fine = not self.has_doors or self.janitor.is_alive()
        return is_janitor_fine and (self.worker is None or self.worker.is_alive())

    def check_readiness(self) -> dict[str, str | None]:
        """What is wrong with the database and the storage; None when nothing is."""
        return {"database": self._check_database(), "storage": self._check_storage()}

    def render_metrics(self) -> tuple[bytes, str]:
        """The body and its media type."""
        with reading(self.engine) as connection:
            counts = self.store.count_jobs(connection)
            self.metrics.queued_pages.set(self.store.count_waiting_pages(connection))
        for state in ("pending", "processing"):
            self.metrics.open_jobs.labels(state).set(counts.get(state, 0))
        return self.metrics.render(), CONTENT_TYPE

    def _check_database(self) -> str | None:
        try:
            with reading(self.engine) as connection:
                self.store.count_jobs(connection)
        except sa.exc.SQLAlchemyError as error:
            return f"not reachable ({type(error).__name__})"
        return None

    def _check_storage(self) -> str | None:
        try:
            self.files.check()
        except OSError as error:
            return f"not writable ({type(error).__name__})"
        return None


def build_services(
    settings: Settings, *, reader: "ReaderConfig | None" = None, with_worker: bool | None = None
) -> Services:
    """Open the database (and migrate it) and put everything together.

    ``reader`` None takes the engines of the settings; tests give a scripted one. ``with_worker`` None does as
    ``WORKER_IN_SERVER`` says.
    """
    has_worker = settings.worker.worker_in_server if with_worker is None else with_worker
    base = _build_base(settings, reader or to_reader_config(settings), has_worker=has_worker)
    worker = _build_worker(base) if has_worker else None
    jobs, corrections, removal = _build_jobs(base, wake_worker=worker.wake if worker is not None else _nobody)
    chat = build_chat(settings, base.engine, jobs, base.metering)
    removal.add_hook(_VectorRemoval(chat, settings))
    if settings.worker.worker_in_server or settings.chat.chroma_url:
        # A worker of its own would be a second writer of the folder that the server's search process owns.
        base.closing.add_done_hook(chat.index_later)
    return Services(
        settings=settings,
        jobs=jobs,
        corrections=corrections,
        accounts=AccountPages(
            base.engine,
            base.metering,
            base.secrets,
            open_sign_up=settings.security.open_sign_up,
            sign_ups_per_hour=settings.limits.sign_ups_per_hour,
        ),
        chat=chat,
        request_rate=build_caller_rate(base.engine, settings.limits.requests_per_minute, salt=base.salt),
        abilities=base.abilities,
        metrics=base.metrics,
        engine=base.engine,
        files=base.files,
        store=base.store,
        metering=base.metering,
        executor=base.executor,
        closing=base.closing,
        removal=removal,
        janitor=_build_janitor(base, removal),
        worker=worker,
    )


@dataclass(frozen=True)
class _Base:
    """What several services share."""

    settings: Settings
    reader: "ReaderConfig"
    secrets: Secrets
    salt: bytes
    engine: sa.Engine
    files: JobFiles
    store: JobStore
    signals: JobSignals
    metrics: Metrics
    metering: Metering
    executor: Executor
    times: RetentionTimes
    closing: JobClosing
    abilities: Abilities


def _build_base(settings: Settings, reader: "ReaderConfig", *, has_worker: bool) -> _Base:
    storage, security = settings.storage, settings.security
    secrets = load_secrets(storage.data_dir, server_key=security.server_key, payments_key=security.payments_key)
    engine = open_engine(storage.effective_database_url)
    migrate(engine)
    files, store, metrics = JobFiles(storage.effective_storage_url), JobStore(), Metrics()
    metering = build_metering(
        settings.plans,
        secrets,
        max_pages_per_file=settings.limits.max_pages_per_file,
        on_released=metrics.credits_refunded.inc,
    )
    executor = build_executor(settings, reader, has_worker=has_worker)
    times = RetentionTimes(retained=timedelta(hours=storage.retention_hours))
    closing = JobClosing(
        engine=engine,
        store=store,
        files=files,
        executor=executor,
        ledger=metering.ledger,
        prices=metering.prices,
        times=times,
        keep_page_source=storage.keep_page_source,
        metrics=metrics,
        completion=to_completion_settings(settings),
    )
    return _Base(
        settings=settings,
        reader=reader,
        secrets=secrets,
        salt=secrets.derive("addresses"),
        engine=engine,
        files=files,
        store=store,
        signals=JobSignals(),
        metrics=metrics,
        metering=metering,
        executor=executor,
        times=times,
        closing=closing,
        abilities=build_abilities(settings, reader),
    )


def _build_worker(base: _Base) -> Worker:
    return Worker(
        _to_worker_config(base.settings, base.reader),
        engine=base.engine,
        files=base.files,
        executor=base.executor,
        closing=base.closing,
        signals=base.signals,
        metrics=base.metrics,
    )


def _build_jobs(base: _Base, *, wake_worker: Callable[[], None]) -> tuple[OcrJobs, Corrections, JobRemoval]:
    results = JobResults(base.files, base.executor, base.reader)
    removal = JobRemoval(
        engine=base.engine, store=base.store, files=base.files, results=results, ledger=base.metering.ledger
    )
    submissions = Submissions(
        engine=base.engine,
        store=base.store,
        files=base.files,
        executor=base.executor,
        metering=base.metering,
        limits=_to_limits(base.settings),
        metrics=base.metrics,
        salt=base.salt,
        engine_name=None if base.reader.cpu_engine in _ALWAYS_THERE else base.reader.cpu_engine,
        abilities=base.abilities,
        on_accepted=wake_worker,
    )
    store = CorrectionStore(base.engine)
    jobs = OcrJobs(
        engine=base.engine,
        store=base.store,
        results=results,
        submissions=submissions,
        removal=removal,
        metering=base.metering,
        signals=base.signals,
        times=base.times,
        corrections=store,
        abilities=base.abilities,
        wake_worker=wake_worker,
    )
    return jobs, Corrections(store, jobs, results), removal


def _build_janitor(base: _Base, removal: JobRemoval) -> Janitor:
    storage = base.settings.storage
    return Janitor(
        JanitorConfig(max_upload_age=timedelta(minutes=storage.upload_retention_minutes)),
        engine=base.engine,
        store=base.store,
        files=base.files,
        removal=removal,
        ledger=base.metering.ledger,
        metrics=base.metrics,
    )


class _VectorRemoval:
    """Forgets a job's vectors; where nothing was ever indexed, the process that could is not even started."""

    def __init__(self, chat: Chat, settings: Settings) -> None:
        self._chat = chat
        self._has_server = bool(settings.chat.chroma_url)
        self._folder = settings.storage.data_dir / "chroma"

    def __call__(self, job_id: str) -> None:
        if self._has_server or self._folder.exists():
            self._chat.forget(job_id)


def run_worker(settings: Settings, *, reader: "ReaderConfig | None" = None) -> int:
    """Work on jobs without serving, until SIGTERM or SIGINT; the exit status is 1 when the loop died."""
    from service.logs import configure_logs

    configure_logs(settings.server.log_level, settings.server.log_format)
    services = replace(build_services(settings, reader=reader, with_worker=True), has_doors=False)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    services.start()
    _log.info("worker_started")
    with watch_worker(services):
        while not stopping.wait(1.0) and services.is_alive():
            continue
        is_alive = services.is_alive()
    services.stop()
    return 0 if is_alive else 1


def to_reader_config(settings: Settings) -> "ReaderConfig":
    from pipeline.recognise import ReaderConfig

    return ReaderConfig(
        cpu_engine="auto" if settings.engines.cpu_engine == "surya" else settings.engines.cpu_engine,
        tessdata=settings.engines.tessdata_prefix or None,
        page_timeout_s=settings.worker.page_timeout_s,
        vlm=choose_vlm(settings),
        cpu_vlm=choose_cpu_model(settings),
    )


def _to_worker_config(settings: Settings, reader: "ReaderConfig") -> WorkerConfig:
    worker = settings.worker
    return WorkerConfig(
        worker_id=f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}",
        reader=reader,
        page_timeout_s=worker.page_timeout_s,
        page_attempts=worker.page_attempts,
        lease_s=worker.lease_s,
        short_pages=settings.limits.inline_max_pages,
        models_fall_back=not settings.engines.vlm_required,
    )


def _to_limits(settings: Settings) -> SubmissionLimits:
    limits = settings.limits
    return SubmissionLimits(
        max_bytes=int(limits.max_upload_mb * 1_000_000),
        max_page_pixels=int(limits.max_page_megapixels * 1_000_000),
        max_pages=limits.max_pages_per_file,
        max_queued_pages=limits.max_queued_pages,
        short_pages=limits.inline_max_pages,
    )


def _nobody() -> None:
    """Workers of other processes look by themselves."""
