"""What a door shows of a job."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.document import Document
from quota.usage import Usage
from service.job_record import JobRecord


@dataclass(frozen=True, slots=True)
class PageDraft:
    """What a model has written of page ``number`` (from 1) so far; another reading may take its place."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class JobView:
    """``document`` holds the pages read so far while the job works, and is None where it was not asked for.

    ``queue_position`` counts from 1 and is None once the job has begun. ``usage`` None: the job reserved nothing.
    ``drafts`` are of pages that a model is just reading.
    """

    record: JobRecord
    document: Document | None = None
    queue_position: int | None = None
    usage: Usage | None = None
    drafts: tuple[PageDraft, ...] = ()

    @property
    def progress(self) -> tuple[int, int]:
        """(pages settled, pages in all)."""
        return self.record.pages_done, self.record.page_count

    @property
    def notices(self) -> tuple[str, ...]:
        return self.document.notices if self.document else self.record.notices

    @property
    def markdown(self) -> str:
        from exports.markdown import to_markdown

        return to_markdown(self.document) if self.document else ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """``cost`` in credits; ``allowed`` says whether the caller could send such a job now, ``reason`` why not."""

    pages: int
    cost: int
    usage: Usage
    allowed: bool
    reason: str | None = None

    def to_json(self) -> dict[str, object]:
        usage = self.usage
        return {
            "pages": self.pages,
            "cost": self.cost,
            "allowed": self.allowed,
            "reason": self.reason,
            "used": usage.used,
            "cap": usage.cap,
            "remaining": usage.remaining,
            "scope": str(usage.scope),
            "resets_at": usage.resets_at.isoformat() if usage.resets_at else None,
        }


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A download. ``chunks`` is read once; ``file_name`` is a label made from the name the upload had.

    ``notices`` are sentences for whoever downloads it, such as that a signature was taken out.
    """

    chunks: Iterator[bytes]
    size_bytes: int | None
    media_type: str
    file_name: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PagePicture:
    data: bytes
    media_type: str
