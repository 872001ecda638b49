"""What is done with a document once its pages are together: translating it, and taking values out of it."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from errors import OcrChatError
from pipeline.options import OcrOptions, Tier
from pipeline.translators.base import TranslatorConfig
from pipeline.vlm.config import VlmConfig, VlmKind
from service.completion_tasks import AddNotices, Completed, ExtractFields, TranslateDocument
from service.executors.base import Executor, Lane, Task
from service.job_endings import PageSummary
from service.job_record import JobRecord

# Loading a model, and downloading it where that is allowed.
_LOADING_S = 900.0
_NOTICE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class CompletionSettings:
    """``translation_page_s`` bounds the translation of a page, the instruct model's budget each of its requests."""

    translators: TranslatorConfig = field(default_factory=TranslatorConfig)
    instruct: VlmConfig = field(default_factory=VlmConfig)
    translation_page_s: float = 60.0

    @property
    def can_extract(self) -> bool:
        return self.instruct.kind is not VlmKind.NONE


@dataclass(frozen=True, slots=True)
class Completion:
    """What came of it; ``translated`` are page numbers."""

    translated: frozenset[int] = frozenset()
    notices: tuple[str, ...] = ()

    def added_to(self, summary: PageSummary, options: OcrOptions) -> PageSummary:
        """Of tier ``vlm`` a translated page costs what that tier costs, however it was read."""
        notices = tuple(dict.fromkeys((*summary.notices, *self.notices)))
        if options.tier is not Tier.VLM:
            return replace(summary, notices=notices)
        read = zip(summary.read_numbers, summary.tiers, strict=True)
        tiers = tuple(Tier.VLM.value if number in self.translated else tier for number, tier in read)
        return replace(summary, notices=notices, tiers=tiers)


class _Chain(Future[Completion]):
    """Ends when the last of several tasks has; cancelling it stops the one that runs."""

    current: Future[Any] | None = None

    def cancel(self) -> bool:
        return self.current.cancel() if self.current is not None else super().cancel()


class Completions:
    def __init__(self, executor: Executor, storage_url: str, settings: CompletionSettings) -> None:
        self._executor = executor
        self._storage_url = storage_url
        self._settings = settings

    def follow(self, assembled: Future[None], record: JobRecord, page_count: int) -> Future[Completion]:
        """After ``assembled`` the tasks that the job's options ask for, one after the other.

        The future fails only as ``assembled`` does: a translation or extraction that fails is a notice.
        """
        chain = _Chain()
        self._watch(chain, assembled, partial(self._next, chain, record, self._steps(record, page_count), Completion()))
        return chain

    def _steps(self, record: JobRecord, page_count: int) -> list[tuple[Task[Completed], float, str]]:
        """(task, time-out in seconds, what to say when it fails)."""
        options, settings = record.options, self._settings
        steps: list[tuple[Task[Completed], float, str]] = []
        if options.translate_to is not None:
            steps.append(
                (
                    TranslateDocument(
                        self._storage_url,
                        record.id,
                        options.translate_to,
                        settings.translators,
                        settings.translation_page_s,
                    ),
                    _LOADING_S + settings.translation_page_s * page_count,
                    "The document was not translated",
                )
            )
        if options.schema is not None:
            steps.append(
                (
                    ExtractFields(self._storage_url, record.id, options.schema, settings.instruct),
                    _LOADING_S + 2 * settings.instruct.page_budget_s * page_count,
                    "The fields of the schema were not filled in",
                )
            )
        return steps

    def _next(
        self,
        chain: _Chain,
        record: JobRecord,
        steps: list[tuple[Task[Completed], float, str]],
        so_far: Completion,
        _done: Future[Any],
    ) -> None:
        if not steps:
            chain.set_result(so_far)
            return
        (task, timeout_s, failure), *rest = steps
        future = self._executor.submit(task, timeout_s=timeout_s, lane=Lane.MODELS)
        self._watch(
            chain,
            future,
            lambda done: self._next(chain, record, rest, _added(so_far, done.result()), done),
            lambda error: self._note_failure(chain, record, rest, so_far, _to_notice(failure, error)),
        )

    def _note_failure(
        self,
        chain: _Chain,
        record: JobRecord,
        steps: list[tuple[Task[Completed], float, str]],
        so_far: Completion,
        notice: str,
    ) -> None:
        """The document itself has to say it too."""
        task = AddNotices(self._storage_url, record.id, (notice,))
        future = self._executor.submit(task, timeout_s=_NOTICE_TIMEOUT_S, lane=Lane.FILES)
        said = replace(so_far, notices=(*so_far.notices, notice))
        self._watch(chain, future, partial(self._next, chain, record, steps, said))

    def _watch(
        self,
        chain: _Chain,
        future: Future[Any],
        go_on: Callable[[Future[Any]], None],
        on_error: Callable[[BaseException], None] | None = None,
    ) -> None:
        chain.current = future

        def pass_on(done: Future[Any]) -> None:
            if done.cancelled():
                Future.cancel(chain)
                chain.set_running_or_notify_cancel()
                return
            error = done.exception()
            if error is None:
                go_on(done)
            elif on_error is not None:
                on_error(error)
            else:
                chain.set_exception(error)

        future.add_done_callback(pass_on)


def _added(so_far: Completion, done: Completed) -> Completion:
    return Completion(so_far.translated | frozenset(done.translated), (*so_far.notices, *done.notices))


def _to_notice(failure: str, error: BaseException) -> str:
    """Only our own errors speak for themselves: the text of others may quote the document."""
    why = f": {error.message}" if isinstance(error, OcrChatError) else "."
    return f"{failure}{why}"
