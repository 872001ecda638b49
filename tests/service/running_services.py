"""Real services on a database of the test's own, with a scripted engine."""

import asyncio
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pypdfium2 as pdfium

from pipeline.engines.scripted_engine import EngineScript, Fault, ScriptedPage
from pipeline.options import OcrOptions
from pipeline.recognise import ReaderConfig
from service.callers import Caller
from service.job_record import JobRecord
from service.job_views import JobView
from service.wiring import Services, build_services
from settings import Settings
from tests.server import list_files

ANYONE = Caller(None, "203.0.113.9")
StartServices = Callable[..., Services]


@cache
def make_pdf(page_count: int) -> bytes:
    """Blank pages of 2 × 3 inches."""
    pdf = pdfium.PdfDocument.new()
    for _ in range(page_count):
        pdf.new_page(144, 216)
    buffer = io.BytesIO()
    pdf.save(buffer)
    pdf.close()
    return buffer.getvalue()


def scripted(
    pages: dict[int, Fault] | None = None, *, seconds: float = 0.0, text: str = "Scripted text"
) -> ReaderConfig:
    """An engine that fails on some pages as told, and takes ``seconds`` for each other one."""
    script = EngineScript(
        {number: ScriptedPage(fault=fault) for number, fault in (pages or {}).items()},
        ScriptedPage(text, seconds=seconds),
    )
    return ReaderConfig(cpu_engine="scripted", dpi=36.0, script=script)


def submit(
    services: Services,
    page_count: int = 1,
    *,
    caller: Caller = ANYONE,
    options: OcrOptions | None = None,
    key: str | None = None,
    retain: bool = True,
) -> JobRecord:
    content = io.BytesIO(make_pdf(page_count))
    return services.jobs.submit(
        caller, content, "letter.pdf", options or OcrOptions(), idempotency_key=key, retain=retain
    )


def wait(services: Services, job_id: str, *, caller: Caller = ANYONE, timeout_s: float = 60.0) -> JobView:
    """The finished job."""
    view = asyncio.run(services.jobs.wait(caller, job_id, timeout_s))
    assert view.record.state.is_final, view.record
    return view


def stored_files(services: Services) -> list[str]:
    """Every file of jobs, drafts included."""
    folder = Path(services.files.storage_url)
    return sorted(str(path.relative_to(folder)) for path in list_files(folder))


@contextmanager
def running(data_dir: Path, database_url: str, reader: ReaderConfig, **settings: object) -> Iterator[Services]:
    values: dict[str, object] = {
        "data_dir": data_dir,
        "database_url": database_url,
        "page_processes": 2,
        "lease_s": 3.0,
        "anonymous_pages_per_day": 1000,
        "anonymous_max_pages": 1000,
    }
    with_worker = bool(settings.pop("with_worker", True))
    services = build_services(Settings.from_values(values | settings), reader=reader, with_worker=with_worker)
    services.start()
    try:
        yield services
    finally:
        services.stop()
