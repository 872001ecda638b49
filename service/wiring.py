"""Builds the services from the settings, once, for whoever needs them: the server, a worker alone, the tests.

Nothing heavy is loaded here; processes and threads start with :meth:`Services.start`.
"""

import os
import signal
import socket
import uuid
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, Thread
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog

from database.connect import open_engine, reading
from database.migrate import migrate
from service.account_pages import AccountPages
from service.chat import Chat, build_chat
from service.executors.base import Executor
from service.executors.local import LocalExecutor, LocalExecutorConfig
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
from service.ocr_jobs import OcrJobs
from service.request_rates import CallerRate, build_caller_rate
from service.secrets import load_secrets
from service.submissions import SubmissionLimits, Submissions
from service.tasks import WarmUp
from service.worker import Worker, WorkerConfig
from settings import Settings

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig

# What the processes that run tasks share; it starts no threads (see LocalExecutorConfig).
_PRELOAD = ("pipeline.recognise", "service.tasks")

_log = structlog.get_logger("services")


@dataclass(frozen=True)
class Services:
    """What the doors call. ``worker`` is None in a process that only serves."""

    settings: Settings
    jobs: OcrJobs
    accounts: AccountPages
    chat: Chat
    request_rate: CallerRate
    metrics: Metrics
    engine: sa.Engine
    files: JobFiles
    store: JobStore
    metering: Metering
    executor: Executor
    closing: JobClosing
    janitor: Janitor
    worker: Worker | None

    def start(self) -> None:
        """Start the processes, the worker and the janitor; returns at once."""
        Thread(target=self.executor.start, name="executor-start", daemon=True).start()
        self.janitor.start()
        if self.worker is not None:
            self.worker.start()

    def stop(self) -> None:
        """Let pages in work finish for ``SHUTDOWN_GRACE_S``, hand back the rest, end all processes."""
        if self.worker is not None:
            self.worker.stop(self.settings.server.shutdown_grace_s)
        self.janitor.stop()
        self.chat.stop()
        self.executor.stop()
        self.closing.stop()
        self.engine.dispose()

    def is_alive(self) -> bool:
        return self.janitor.is_alive() and (self.worker is None or self.worker.is_alive())

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
    reader = reader or to_reader_config(settings)
    has_worker = settings.worker.worker_in_server if with_worker is None else with_worker
    secrets = load_secrets(
        settings.storage.data_dir,
        server_key=settings.security.server_key,
        payments_key=settings.security.payments_key,
    )
    engine = open_engine(settings.storage.effective_database_url)
    migrate(engine)
    store, signals, metrics = JobStore(), JobSignals(), Metrics()
    files = JobFiles(settings.storage.effective_storage_url)
    metering = build_metering(settings.plans, secrets)
    salt = secrets.derive("addresses")
    executor = LocalExecutor(_to_executor_config(settings, reader, has_worker=has_worker))
    results = JobResults(files, executor, reader)
    removal = JobRemoval(engine=engine, store=store, files=files, results=results, ledger=metering.ledger)
    times = RetentionTimes(retained=timedelta(hours=settings.storage.retention_hours))
    closing = JobClosing(
        engine=engine,
        store=store,
        files=files,
        executor=executor,
        ledger=metering.ledger,
        prices=metering.prices,
        times=times,
        keep_page_source=settings.storage.keep_page_source,
        metrics=metrics,
    )
    worker = None
    if has_worker:
        worker = Worker(
            _to_worker_config(settings, reader),
            engine=engine,
            files=files,
            executor=executor,
            closing=closing,
            signals=signals,
            metrics=metrics,
        )
    wake_worker = worker.wake if worker is not None else _nobody
    submissions = Submissions(
        engine=engine,
        store=store,
        files=files,
        executor=executor,
        metering=metering,
        limits=_to_limits(settings),
        metrics=metrics,
        salt=salt,
        engine_name=None if reader.cpu_engine in ("auto", "scripted") else reader.cpu_engine,
        vlm_required=settings.engines.vlm_required,
        has_vlm=False,
        on_accepted=wake_worker,
    )
    jobs = OcrJobs(
        engine=engine,
        store=store,
        results=results,
        submissions=submissions,
        removal=removal,
        metering=metering,
        signals=signals,
        times=times,
        wake_worker=wake_worker,
    )
    chat = build_chat(settings, engine, jobs, metering)
    removal.add_hook(chat.forget)
    janitor = Janitor(
        JanitorConfig(max_upload_age=timedelta(minutes=settings.storage.upload_retention_minutes)),
        engine=engine,
        store=store,
        files=files,
        removal=removal,
        ledger=metering.ledger,
        metrics=metrics,
    )
    accounts = AccountPages(
        engine,
        metering,
        secrets,
        open_sign_up=settings.security.open_sign_up,
        sign_ups_per_hour=settings.limits.sign_ups_per_hour,
    )
    return Services(
        settings=settings,
        jobs=jobs,
        accounts=accounts,
        chat=chat,
        request_rate=build_caller_rate(engine, settings.limits.requests_per_minute, salt=salt),
        metrics=metrics,
        engine=engine,
        files=files,
        store=store,
        metering=metering,
        executor=executor,
        closing=closing,
        janitor=janitor,
        worker=worker,
    )


def run_worker(settings: Settings, *, reader: "ReaderConfig | None" = None) -> int:
    """Work on jobs without serving, until SIGTERM or SIGINT; the exit status is 1 when the loop died."""
    from service.logs import configure_logs

    configure_logs(settings.server.log_level, settings.server.log_format)
    services = build_services(settings, reader=reader, with_worker=True)
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    services.start()
    _log.info("worker_started")
    while not stopping.wait(1.0) and services.is_alive():
        continue
    is_alive = services.is_alive()
    services.stop()
    return 0 if is_alive else 1


def to_reader_config(settings: Settings) -> "ReaderConfig":
    from pipeline.recognise import ReaderConfig

    return ReaderConfig(
        cpu_engine=settings.engines.cpu_engine,
        tessdata=settings.engines.tessdata_prefix or None,
        page_timeout_s=settings.worker.page_timeout_s,
    )


def _to_executor_config(settings: Settings, reader: "ReaderConfig", *, has_worker: bool) -> LocalExecutorConfig:
    worker = settings.worker
    processes = worker.page_processes or len(os.sched_getaffinity(0))
    return LocalExecutorConfig(
        page_processes=processes if has_worker else 0,
        memory_mb=worker.page_memory_mb,
        tasks_per_process=worker.pages_per_process,
        preload=_PRELOAD,
        warm_up=WarmUp(reader),
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
