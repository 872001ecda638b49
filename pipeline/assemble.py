"""Page results to a Document: what only shows when all pages are there."""

from collections.abc import Sequence
from datetime import datetime

from pipeline.document import Document, Page, PageError
from pipeline.structure import mark_repeated


def assemble(
    document_id: str,
    source_name: str,
    pages: Sequence[Page],
    *,
    page_count: int,
    created_at: datetime,
    notices: Sequence[str] = (),
    page_errors: Sequence[PageError] = (),
) -> Document:
    """The document of the pages that were read, in any order; ``created_at`` is UTC.

    Running headers and footers are marked, pages and errors sorted by number, repeated notices kept once.
    """
    in_order = sorted(pages, key=lambda page: page.number)
    return Document(
        id=document_id,
        source_name=source_name,
        pages=mark_repeated(in_order),
        page_count=page_count,
        created_at=created_at,
        notices=tuple(dict.fromkeys(notices)),
        page_errors=tuple(sorted(page_errors, key=lambda error: error.page_number)),
    )
