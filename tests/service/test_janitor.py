"""After its time, nothing of a document is left anywhere."""

import io
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from database.tables import job_pages, jobs
from errors import JobNotFoundError, UnavailableError
from pipeline.options import OcrOptions
from service.job_files import upload_key
from service.job_record import JobState
from service.wiring import Services
from tests.server import list_files
from tests.service.running_services import ANYONE, StartServices, make_pdf, scripted, stored_files, submit, wait

MARKER = "zebrafinch-4711"


def expire(services: Services) -> None:
    with transaction(services.engine) as connection:
        connection.execute(sa.update(jobs).values(expires_at=utc_now() - timedelta(seconds=1)))


def make_old(services: Services, age: timedelta) -> None:
    with transaction(services.engine) as connection:
        connection.execute(sa.update(jobs).values(created_at=utc_now() - age))


def files_with(marker: bytes, *folders: Path) -> list[Path]:
    found = []
    for path in list_files(*folders):
        with suppress(FileNotFoundError):  # deleted while we look
            found += [path] if marker in path.read_bytes() else []
    return found


def wait_until_read(services: Services, job_id: str, pages: int) -> None:
    while services.jobs.get(ANYONE, job_id).record.pages_done < pages:
        time.sleep(0.01)


def test_nothing_of_an_expired_document_is_left(
    tmp_path: Path, start_services: StartServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    services = start_services(scripted(text=f"Secret {MARKER}"))
    source = make_pdf(3) + f"% {MARKER}".encode()
    record = services.jobs.submit(ANYONE, io.BytesIO(source), f"{MARKER}.pdf", OcrOptions())
    other = submit(services, 1)
    assert wait(services, record.id).record.state is JobState.DONE
    wait(services, other.id)
    for name in ("txt", "docx", "json", "pdf"):
        assert b"".join(services.jobs.export(ANYONE, record.id, name).chunks)
    services.jobs.page_image(ANYONE, record.id, 1, width_px=200)
    assert files_with(MARKER.encode(), tmp_path)
    expire(services)
    with pytest.raises(JobNotFoundError):
        services.jobs.get(ANYONE, record.id)
    services.janitor.sweep()
    # A reader of an older moment may keep the database's log alive; the janitor comes again.
    deadline = time.monotonic() + 60
    while files_with(MARKER.encode(), tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
        services.janitor.sweep()
    assert files_with(MARKER.encode(), tmp_path) == []
    assert stored_files(services) == []
    with reading(services.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(jobs)).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(job_pages)).scalar_one() == 0


def test_an_upload_does_not_wait_for_ever(start_services: StartServices) -> None:
    services = start_services(scripted(seconds=0.2), upload_retention_minutes=30)
    record = submit(services, 30)
    wait_until_read(services, record.id, 2)
    services.janitor.sweep()
    make_old(services, timedelta(minutes=31))
    services.janitor.sweep()
    view = wait(services, record.id)
    assert view.record.state is JobState.DONE
    assert view.document is not None
    assert 2 <= len(view.document.pages) < 30
    assert {error.code for error in view.document.page_errors} == {"upload_expired"}
    assert view.usage is not None
    assert view.usage.cost == len(view.document.pages)
    services.closing.stop()
    assert not services.files.exists(upload_key(record.id))


def test_files_without_a_job_are_removed(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    waiting = submit(services)
    services.files.write(upload_key("0" * 32), b"crashed before its row was written")
    services.janitor.remove_orphans()
    assert len(stored_files(services)) == 2
    time.sleep(0.01)
    services.janitor.sweep(orphan_age=timedelta())
    assert stored_files(services) == [upload_key(waiting.id)]


def test_a_reservation_without_a_job_is_released(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    submit(services, 2)
    with transaction(services.engine) as connection:
        services.metering.ledger.reserve(connection, "f" * 32, ANYONE, 5)
    time.sleep(0.01)
    services.janitor.sweep(orphan_age=timedelta())
    with reading(services.engine) as connection:
        assert services.metering.ledger.balance(connection, ANYONE).used == 2


def test_what_can_not_be_forgotten_now_is_tried_again(start_services: StartServices) -> None:
    services = start_services()
    problems = [UnavailableError(), UnavailableError()]
    forgotten: list[str] = []

    def forget(job_id: str) -> None:
        if problems:
            raise problems.pop()
        forgotten.append(job_id)

    services.removal.add_hook(forget)
    record = submit(services)
    wait(services, record.id)
    services.jobs.delete(ANYONE, record.id)
    with pytest.raises(JobNotFoundError):
        services.jobs.get(ANYONE, record.id)
    services.closing.stop()
    assert stored_files(services) == []
    while not forgotten:
        services.janitor.sweep()
    assert forgotten == [record.id]
    with reading(services.engine) as connection:
        assert services.store.find(connection, record.id) is None
