"""Files of jobs in a bucket, against a real S3 server."""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.s3_server import S3Server, environment
from errors import EmptyFileError, FileTooLargeError, StorageUnavailableError
from service.job_files import JobFiles, document_key, draft_key, page_key, source_key, upload_key

MEGABYTE = 1_000_000


@pytest.fixture
def files(bucket_url: str) -> JobFiles:
    return JobFiles(bucket_url)


def test_an_upload_of_several_parts_is_streamed_and_digested(files: JobFiles) -> None:
    content = bytes(range(256)) * 50_000
    stored = files.save_upload(upload_key("a"), io.BytesIO(content), max_bytes=len(content))
    assert (stored.size_bytes, stored.digest) == (len(content), hashlib.sha256(content).hexdigest())
    assert files.read(upload_key("a")) == content
    size, chunks = files.stream(upload_key("a"))
    assert size == len(content)
    assert b"".join(chunks) == content


def test_what_is_refused_or_breaks_off_is_not_kept(files: JobFiles) -> None:
    class BrokenConnection(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(FileTooLargeError):
        files.save_upload(upload_key("a"), io.BytesIO(bytes(20 * MEGABYTE)), max_bytes=12 * MEGABYTE)
    with pytest.raises(EmptyFileError):
        files.save_upload(upload_key("a"), io.BytesIO(), max_bytes=MEGABYTE)
    with pytest.raises(ConnectionResetError):
        files.save_upload(upload_key("a"), BrokenConnection(), max_bytes=MEGABYTE)
    assert files.list("jobs") == []


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


def test_a_job_is_renamed_listed_and_deleted_and_no_other(files: JobFiles) -> None:
    for number in range(1, 13):
        files.write(page_key("a", number), b"{}")
    files.write(upload_key("a"), b"x")
    assert files.rename(upload_key("a"), source_key("a"))
    assert not files.exists(upload_key("a"))
    files.write(document_key("ab"), b"{}")
    assert set(files.list_jobs()) == {"a", "ab"}
    files.delete_job("a")
    files.check()
    assert files.list("jobs") == [document_key("ab")]
    assert set(files.list_jobs()) == {"ab"}


def test_what_nobody_needs_is_written_to_the_same_bucket(s3: S3Server, files: JobFiles) -> None:
    files.impatient.write(draft_key("a", 1), b"So far")
    assert files.read(draft_key("a", 1)) == b"So far"
    files.delete_job("a")
    assert files.list("jobs") == []
    s3.door.shut()
    with pytest.raises(StorageUnavailableError):
        files.impatient.write(draft_key("a", 1), b"So far")
    s3.door.unbar()


def test_a_short_outage_is_waited_out(s3: S3Server, files: JobFiles) -> None:
    files.write(document_key("a"), b"before")
    s3.door.shut()
    opening = threading.Timer(1.0, s3.door.unbar)
    opening.start()
    assert files.read(document_key("a")) == b"before"
    opening.join()


def test_a_storage_that_is_away_is_named(s3: S3Server, files: JobFiles) -> None:
    s3.door.shut()
    try:
        with pytest.raises(StorageUnavailableError):
            files.check()
    finally:
        s3.door.unbar()
    files.check()


@contextmanager
def refusing_server(status: int) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_PUT(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("status", [401, 403])
def test_wrong_credentials_are_named(s3: S3Server, status: int) -> None:
    with refusing_server(status) as address, environment(s3.settings | {"AWS_ENDPOINT_URL": address}):
        files = JobFiles("s3://bucket/ocr")
        for attempt in (lambda: files.read(upload_key("a")), lambda: files.write(page_key("a", 1), b"{}")):
            with pytest.raises(StorageUnavailableError, match="credentials are missing or wrong"):
                attempt()


def test_missing_credentials_are_named(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are none, the machine's cloud is asked for some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with refusing_server(403) as address:
        monkeypatch.setenv("AWS_METADATA_ENDPOINT", address)
        with pytest.raises(StorageUnavailableError, match="credentials are missing or wrong"):
            JobFiles("s3://bucket/ocr").read(upload_key("a"))
