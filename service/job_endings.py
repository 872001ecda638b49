"""How a job ends: what its pages say about its state, its notices and its price."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.document import PageError
from service.job_claims import JobEnding
from service.job_record import JobRecord, JobState, PageRecord, PageState

_LISTED_PAGES = 10


@dataclass(frozen=True, slots=True)
class RetentionTimes:
    """How long a result is kept after its job ended; ``undelivered`` is for jobs that are deleted on delivery."""

    retained: timedelta
    undelivered: timedelta = timedelta(minutes=10)

    def expires_at(self, finished_at: datetime, *, retain: bool) -> datetime:
        return finished_at + (self.retained if retain else self.undelivered)


@dataclass(frozen=True, slots=True)
class PageSummary:
    """What became of a job's pages. ``tiers`` has one entry for each page that was read."""

    read_numbers: tuple[int, ...]
    tiers: tuple[str, ...]
    errors: tuple[PageError, ...]
    notices: tuple[str, ...]


def summarise_pages(record: JobRecord, pages: Iterable[PageRecord]) -> PageSummary:
    read = [page for page in pages if page.state is PageState.READ]
    errors = tuple(
        PageError(page.number, page.error_code or "page_failed", page.error_message or "The page could not be read.")
        for page in pages
        if page.state is PageState.FAILED
    )
    notices = [*record.notices, *(notice for page in read for notice in page.notices)]
    if errors and read:
        notices.append(describe_failed_pages(errors))
    return PageSummary(
        read_numbers=tuple(page.number for page in read),
        tiers=tuple(page.tier or record.options.tier for page in read),
        errors=errors,
        notices=tuple(dict.fromkeys(notices)),
    )


def to_ending(record: JobRecord, summary: PageSummary, *, now: datetime, times: RetentionTimes) -> JobEnding:
    """``done`` when at least one page was read, else ``failed`` for the reason of the first page."""
    expires_at = times.expires_at(now, retain=record.retain)
    if summary.read_numbers:
        return JobEnding(JobState.DONE, summary.notices, now, expires_at)
    first = summary.errors[0]
    message = first.message if record.page_count == 1 else f"No page could be read. {first.message}"
    return JobEnding(JobState.FAILED, summary.notices, now, expires_at, first.code, message)


def to_failure(record: JobRecord, message: str, *, now: datetime, times: RetentionTimes) -> JobEnding:
    """The job failed although pages had been read."""
    expires_at = times.expires_at(now, retain=record.retain)
    return JobEnding(JobState.FAILED, record.notices, now, expires_at, "job_failed", message)


def describe_failed_pages(errors: Sequence[PageError]) -> str:
    """One sentence, for the person who pays."""
    if len(errors) == 1:
        return f"Page {errors[0].page_number} could not be read and was not charged: {errors[0].message}"
    numbers = ", ".join(str(error.page_number) for error in errors[:_LISTED_PAGES])
    more = ", …" if len(errors) > _LISTED_PAGES else ""
    return f"Pages {numbers}{more} could not be read and were not charged."
