"""Files of jobs in a folder."""

import hashlib
import io
from pathlib import Path

import pytest

from errors import EmptyFileError, FileTooLargeError
from service.job_files import JobFiles, document_key, page_key, source_key, upload_key

MEGABYTE = 1_000_000


@pytest.fixture
def files(tmp_path: Path) -> JobFiles:
    return JobFiles(str(tmp_path / "files"))


def names(files: JobFiles) -> list[str]:
    folder = Path(files.storage_url)
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


class SlowReader(io.BytesIO):
    """Gives a few bytes at a time, as a socket does, and notes how much was asked for."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        chunk = super().read(min(size or 0, 70_001))
        self.asked += len(chunk)
        return chunk


def test_an_upload_is_streamed_and_digested(files: JobFiles) -> None:
    content = bytes(range(256)) * 50_000
    stored = files.save_upload(upload_key("a"), SlowReader(content), max_bytes=len(content))
    assert stored.size_bytes == len(content)
    assert stored.digest == hashlib.sha256(content).hexdigest()
    assert files.read(upload_key("a")) == content
    size, chunks = files.stream(upload_key("a"))
    assert size == len(content)
    assert b"".join(chunks) == content


def test_too_much_is_not_read_and_not_kept(files: JobFiles) -> None:
    content = SlowReader(bytes(20 * MEGABYTE))
    with pytest.raises(FileTooLargeError):
        files.save_upload(upload_key("a"), content, max_bytes=MEGABYTE)
    assert content.asked < 2 * MEGABYTE
    with pytest.raises(EmptyFileError):
        files.save_upload(upload_key("a"), io.BytesIO(), max_bytes=MEGABYTE)
    assert names(files) == []


def test_a_failing_upload_leaves_nothing(files: JobFiles) -> None:
    class BrokenConnection(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        files.save_upload(upload_key("a"), BrokenConnection(), max_bytes=MEGABYTE)
    assert names(files) == []


def test_absent_files(files: JobFiles) -> None:
    with pytest.raises(FileNotFoundError):
        files.read("jobs/a/upload")
    with pytest.raises(FileNotFoundError):
        files.stream("jobs/a/upload")
    assert files.find("jobs/a/upload") is None
    assert not files.exists("jobs/a/upload")
    assert not files.rename("jobs/a/upload", "jobs/a/source")
    files.delete("jobs/a/upload")
    files.delete_job("a")


def test_a_job_is_deleted_with_its_drafts_and_nothing_else(files: JobFiles) -> None:
    files.write(page_key("a", 1), b"{}")
    files.write(upload_key("a"), b"x")
    assert files.rename(upload_key("a"), source_key("a"))
    files.write(document_key("ab"), b"{}")
    draft = Path(files.storage_url) / "jobs" / "a" / "upload#1"
    draft.write_bytes(b"half")
    (Path(files.storage_url) / "jobs" / "c").mkdir()
    (Path(files.storage_url) / "jobs" / "c" / "upload#1").write_bytes(b"half")
    assert set(files.list_jobs()) == {"a", "ab", "c"}
    files.delete_job("a")
    files.delete_job("c")
    assert names(files) == ["jobs/ab/document.json"]
    files.check()
    assert names(files) == ["jobs/ab/document.json"]
