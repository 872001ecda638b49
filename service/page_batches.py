"""Pages of a job that a model reads side by side: one task, and yet each page is counted by itself.

Each page of a batch is written to the storage as soon as it is read, and beside it a receipt that says how. The worker
looks for receipts while the batch goes on, so that no page waits for the others to be counted; what a batch that died
had read is not read again.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

from errors import OcrChatError, StorageUnavailableError
from pipeline.document_json import page_to_json
from pipeline.options import OcrOptions, Tier
from service.job_files import JobFiles, draft_key, page_key, receipt_key
from service.page_drafts import keeping_draft
from service.task_context import TaskContext
from service.tasks import PageRead

if TYPE_CHECKING:
    from pipeline.recognise import PageResult, ReaderConfig
    from pipeline.vlm.drafts import OnDraft

_LOOK_EVERY_S = 1.0

BatchRead = dict[int, PageRead | OcrChatError]
"""By page number, what became of it."""


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """Read pages of a job by its model alone. Raises whatever an engine may when the batch as a whole can't be read.

    ``token`` is the claim's, so that nobody takes another claim's receipt for his own.
    """

    storage_url: str
    job_id: str
    numbers: tuple[int, ...]
    options: OcrOptions
    reader: "ReaderConfig"
    token: int

    def run(self, context: TaskContext) -> BatchRead:
        started, files, outcomes = time.perf_counter(), context.open_files(self.storage_url), BatchRead()

        def keep(number: int, found: "PageResult | OcrChatError") -> None:
            if isinstance(found, OcrChatError):
                outcomes[number] = found
            else:
                outcomes[number] = self._write(files, number, found, time.perf_counter() - started)

        with ExitStack() as stack:
            on_drafts = {number: self._keep_draft(stack, files, number) for number in self.numbers}
            opened = context.open_source(self.storage_url, self.job_id)
            context.open_reader(self.reader).read_batch(opened, self.numbers, self.options, keep, on_drafts)
        return outcomes

    def _keep_draft(self, stack: ExitStack, files: JobFiles, number: int) -> "OnDraft":
        return stack.enter_context(keeping_draft(files.impatient, draft_key(self.job_id, number)))

    def _write(self, files: JobFiles, number: int, result: "PageResult", seconds: float) -> PageRead:
        """The receipt comes last: what it speaks of is there."""
        read = PageRead(result.page.engine, result.tier, result.notices, seconds)
        files.write(page_key(self.job_id, number), page_to_json(result.page))
        files.write(receipt_key(self.job_id, number, self.token), json.dumps(asdict(read)).encode())
        return read


@dataclass(slots=True, eq=False)
class BatchWatch:
    """Tells of each page of a batch once: the future of its outcome, or None when its batch died without any.

    ``running`` is the future of the batch; ``tell`` is called from a thread of this watch, which ends with the batch.
    """

    batch: ReadBatch
    running: Future[BatchRead]
    files: JobFiles
    tell: Callable[[int, Future[PageRead] | None], None]
    _waiting: list[int] = field(default_factory=list)

    def start(self) -> None:
        self._waiting = list(self.batch.numbers)
        Thread(target=self._follow, name="batch", daemon=True).start()

    def _follow(self) -> None:
        while not self.running.done():
            wait([self.running], _LOOK_EVERY_S)
            if not self._has_said_all:
                self._take_receipts()
        for number in self._waiting:
            self.tell(number, self._find_outcome(number))

    @property
    def _has_said_all(self) -> bool:
        """False while it runs, and when it has died: then it may have read pages that nobody has heard of."""
        return self.running.done() and (self.running.cancelled() or self.running.exception() is None)

    def _take_receipts(self) -> None:
        """Receipts that can't be read are no receipts."""
        with suppress(StorageUnavailableError, ValueError, TypeError, LookupError):
            for number in tuple(self._waiting):
                data = self.files.impatient.find(receipt_key(self.batch.job_id, number, self.batch.token))
                if data is not None:
                    self.tell(number, _ended_with(_from_receipt(data)))
                    self._waiting.remove(number)

    def _find_outcome(self, number: int) -> Future[PageRead] | None:
        if self.running.cancelled():
            future: Future[PageRead] = Future()
            future.cancel()
            return future
        outcome = None if self.running.exception() else self.running.result().get(number)
        return None if outcome is None else _ended_with(outcome)


def _ended_with(outcome: PageRead | OcrChatError) -> Future[PageRead]:
    future: Future[PageRead] = Future()
    if isinstance(outcome, OcrChatError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
    return future


def _from_receipt(data: bytes) -> PageRead:
    said = json.loads(data)
    return PageRead(said["engine"], Tier(said["tier"]), tuple(said["notices"]), said["seconds"])
