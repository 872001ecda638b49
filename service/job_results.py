"""What was read, from the storage: documents, pages so far, downloads and pictures of pages."""

import re
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

from errors import InvalidFieldError, JobNotFoundError, PageNotFoundError, StorageUnavailableError
from pipeline.corrections import Correction
from pipeline.document import Document, Page
from pipeline.document_json import from_json, page_from_json
from service.executors.base import Executor, Lane
from service.job_exports import JobExports
from service.job_files import JobFiles, document_key, draft_key, image_key, page_key
from service.job_record import JobRecord, JobState, PageRecord, PageState
from service.job_views import ExportedFile, PageDraft, PagePicture
from service.tasks import RenderPageImage

if TYPE_CHECKING:
    from exports.formats import ExportOptions
    from pipeline.recognise import ReaderConfig

_CACHED_DOCUMENTS = 16
_CACHED_PAGES = 400
_PICTURE_TIMEOUT_S = 60.0
_MAX_PAGE_NUMBER = 100_000
_PAGES = re.compile(r"([0-9]{1,6})(?:\s*-\s*([0-9]{1,6}))?")
_PICTURE_TYPE = "image/webp"
# A few widths, so that a client can't fill the storage with one picture for every number of pixels.
_PICTURE_WIDTHS_PX = (160, 320, 480, 640, 800, 1000, 1200, 1600, 2000, 2800, 4000)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _RecentlyUsed(Generic[Key, Value]):
    """The last ``size`` values, for any thread."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._lock = Lock()

    def find(self, key: Key) -> Value | None:
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: Key, value: Value) -> None:
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._size:
                self._values.popitem(last=False)

    def forget(self, keys: Sequence[Key]) -> None:
        with self._lock:
            for key in keys:
                self._values.pop(key, None)


class JobResults:
    def __init__(self, files: JobFiles, executor: Executor, reader: "ReaderConfig") -> None:
        self._files = files
        self._executor = executor
        self._exports = JobExports(files, executor)
        self._reader = reader
        self._documents: _RecentlyUsed[str, Document] = _RecentlyUsed(_CACHED_DOCUMENTS)
        self._pages: _RecentlyUsed[tuple[str, int], Page] = _RecentlyUsed(_CACHED_PAGES)

    def find_document(self, record: JobRecord, pages: Sequence[PageRecord]) -> Document | None:
        """The whole document of a job that is done, what there is of one that works, None of any other."""
        if record.state is JobState.DONE:
            return self.get_document(record)
        if record.state is JobState.PROCESSING and record.pages_done:
            return self._to_partial(record, pages)
        return None

    def has_drafts(self, record: JobRecord) -> bool:
        """Whether there may be any, without looking."""
        return record.state is JobState.PROCESSING and self._reader.has_drafts(record.options.tier)

    def find_drafts(self, record: JobRecord, pages: Sequence[PageRecord]) -> tuple[PageDraft, ...]:
        """Of the pages that are just being read; none where the storage can't be reached."""
        if not self.has_drafts(record):
            return ()
        numbers = [page.number for page in pages if page.is_in_work]
        try:
            found = [(number, self._files.impatient.find(draft_key(record.id, number))) for number in numbers]
        except StorageUnavailableError:
            return ()
        return tuple(PageDraft(number, data.decode()) for number, data in found if data)

    def get_document(self, record: JobRecord) -> Document:
        """Raises JobNotFoundError when it was deleted a moment ago."""
        document = self._documents.find(record.id)
        if document is None:
            try:
                document = from_json(self._files.read(document_key(record.id)))
            except FileNotFoundError as error:
                raise JobNotFoundError from error
            if record.retain:
                self._documents.keep(record.id, document)
        return document

    def forget(self, record: JobRecord) -> None:
        """Nothing of a deleted job stays in memory."""
        self._documents.forget([record.id])
        self._pages.forget([(record.id, number) for number in record.page_numbers])

    def forget_corrected(self, record: JobRecord) -> None:
        """Remove the downloads of corrected versions: another is made when it is asked for."""
        self._exports.forget_corrected(record)

    def export(
        self, record: JobRecord, format: str, options: "ExportOptions", corrections: tuple[Correction, ...] = ()
    ) -> ExportedFile:
        """The result as a file; see :meth:`service.job_exports.JobExports.get`."""
        return self._exports.get(record, format, options, corrections)

    def draw_page(self, record: JobRecord, number: int, width_px: int | None) -> PagePicture:
        """Raises PageNotFoundError when the document has no such page or its picture is not kept."""
        if number not in record.page_numbers:
            raise PageNotFoundError(f"The document has no page {number}.")
        width = None if width_px is None else next((w for w in _PICTURE_WIDTHS_PX if w >= width_px), width_px)
        found = self._files.find(image_key(record.id, number, width))
        if found is not None:
            return PagePicture(found, _PICTURE_TYPE)
        task = RenderPageImage(self._files.storage_url, record.id, number, width, self._reader.dpi)
        try:
            data = self._executor.submit(task, timeout_s=_PICTURE_TIMEOUT_S, lane=Lane.FILES).result()
        except FileNotFoundError as error:
            raise PageNotFoundError("The pictures of this document's pages are not kept.") from error
        return PagePicture(data, _PICTURE_TYPE)

    def _to_partial(self, record: JobRecord, pages: Sequence[PageRecord]) -> Document | None:
        numbers = [page.number for page in pages if page.state is PageState.READ]
        read = [page for page in (self._find_page(record, number) for number in numbers) if page is not None]
        return Document(
            id=record.id,
            source_name=record.source_name,
            pages=tuple(read),
            page_count=record.page_count,
            created_at=record.created_at,
            notices=record.notices,
        )

    def _find_page(self, record: JobRecord, number: int) -> Page | None:
        """None when the job ended a moment ago and its pages were put together."""
        page = self._pages.find((record.id, number))
        if page is None:
            data = self._files.find(page_key(record.id, number))
            if data is None:
                return None
            page = page_from_json(data)
            if record.retain:
                self._pages.keep((record.id, number), page)
        return page


def to_export_options(*, pages: str | None, tables: str, pdfa: bool, translation: bool) -> "ExportOptions":
    """Raises InvalidFieldError."""
    from exports.formats import ExportOptions

    if tables not in ("single", "zip"):
        raise InvalidFieldError("Field 'tables' is 'single' or 'zip'.", details={"field": "tables"})
    return ExportOptions(pages=parse_page_list(pages), tables=tables, pdfa=pdfa, translation=translation)


def parse_page_list(text: str | None) -> tuple[int, ...] | None:
    """``2-5,8`` → (2, 3, 4, 5, 8); None for nothing. Raises InvalidFieldError."""
    if text is None or not text.strip():
        return None
    numbers: set[int] = set()
    for part in text.split(","):
        match = _PAGES.fullmatch(part.strip())
        if match is None:
            raise InvalidFieldError("Field 'pages' is not a list like 2-5,8.", details={"field": "pages"})
        start, end = int(match[1]), int(match[2] or match[1])
        if not 1 <= start <= end <= _MAX_PAGE_NUMBER:
            raise InvalidFieldError("Field 'pages' counts from 1, small numbers first.", details={"field": "pages"})
        numbers.update(range(start, end + 1))
    return tuple(sorted(numbers))
