"""Correcting words of a finished document. What was read stays; the corrected version is made from both when asked for.

Search and chat go on working with what was read.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errors import InvalidFieldError, JobNotFoundError
from pipeline.corrections import Correction, correct, list_cell_pieces, list_pieces
from pipeline.document import Block, Document
from service.callers import Caller
from service.correction_store import CorrectionStore
from service.job_results import JobResults
from service.ocr_jobs import OcrJobs

__all__ = ["Change", "Correction", "Corrections", "ShownCorrection", "list_cell_pieces", "list_pieces"]

MAX_CHANGES = 500
"""In one call."""
MAX_CHARS = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """Let piece ``piece`` of a block read ``text``; None takes a correction back.

    ``original``, where given, must be what was read there: a guard for callers that count pieces themselves.
    """

    block_id: str
    piece: int
    text: str | None
    original: str | None = None


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """``page_number`` counts from 1, ``piece`` from 0; ``original`` is what was read."""

    page_number: int
    block_id: str
    piece: int
    original: str
    text: str


class Corrections:
    """All methods block. They raise what :meth:`service.ocr_jobs.OcrJobs.require_done` raises."""

    def __init__(self, store: CorrectionStore, jobs: OcrJobs, results: JobResults) -> None:
        self._store = store
        self._jobs = jobs
        self._results = results

    def list(self, caller: Caller, job_id: str) -> tuple[ShownCorrection, ...]:
        """In the order of the document."""
        record = self._jobs.require_done(caller, job_id)
        found = {(one.block_id, one.piece): one.text for one in self._store.list(record.id)}
        return _to_shown(self._results.get_document(record), found) if found else ()

    def change(self, caller: Caller, job_id: str, changes: Sequence[Change]) -> tuple[ShownCorrection, ...]:
        """Make all the changes or none, and list what is corrected now.

        Raises InvalidFieldError for a place that the document does not have, or a text that is not one.
        """
        record = self._jobs.require_done(caller, job_id)
        if not 1 <= len(changes) <= MAX_CHANGES:
            raise InvalidFieldError(f"Send 1 to {MAX_CHANGES} corrections at once.", details={"field": "corrections"})
        blocks = {block.id: block for page in self._results.get_document(record).pages for block in page.blocks}
        wanted, restored = [], []
        for change in changes:
            original = _find_original(blocks.get(change.block_id), change)
            text = None if change.text is None else _to_clean_text(change.text)
            if text is None or text == original:
                restored.append((change.block_id, change.piece))
            else:
                wanted.append(Correction(change.block_id, change.piece, text))
        try:
            self._store.change(record.id, wanted, restored)
        except LookupError as error:
            raise JobNotFoundError from error
        self._results.forget_corrected(record)
        return self.list(caller, job_id)

    def clear(self, caller: Caller, job_id: str) -> None:
        """Take all corrections back."""
        record = self._jobs.require_done(caller, job_id)
        self._store.clear(record.id)
        self._results.forget_corrected(record)

    def get_corrected(self, caller: Caller, job_id: str) -> Document:
        """The document as it reads with the corrections; without any it is the one that was read."""
        record = self._jobs.require_done(caller, job_id)
        return correct(self._results.get_document(record), self._store.list(record.id))


def _find_original(block: Block | None, change: Change) -> str:
    pieces = list_pieces(block) if block is not None else ()
    if not 0 <= change.piece < len(pieces):
        raise InvalidFieldError(
            f"The document has no word {change.piece} in a block '{change.block_id[:40]}'.",
            remedy="The job's 'pages' list the blocks with their words.",
            details={"field": "corrections"},
        )
    original = pieces[change.piece].text
    if change.original is not None and change.original != original:
        raise InvalidFieldError(
            f"Something else was read there: '{original[:100]}'.", details={"field": "original", "original": original}
        )
    return original


def _to_clean_text(text: str) -> str:
    """In normal form C, without control characters and space around it. Raises InvalidFieldError when too long."""
    if len(text) > MAX_CHARS:
        raise InvalidFieldError(f"A correction has at most {MAX_CHARS} characters.", details={"field": "text"})
    kept = "".join(char if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") else " " for char in text)
    return unicodedata.normalize("NFC", kept).strip()


def _to_shown(document: Document, found: Mapping[tuple[str, int], str]) -> tuple[ShownCorrection, ...]:
    return tuple(
        ShownCorrection(page.number, block.id, index, piece.text, found[block.id, index])
        for page in document.pages
        for block in page.blocks
        for index, piece in enumerate(list_pieces(block))
        if (block.id, index) in found
    )
