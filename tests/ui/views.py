"""Jobs as the services show them, without services."""

from datetime import UTC, datetime

from pipeline.document import Block, BlockKind, Box, Document, Page
from pipeline.options import OcrOptions
from service.job_record import JobRecord, JobState
from service.job_views import JobView

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
JOB = "0123456789abcdef0123456789abcdef"


def make_view(
    state: JobState,
    *,
    pages: int = 1,
    pages_done: int = 0,
    text: str | None = None,
    tool: str | None = None,
    error_message: str | None = None,
) -> JobView:
    """``text`` None: there is nothing read yet."""
    record = JobRecord(
        id=JOB,
        owner_id=None,
        state=state,
        options=OcrOptions(tool=tool, translate_to="en" if tool == "translate" else None),
        source_name="page.png",
        media_type="image/png",
        suffix=".png",
        size_bytes=1000,
        page_count=pages,
        pages_done=pages_done,
        pages_failed=0,
        notices=(),
        retain=True,
        is_express=False,
        weight=1,
        queue_rank=0.0,
        created_at=NOW,
        started_at=None,
        finished_at=None,
        expires_at=None,
        error_code=None,
        error_message=error_message,
    )
    return JobView(record, None if text is None else _make_document(text, pages))


def _make_document(text: str, pages: int) -> Document:
    return Document(
        id=JOB,
        source_name="page.png",
        pages=tuple(_make_page(text, number) for number in range(1, pages + 1)),
        page_count=pages,
        created_at=NOW,
    )


def _make_page(text: str, number: int) -> Page:
    block = Block(id=f"p{number}-b1", kind=BlockKind.TEXT, text=text, box=Box(0, 0, 100, 20), confidence=0.9)
    return Page(number=number, width_px=200, height_px=300, dpi=72.0, blocks=(block,), engine="scripted")
