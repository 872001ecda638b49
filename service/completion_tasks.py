"""The tasks that add to a document which is put together already. Running one twice does the same thing twice."""

import json
from dataclasses import dataclass, replace

from pipeline.document import Document
from pipeline.document_json import from_json, to_json
from pipeline.translators.base import TranslatorConfig
from pipeline.vlm.config import VlmConfig
from service.job_files import document_key
from service.task_context import TaskContext


@dataclass(frozen=True, slots=True)
class Completed:
    """``translated`` are the numbers of the pages that are in another language now."""

    translated: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TranslateDocument:
    """Add the translation. Each page has ``page_budget_s`` seconds; one that fails is a notice."""

    storage_url: str
    job_id: str
    target: str
    translators: TranslatorConfig
    page_budget_s: float

    def run(self, context: TaskContext) -> Completed:
        from pipeline.translators.document_translation import translate_document

        document = _read(context, self.storage_url, self.job_id)
        translators = context.open_translators(self.translators)
        outcome = translate_document(document, translators, self.target, page_budget_s=self.page_budget_s)
        translated = replace(document, translation=outcome.translation)
        _write(context, self.storage_url, _with_notices(translated, outcome.notices))
        return Completed(outcome.page_numbers, outcome.notices)


@dataclass(frozen=True, slots=True)
class ExtractFields:
    """Add the values that ``schema`` asks for. Raises as :func:`pipeline.extraction.extract.extract_fields`."""

    storage_url: str
    job_id: str
    schema: str
    instruct: VlmConfig

    def run(self, context: TaskContext) -> Completed:
        from pipeline.extraction.extract import extract_fields

        document = _read(context, self.storage_url, self.job_id)
        model = context.open_instruct_model(self.instruct)
        outcome = extract_fields(document, model, json.loads(self.schema), budget_s=self.instruct.page_budget_s)
        filled = replace(document, fields=outcome.fields)
        _write(context, self.storage_url, _with_notices(filled, outcome.notices))
        return Completed(notices=outcome.notices)


@dataclass(frozen=True, slots=True)
class AddNotices:
    storage_url: str
    job_id: str
    notices: tuple[str, ...]

    def run(self, context: TaskContext) -> Completed:
        document = _read(context, self.storage_url, self.job_id)
        _write(context, self.storage_url, _with_notices(document, self.notices))
        return Completed(notices=self.notices)


def _read(context: TaskContext, storage_url: str, job_id: str) -> Document:
    return from_json(context.open_files(storage_url).read(document_key(job_id)))


def _write(context: TaskContext, storage_url: str, document: Document) -> None:
    context.open_files(storage_url).write(document_key(document.id), to_json(document))


def _with_notices(document: Document, notices: tuple[str, ...]) -> Document:
    return replace(document, notices=tuple(dict.fromkeys((*document.notices, *notices))))
