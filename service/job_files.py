"""The files of jobs, in a folder or in S3, through one interface.

Every key is made from a job's id and from numbers, never from a name that somebody sent::

    jobs/<id>/upload            as it came; deleted when the job ends, or becomes:
    jobs/<id>/source            the upload of a finished job, kept for the page viewer and the searchable PDF
    jobs/<id>/pages/0001.json   a page as it was read, until the document is assembled
    jobs/<id>/pages/0001.draft  what a model has written of a page so far, while it is at it
    jobs/<id>/pages/0001.3.read how a page of a batch was read under the claim with token 3, until the batch has ended
    jobs/<id>/document.json     the result
    jobs/<id>/exports/...       downloads, made on first request
    jobs/<id>/images/...        page previews, made on first request
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, from_url

from errors import EmptyFileError, FileTooLargeError, StorageUnavailableError

if TYPE_CHECKING:
    from obstore.store import BackoffConfig, ClientConfig, RetryConfig

_CHUNK_BYTES = 1024 * 1024
# S3 wants parts of at least 5 MiB; one such part is what an upload holds in memory.
_PART_BYTES = 5 * 1024 * 1024
_JOBS = "jobs"
_PROBE = ".ready"
# An outage of a minute is waited out inside one try of a page; readiness wants an answer at once.
_PATIENCE = timedelta(seconds=75)
_SHORT_PATIENCE = timedelta(seconds=3)
_BACK_OFF: "BackoffConfig" = {
    "init_backoff": timedelta(milliseconds=200),
    "max_backoff": timedelta(seconds=3),
    "base": 2,
}
_RETRIES = 60
_REFUSED = "The storage of files refuses this machine: its credentials are missing or wrong."
# Where a machine of a cloud is asked for credentials when nobody has given it any.
_METADATA_PATHS = ("/latest/api/token", "/latest/meta-data/")


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """``digest`` is the SHA-256 of the content, hexadecimal."""

    size_bytes: int
    digest: str


def job_prefix(job_id: str) -> str:
    return f"{_JOBS}/{job_id}"


def upload_key(job_id: str) -> str:
    return f"{_JOBS}/{job_id}/upload"


def source_key(job_id: str) -> str:
    return f"{_JOBS}/{job_id}/source"


def page_key(job_id: str, number: int) -> str:
    return f"{_JOBS}/{job_id}/pages/{number:04}.json"


def draft_key(job_id: str, number: int) -> str:
    return f"{_JOBS}/{job_id}/pages/{number:04}.draft"


def receipt_key(job_id: str, number: int, token: int) -> str:
    return f"{_JOBS}/{job_id}/pages/{number:04}.{token}.read"


def document_key(job_id: str) -> str:
    return f"{_JOBS}/{job_id}/document.json"


def export_key(job_id: str, name: str) -> str:
    return f"{_JOBS}/{job_id}/exports/{name}"


def image_key(job_id: str, number: int, width_px: int | None) -> str:
    return f"{_JOBS}/{job_id}/images/{number:04}-{width_px or 'full'}.webp"


class JobFiles:
    """Files at ``storage_url``: an absolute folder, or what obstore understands (``s3://bucket/prefix``).

    S3 credentials and region come from the usual ``AWS_*`` variables, and another server than Amazon's from
    ``AWS_ENDPOINT_URL``. Writing is atomic: a key has all its content or is absent. Every method raises
    StorageUnavailableError when the storage could not be reached for more than a minute, and at once when it refuses.
    """

    def __init__(self, storage_url: str, *, patience: timedelta = _PATIENCE) -> None:
        self.storage_url = storage_url
        self._folder = None if "://" in storage_url else Path(storage_url)
        self._store = (
            _open_remote(storage_url, patience=patience)
            if self._folder is None
            else LocalStore(self._folder, mkdir=True)
        )

    @cached_property
    def impatient(self) -> "JobFiles":
        """The same files, for what nobody needs: a storage that can't be reached is given up after seconds."""
        return JobFiles(self.storage_url, patience=_SHORT_PATIENCE)

    def save_upload(self, key: str, content: BinaryIO, *, max_bytes: int) -> StoredUpload:
        """Stream ``content`` to ``key``. Raises EmptyFileError or FileTooLargeError, and then nothing is stored."""
        digest = hashlib.sha256()
        size = 0

        def read_chunks() -> Iterator[bytes]:
            nonlocal size
            while chunk := content.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > max_bytes:
                    raise FileTooLargeError(
                        f"The file is larger than {max_bytes / 1_000_000:g} MB.", details={"max_bytes": max_bytes}
                    )
                digest.update(chunk)
                yield chunk
            if not size:
                raise EmptyFileError

        with _reaching_storage():
            obstore.put(self._store, key, read_chunks(), chunk_size=_PART_BYTES, max_concurrency=1)
        return StoredUpload(size, digest.hexdigest())

    def write(self, key: str, data: bytes) -> None:
        with _reaching_storage():
            obstore.put(self._store, key, data, use_multipart=False)

    def save(self, key: str, content: IO[bytes]) -> None:
        """Stream ``content``, from where it stands, to ``key``."""
        with _reaching_storage():
            obstore.put(self._store, key, content, chunk_size=_PART_BYTES, max_concurrency=1)

    def read(self, key: str) -> bytes:
        """Raises FileNotFoundError."""
        with _reaching_storage():
            return bytes(obstore.get(self._store, key).bytes())

    def find(self, key: str) -> bytes | None:
        try:
            return self.read(key)
        except FileNotFoundError:
            return None

    def stream(self, key: str) -> tuple[int, Iterator[bytes]]:
        """Size in bytes, and the content in pieces. Raises FileNotFoundError."""
        with _reaching_storage():
            found = obstore.get(self._store, key)
        return found.meta["size"], (bytes(chunk) for chunk in found.stream(min_chunk_size=_CHUNK_BYTES))

    def exists(self, key: str) -> bool:
        try:
            with _reaching_storage():
                obstore.head(self._store, key)
        except FileNotFoundError:
            return False
        return True

    def rename(self, key: str, new_key: str) -> bool:
        """False when there is nothing at ``key``. S3 copies and deletes; dying in between leaves both."""
        try:
            with _reaching_storage():
                obstore.rename(self._store, key, new_key)
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Nothing happens when there is nothing."""
        try:
            with _reaching_storage():
                obstore.delete(self._store, key)
        except FileNotFoundError:
            return

    def list(self, prefix: str) -> list[str]:
        """Keys below ``prefix``, in no special order."""
        with _reaching_storage():
            return [entry["path"] for batch in obstore.list(self._store, prefix) for entry in batch]

    def list_sizes(self, prefix: str) -> dict[str, tuple[int, datetime]]:
        """Keys below ``prefix``, each with its size in bytes and when it was written (UTC)."""
        with _reaching_storage():
            entries = [entry for batch in obstore.list(self._store, prefix) for entry in batch]
        return {entry["path"]: (entry["size"], entry["last_modified"]) for entry in entries}

    def copy_to(self, other: "JobFiles", key: str) -> None:
        """Nothing happens when there is nothing."""
        try:
            _, chunks = self.stream(key)
        except FileNotFoundError:
            return
        # Through a file: obstore can't read from one store while it writes to another.
        with tempfile.SpooledTemporaryFile(max_size=_PART_BYTES) as draft:
            for chunk in chunks:
                draft.write(chunk)
            draft.seek(0)
            other.save(key, draft)

    def delete_below(self, prefix: str) -> None:
        """Everything below ``prefix``, with what an interrupted write may have left there."""
        keys = self.list(prefix)
        if self._folder is None:
            # One request for a thousand of them; those that are gone already don't matter to S3.
            with _reaching_storage():
                obstore.delete(self._store, keys)
        else:
            for key in keys:
                self.delete(key)
            # Drafts of interrupted writes (`upload#1`) aren't listed.
            shutil.rmtree(self._folder / prefix, ignore_errors=True)

    def delete_job(self, job_id: str) -> None:
        self.delete_below(job_prefix(job_id))

    def list_jobs(self) -> dict[str, datetime]:
        """Ids of jobs that have files, each with the time of its newest one (UTC)."""
        found: dict[str, datetime] = {}
        with _reaching_storage():
            entries = [entry for batch in obstore.list(self._store, _JOBS) for entry in batch]
        for entry in entries:
            job_id = entry["path"].split("/")[1]
            found[job_id] = max(entry["last_modified"], found.get(job_id, entry["last_modified"]))
        if self._folder is not None:
            found |= self._list_folders(found)
        return found

    def check(self) -> None:
        """Raises OSError, and soon, when the storage can't be reached or written."""
        store = self._store if self._folder is not None else _open_remote(self.storage_url, patience=_SHORT_PATIENCE)
        with _reaching_storage():
            obstore.put(store, _PROBE, b"", use_multipart=False)
            obstore.delete(store, _PROBE)

    def _list_folders(self, known: dict[str, datetime]) -> dict[str, datetime]:
        """Folders that hold only drafts of interrupted writes."""
        assert self._folder is not None
        folders = (self._folder / _JOBS).iterdir() if (self._folder / _JOBS).is_dir() else ()
        return {
            each.name: datetime.fromtimestamp(each.stat().st_mtime, UTC)
            for each in folders
            if each.is_dir() and each.name not in known
        }


def _open_remote(url: str, *, patience: timedelta = _PATIENCE) -> ObjectStore:
    """Requests that fail for want of the server are repeated for so long, by obstore."""
    # Amazon is always asked over https; a server in one's own network may have an address that begins with http.
    retries: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": patience, "backoff": _BACK_OFF}
    client: ClientConfig = {"allow_http": True, "timeout": timedelta(seconds=30)}
    return from_url(url, client_options=client, retry_config=retries)


@contextmanager
def _reaching_storage() -> Iterator[None]:
    """Gives what obstore raises our own name; FileNotFoundError keeps its own."""
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError) as error:
        raise StorageUnavailableError(_REFUSED) from error
    except BaseError as error:
        if any(path in str(error) for path in _METADATA_PATHS):
            raise StorageUnavailableError(_REFUSED) from error
        raise StorageUnavailableError from error
