"""What a worker keeps in mind of a job that it holds; all of it can be read from the database again."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from errors import (
    EngineFailedError,
    InvalidInputError,
    NotFoundError,
    OcrChatError,
    PageCrashedError,
    StorageUnavailableError,
)
from service.completion import Completion
from service.job_claims import Claim, FailedPageOutcome, PageOutcome, ReadPageOutcome
from service.tasks import PageRead

LOST_STARTS_LIMIT = 8
"""A page that was begun so often without any outcome is believed to kill the workers themselves."""


@dataclass(slots=True, eq=False)
class HeldJob:
    """``failures`` has one entry for each page that is still to be read; ``outcomes`` are not yet written down.

    ``begun`` are pages of which nobody knows how an earlier try ended. ``reasons`` says why a page's last try failed,
    while this worker remembers it. ``has_document``: the only page was read and is the document already, so that its
    outcome and the job's end are written down together.
    """

    claim: Claim
    failures: dict[int, int] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    in_flight: dict[int, Future[Any]] = field(default_factory=dict)
    outcomes: list[PageOutcome] = field(default_factory=list)
    finishing: Future[Completion] | None = None
    finish_failures: int = 0
    reasons: dict[int, str] = field(default_factory=dict)
    has_document: bool = False

    @property
    def id(self) -> str:
        return self.claim.job.id

    @property
    def is_read(self) -> bool:
        """Nothing is left to be read or written down."""
        return not (self.failures or self.in_flight or self.outcomes)

    @classmethod
    def from_pages(cls, claim: Claim, pages: Sequence[tuple[int, int, int]]) -> "HeldJob":
        """``pages`` are (number, starts, failures) of those still to be read."""
        held = cls(claim)
        for number, starts, failures in pages:
            if starts - failures >= LOST_STARTS_LIMIT:
                error = PageCrashedError()
                held.outcomes.append(FailedPageOutcome(number, error.code, error.message, is_final=True))
            else:
                held.failures[number] = failures
                if starts > failures:
                    held.begun.add(number)
        return held

    def stop_pages(self) -> None:
        """Stop what reads pages of it; those of a batch have one future."""
        for future in set(self.in_flight.values()):
            future.cancel()

    def stop(self) -> None:
        """Stop all that runs for it."""
        self.stop_pages()
        if self.finishing is not None:
            self.finishing.cancel()

    def take_lost(self, number: int) -> None:
        """The batch that a page was in died; that is nothing which this page is known to have done."""
        self.in_flight.pop(number, None)
        self.begun.add(number)

    def take_result(self, number: int, done: Future[PageRead], max_attempts: int) -> PageOutcome | None:
        """Note what came of a page; None when it was stopped on purpose. A page that may be tried again stays."""
        self.in_flight.pop(number, None)
        if done.cancelled() or number not in self.failures:
            return None
        error = done.exception()
        outcome: PageOutcome
        if error is None:
            result = done.result()
            outcome = ReadPageOutcome(number, result.engine, result.tier, result.notices)
            self.has_document = result.is_document
        else:
            outcome = _to_failure(number, error, is_last=self.failures[number] + 1 >= max_attempts)
        self.outcomes.append(outcome)
        if isinstance(outcome, FailedPageOutcome) and not outcome.is_final:
            self.failures[number] += 1
            self.reasons[number] = outcome.message
        else:
            del self.failures[number]
        return outcome


@dataclass(frozen=True, slots=True)
class PageDone:
    """``future`` None: the batch that the page was in died without an outcome of this page."""

    held: HeldJob
    number: int
    future: Future[PageRead] | None


@dataclass(frozen=True, slots=True)
class DocumentDone:
    held: HeldJob
    future: Future[Completion]


def _to_failure(number: int, error: BaseException, *, is_last: bool) -> FailedPageOutcome:
    """Only our own errors speak for themselves: the text of others may quote the document."""
    if isinstance(error, OcrChatError):
        # These come again however often one tries.
        is_lasting = isinstance(error, (InvalidInputError, NotFoundError))
        # And an outage of the storage is nothing the page did; it ends, or the upload's time is over.
        is_final = is_lasting or (is_last and not isinstance(error, StorageUnavailableError))
        return FailedPageOutcome(number, error.code, error.message, is_final)
    if isinstance(error, FileNotFoundError):
        return FailedPageOutcome(number, "upload_missing", "The upload was deleted before this page was read.", True)
    return FailedPageOutcome(number, EngineFailedError.code, EngineFailedError.default_message, is_last)
