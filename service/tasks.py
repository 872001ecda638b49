"""The tasks that executors run: everything that touches the bytes of a file somebody sent.

They are plain values without local paths, so any process of any machine that reaches the storage can run them. Pages
and files go through the storage; what a task returns is small. Running a task twice does the same thing twice.
"""

import io
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.document import Page, PageError
from pipeline.document_json import page_from_json, page_to_json, to_json
from pipeline.options import OcrOptions, Tier
from pipeline.vlm.fallback import ModelUse
from service.job_files import JobFiles, document_key, draft_key, image_key, page_key, source_key, upload_key
from service.page_drafts import keeping_draft
from service.task_context import TaskContext

if TYPE_CHECKING:
    from pipeline.recognise import ReaderConfig
    from pipeline.vlm.drafts import OnDraft

_PREVIEW_QUALITY = 80


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What :func:`pipeline.intake.check` found; a type of our own, so that the server need not load PDFium."""

    media_type: str
    suffix: str
    size_bytes: int
    page_count: int
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckUpload:
    """Judge an upload by its bytes. Raises the errors of :func:`pipeline.intake.check`."""

    storage_url: str
    job_id: str
    max_bytes: int
    max_page_pixels: int
    max_pages: int

    def run(self, context: TaskContext) -> SourceFile:
        from pipeline.intake import IntakeLimits, check

        limits = IntakeLimits(self.max_bytes, self.max_page_pixels, self.max_pages)
        found = check(context.open_files(self.storage_url).read(upload_key(self.job_id)), limits)
        return SourceFile(found.media_type, found.suffix, found.size_bytes, found.page_count, found.notices)


@dataclass(frozen=True, slots=True)
class CheckEngine:
    """Why an embedded engine can't run here; None when it can."""

    name: str

    def run(self, _context: TaskContext) -> str | None:
        from pipeline.engines.catalogue import find_problem

        return find_problem(self.name)


@dataclass(frozen=True, slots=True)
class PageRead:
    """``tier`` is how the page was really read, and so what it costs; ``seconds`` how long that took.

    ``is_document``: the page is all of the document, which is written too.
    """

    engine: str
    tier: Tier
    notices: tuple[str, ...]
    seconds: float
    is_document: bool = False


@dataclass(frozen=True, slots=True)
class ReadPage:
    """Read one page and write it to the storage. Raises ReadingError, FileNotFoundError, or whatever an engine may.

    ``use`` says what to do with a vision-language model; ``notice`` (may be empty) is added to what there is to say.
    ``finish`` makes the document of this page at once, where it is the only one.
    """

    storage_url: str
    job_id: str
    number: int
    options: OcrOptions
    reader: "ReaderConfig"
    use: ModelUse = ModelUse.WITH_FALLBACK
    notice: str = ""
    finish: "FinishDocument | None" = None

    def run(self, context: TaskContext) -> PageRead:
        started = time.perf_counter()
        files = context.open_files(self.storage_url)
        with self._keep_draft(files) as on_draft:
            opened = context.open_source(self.storage_url, self.job_id)
            reader = context.open_reader(self.reader)
            result = reader.read_page(opened, self.number, self.options, use=self.use, on_draft=on_draft)
            notices = (self.notice, *result.notices) if self.notice else result.notices
            if self.finish is None:
                files.write(page_key(self.job_id, self.number), page_to_json(result.page))
            else:
                self.finish.put_together(files, [result.page], notices)
        return PageRead(
            engine=result.page.engine,
            tier=result.tier,
            notices=notices,
            seconds=time.perf_counter() - started,
            is_document=self.finish is not None,
        )

    def _keep_draft(self, files: JobFiles) -> AbstractContextManager["OnDraft | None"]:
        """Nothing is written, and nothing removed, where no page of this tier can be seen while it is read."""
        if not self.reader.has_drafts(self.options.tier):
            return nullcontext()
        return keeping_draft(files.impatient, draft_key(self.job_id, self.number))


@dataclass(frozen=True, slots=True)
class FinishDocument:
    """Assemble the pages that were read into the document, and keep the upload as the source if that is wanted."""

    storage_url: str
    job_id: str
    source_name: str
    page_count: int
    page_numbers: tuple[int, ...]
    created_at: datetime
    notices: tuple[str, ...]
    page_errors: tuple[PageError, ...]
    keep_source: bool

    def run(self, context: TaskContext) -> None:
        files = context.open_files(self.storage_url)
        self.put_together(
            files, [page_from_json(files.read(page_key(self.job_id, number))) for number in self.page_numbers]
        )

    def put_together(self, files: JobFiles, pages: Sequence[Page], notices: Sequence[str] = ()) -> None:
        """``notices`` are more than this task knows of."""
        from pipeline.assemble import assemble

        document = assemble(
            self.job_id,
            self.source_name,
            pages,
            page_count=self.page_count,
            created_at=self.created_at,
            notices=(*self.notices, *notices),
            page_errors=self.page_errors,
        )
        files.write(document_key(self.job_id), to_json(document))
        if self.keep_source:
            files.rename(upload_key(self.job_id), source_key(self.job_id))


@dataclass(frozen=True, slots=True)
class RenderPageImage:
    """The picture of a page as WEBP, kept in the storage. Raises FileNotFoundError, PageNotFoundError, ReadingError.

    ``dpi`` is what the page was read at; ``width_px`` None gives the picture that its boxes refer to.
    """

    storage_url: str
    job_id: str
    number: int
    width_px: int | None
    dpi: float | None

    def run(self, context: TaskContext) -> bytes:
        from PIL import Image

        opened = context.open_source(self.storage_url, self.job_id)
        if self.width_px is None:
            image = opened.render(self.number, dpi=self.dpi)
        else:
            image = opened.render_preview(self.number, self.width_px)
        buffer = io.BytesIO()
        # Method 2 is four times as fast as the default, at a few percent more bytes.
        Image.fromarray(image.pixels).save(buffer, "WEBP", quality=_PREVIEW_QUALITY, method=2)
        key = image_key(self.job_id, self.number, self.width_px)
        context.open_files(self.storage_url).write(key, buffer.getvalue())
        return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Load the reader and its libraries, so that the first page does not wait for them."""

    reader: "ReaderConfig"

    def run(self, context: TaskContext) -> None:
        context.open_reader(self.reader)
