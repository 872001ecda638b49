"""Downloads: made on the first request, kept beside the job's other files, deleted with them."""

import hashlib
import json
import tempfile
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, cast

from errors import JobNotFoundError
from pipeline.corrections import Correction, correct
from service.executors.base import Executor, Lane
from service.job_files import JobFiles, document_key, export_key, source_key
from service.job_record import JobRecord
from service.job_views import ExportedFile
from service.task_context import TaskContext

if TYPE_CHECKING:
    from exports.formats import ExportOptions

_TIMEOUT_S = 300.0
_SPOOL_BYTES = 8 * 1024 * 1024
_CORRECTED = "corrected-"
_NOTICES = ".notices"


@dataclass(frozen=True, slots=True)
class WriteExport:
    """Make a download and keep it under ``name``, with its notices beside it.

    ``corrections`` are those of the version that is asked for; none for the original. Raises the errors of
    :func:`exports.formats.write_export`, and FileNotFoundError when the job is deleted meanwhile.
    """

    storage_url: str
    job_id: str
    format: str
    options: "ExportOptions"
    name: str
    corrections: tuple[Correction, ...] = ()

    def run(self, context: TaskContext) -> None:
        from exports.formats import write_export
        from pipeline.document_json import from_json

        files = context.open_files(self.storage_url)
        key = export_key(self.job_id, self.name)
        document = correct(from_json(files.read(document_key(self.job_id))), self.corrections)
        source = files.find(source_key(self.job_id))
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as target:
            written = cast(BinaryIO, target)
            notices = write_export(self.format, document, written, source=source, options=self.options)
            if notices:
                files.write(key + _NOTICES, json.dumps(notices).encode())
            written.seek(0)
            files.save(key, written)
        if not files.exists(document_key(self.job_id)):
            # Deleted while this was being written: nothing of the job may stay.
            files.delete(key)
            files.delete(key + _NOTICES)
            raise FileNotFoundError(document_key(self.job_id))


class JobExports:
    """Requests that come while a download is being made wait for it: each is made once in this process."""

    def __init__(self, files: JobFiles, executor: Executor) -> None:
        self._files = files
        self._executor = executor
        self._lock = Lock()
        self._under_way: dict[str, Future[None]] = {}

    def get(
        self, record: JobRecord, format: str, options: "ExportOptions", corrections: tuple[Correction, ...] = ()
    ) -> ExportedFile:
        """Kept until the job expires or other ``corrections`` are made.

        Raises as :func:`exports.formats.write_export`, and JobNotFoundError when the job is deleted meanwhile.
        """
        from exports.formats import get_format

        entry = get_format(format.strip().lower(), options)
        # The corrections are part of the name, so that no file ever shows older ones.
        chosen = repr((options, corrections)) if corrections else repr(options)
        digest = hashlib.sha256(chosen.encode()).hexdigest()[:24]
        name = f"{_CORRECTED if corrections else ''}{entry.name}-{digest}{entry.suffix}"
        key = export_key(record.id, name)
        try:
            if not self._files.exists(key):
                self._make_once(
                    key, WriteExport(self._files.storage_url, record.id, entry.name, options, name, corrections)
                )
            size, chunks = self._files.stream(key)
        except FileNotFoundError as error:
            raise JobNotFoundError from error
        notices = tuple(json.loads(self._files.find(key + _NOTICES) or b"[]"))
        file_name = to_download_name(record.source_name, entry.suffix)
        return ExportedFile(chunks, size, entry.media_type, file_name, notices)

    def forget_corrected(self, record: JobRecord) -> None:
        """Remove the downloads of corrected versions: another is made when it is asked for."""
        for key in self._files.list(export_key(record.id, "")):
            if key.rsplit("/", maxsplit=1)[-1].startswith(_CORRECTED):
                self._files.delete(key)

    def _make_once(self, key: str, task: WriteExport) -> None:
        with self._lock:
            future = self._under_way.get(key)
            if future is None:
                future = self._executor.submit(task, timeout_s=_TIMEOUT_S, lane=Lane.FILES)
                self._under_way[key] = future
        try:
            future.result()
        finally:
            with self._lock:
                if self._under_way.get(key) is future:
                    del self._under_way[key]


def to_download_name(source_name: str, suffix: str) -> str:
    """``scan.pdf`` → ``scan.docx``; a label for the client, never a path of ours."""
    name = source_name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    stem = name.rsplit(".", maxsplit=1)[0] if "." in name.lstrip(".") else name
    return f"{stem.strip() or 'document'}{suffix}"
