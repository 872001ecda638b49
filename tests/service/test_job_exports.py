"""Downloads: made once, kept with what is to be said about them, never left behind."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from threading import Event
from typing import Any

import pikepdf
import pytest

from errors import InvalidFieldError, JobNotFoundError, SourceNotKeptError
from exports.formats import ExportOptions
from exports.searchable_pdf import NOTICE_DECRYPTED
from pipeline.document_json import to_json
from service.executors.base import Lane
from service.file_names import to_attachment, to_notice_header
from service.job_exports import JobExports, to_download_name
from service.job_files import JobFiles, document_key, source_key
from service.job_record import JobRecord, JobState
from service.task_context import TaskContext
from tests.documents import make_block, make_document, make_line, make_page

JOB = "a" * 32
DEADLINE_S = 60


class ThreadExecutor:
    """Runs tasks in threads of this process; ``before`` is called by each first."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.ran: list[Any] = []
        self._before = before
        self._threads = ThreadPoolExecutor()

    def submit(self, task: Any, *, timeout_s: float, lane: Lane) -> Future[Any]:
        self.ran.append(task)

        def run() -> Any:
            self._before()
            return task.run(TaskContext())

        return self._threads.submit(run)


def assert_set(event: Event) -> None:
    assert event.wait(DEADLINE_S)


def locked_pdf() -> bytes:
    """A PDF that opens without a password but may not be changed."""
    pdf, target = pikepdf.new(), BytesIO()
    pdf.add_blank_page(page_size=(400, 300))
    pdf.save(target, encryption=pikepdf.Encryption(owner="secret", user=""))
    return target.getvalue()


def record() -> JobRecord:
    values = dict.fromkeys(JobRecord.__dataclass_fields__)
    return JobRecord(**{**values, "id": JOB, "source_name": "Über uns.pdf", "state": JobState.DONE})  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    stored = JobFiles(str(tmp_path / "files"))
    document = make_document(make_page(make_block(make_line("alpha beta"))))
    stored.write(document_key(JOB), to_json(document))
    stored.write(source_key(JOB), locked_pdf())
    return stored


def test_requests_at_once_make_a_file_once(files: JobFiles) -> None:
    may_go_on = Event()
    executor = ThreadExecutor(before=lambda: assert_set(may_go_on))
    exports = JobExports(files, executor)  # type: ignore[arg-type]
    with ThreadPoolExecutor() as threads:
        asked = [threads.submit(exports.get, record(), "txt", ExportOptions()) for _ in range(6)]
        other = threads.submit(exports.get, record(), "md", ExportOptions())
        may_go_on.set()
        texts = {b"".join(each.result(DEADLINE_S).chunks) for each in asked}
        assert other.result(DEADLINE_S).file_name == "Über uns.md"
    assert texts == {b"alpha beta\n"}
    assert sorted(task.format for task in executor.ran) == ["md", "txt"]
    exports.get(record(), "txt", ExportOptions())
    assert len(executor.ran) == 2, "kept"


def test_what_is_to_be_said_is_kept_with_the_file(files: JobFiles) -> None:
    executor = ThreadExecutor()
    exports = JobExports(files, executor)  # type: ignore[arg-type]
    for _ in range(2):
        assert exports.get(record(), "pdf", ExportOptions()).notices == (NOTICE_DECRYPTED,)
    assert exports.get(record(), "txt", ExportOptions()).notices == ()
    assert len(executor.ran) == 2


def test_an_error_is_not_kept(files: JobFiles) -> None:
    exports = JobExports(files, ThreadExecutor())  # type: ignore[arg-type]
    files.delete(source_key(JOB))
    with pytest.raises(SourceNotKeptError):
        exports.get(record(), "pdf", ExportOptions())
    with pytest.raises(InvalidFieldError):
        exports.get(record(), "txt", ExportOptions(pages=(7,)))
    files.write(source_key(JOB), locked_pdf())
    assert b"".join(exports.get(record(), "pdf", ExportOptions()).chunks).startswith(b"%PDF")


@pytest.mark.parametrize("when", ["before", "while"])
def test_nothing_is_left_of_a_job_deleted_meanwhile(
    files: JobFiles, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = ThreadExecutor(before=(lambda: files.delete_job(JOB)) if when == "before" else lambda: None)
    if when == "while":
        save = JobFiles.save

        def save_late(self: JobFiles, key: str, content: Any) -> None:
            self.delete_job(JOB)
            save(self, key, content)

        monkeypatch.setattr(JobFiles, "save", save_late)
    with pytest.raises(JobNotFoundError):
        JobExports(files, executor).get(record(), "pdf", ExportOptions())  # type: ignore[arg-type]
    assert files.list(f"jobs/{JOB}") == []


def test_a_large_file_goes_to_the_storage_in_pieces(files: JobFiles) -> None:
    class Measured(BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.largest = max(self.largest, len(data))
            return data

    content = Measured(bytes(range(256)) * 100_000)
    files.save("jobs/b/exports/large", content)
    assert content.largest <= 5 * 1024 * 1024
    assert files.read("jobs/b/exports/large") == content.getvalue()


def test_headers_are_safe() -> None:
    assert to_notice_header(["One.", "Zwei: ü\r\nSet-Cookie: 100%"]) == "One. Zwei: %C3%BC%0D%0ASet-Cookie: 100%25"
    name = to_download_name('../../ev"il\r\n名前.scan.pdf', ".docx")
    header = to_attachment(name)
    assert "\r" not in header
    assert header.isascii()
    assert "/" not in header.removeprefix("attachment; ").replace("UTF-8''", "")
    assert "%E5%90%8D%E5%89%8D.scan.docx" in header
    assert to_download_name("", ".txt") == "document.txt"
