"""The job as it stands on the wire. The only place that knows that ``index`` counts from 0."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, create_model
from typing_extensions import TypedDict

from pipeline.document import Block, Box, Page, TableCell
from service.job_record import JobState
from service.job_views import JobView

WireStatus = Literal["pending", "processing", "done", "failed"]
Bbox = tuple[float, float, float, float]

STATUSES: dict[JobState, WireStatus] = {
    JobState.PENDING: "pending",
    JobState.PROCESSING: "processing",
    JobState.DONE: "done",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "failed",
}

EXAMPLE_JOB: dict[str, Any] = {
    "uuid": "9f2c1b7e4a5d4c0f8e6b3a2d1c0f9e8d",
    "status": "done",
    "tier": "vlm",
    "language": "auto",
    "page_count": 1,
    "mean_confidence": 0.98,
    "text": "INVOICE\nAcme Corp\nTotal: 215.00 USD",
    "markdown": "# INVOICE\n\n**Acme Corp** ...",
    "pages": [
        {
            "index": 0,
            "text": "INVOICE\nAcme Corp\nTotal: 215.00 USD",
            "width": 1240,
            "height": 1754,
            "dpi": 150.0,
            "rotation": 0,
            "language": "en",
            "engine": "tesseract",
            "blocks": [
                {
                    "id": "p1-b1",
                    "kind": "title",
                    "text": "INVOICE",
                    "bbox": [96.0, 80.0, 402.0, 131.0],
                    "confidence": 0.98,
                    "level": 1,
                    "words": [{"text": "INVOICE", "bbox": [96.0, 80.0, 402.0, 131.0], "confidence": 0.98}],
                    "cells": None,
                }
            ],
        }
    ],
}


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True)


# A plain dictionary: documents have many thousands of words, and a model takes longer to make.
class WordWire(TypedDict):
    text: str
    bbox: Bbox
    confidence: float | None


class CellWire(_Wire):
    row: int = Field(description="Counts from 0.")
    column: int = Field(description="Counts from 0.")
    row_span: int
    column_span: int
    text: str
    bbox: Bbox


class BlockWire(_Wire):
    id: str
    kind: str = Field(description="title, text, list, table, formula, figure, header or footer")
    text: str
    bbox: Bbox = Field(description="Left, top, right, bottom in pixels of the page image, origin top left.")
    confidence: float | None = Field(description="0..1, or null where the engine has none.")
    level: int = Field(description="1..6 for a title, depth for a list, else 0.")
    words: list[WordWire]
    cells: list[CellWire] | None = Field(description="The cells of a table, else null.")


class PageWire(_Wire):
    index: int = Field(description="Counts from 0.")
    text: str
    width: int = Field(description="Pixels of the page image.")
    height: int = Field(description="Pixels of the page image.")
    dpi: float
    rotation: int = Field(description="Degrees clockwise that turn the page image upright: 0, 90, 180 or 270.")
    language: str | None
    engine: str
    blocks: list[BlockWire]


class DraftWire(_Wire):
    index: int = Field(description="Counts from 0.")
    text: str = Field(description="What the model has written so far; the page as it is read in the end may differ.")


class ProgressWire(_Wire):
    done: int
    total: int


class UsageWire(_Wire):
    cost: int = Field(description="Credits that this job has taken or holds.")
    used: int
    cap: int | None = Field(description="null: not metered on this server.")
    remaining: int | None
    scope: str | None
    resets_at: datetime | None


class JobErrorWire(_Wire):
    code: str
    message: str


class TranslationPageWire(_Wire):
    index: int
    text: str


class TranslationWire(_Wire):
    language: str
    text: str
    pages: list[TranslationPageWire]


class FieldWire(_Wire):
    """One value of a schema; `fields` has the schema's shape with these as its leaves."""

    value: str | int | float | bool | None = Field(description="null where no page says it.")
    page: int | None = Field(description="Counts from 1.")
    bbox: Bbox | None = Field(description="The words on the page that say it.")
    confidence: float | None


class JobWire(_Wire):
    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [EXAMPLE_JOB]})

    uuid: str
    status: WireStatus
    tier: Literal["cpu", "vlm"]
    language: str = Field(description="What was asked for.")
    detected_language: str | None
    page_count: int
    mean_confidence: float | None
    text: str
    markdown: str
    pages: list[PageWire]
    tool: str | None
    engine: str | None = Field(description="What really read the pages; several are joined by '+'.")
    file_name: str
    notices: list[str]
    progress: ProgressWire
    drafts: list[DraftWire] = Field(
        description="Pages that a model of tier `vlm` is just reading; renewed about once a second, empty otherwise."
    )
    queue_position: int | None = Field(description="1 is next; null when the job is not waiting.")
    usage: UsageWire | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    error: JobErrorWire | None
    translation: TranslationWire | None
    fields: dict[str, Any] | None = Field(
        default=None, description="What the field `schema` asked for: {value, page, bbox, confidence} at each leaf."
    )


LISTED_WITHOUT = {"pages", "text", "markdown", "drafts"}
"""What a list of jobs leaves out of each."""

JobSummaryWire = create_model(  # type: ignore[call-overload]
    "JobSummaryWire",
    __base__=_Wire,
    **{name: (field.annotation, field) for name, field in JobWire.model_fields.items() if name not in LISTED_WITHOUT},
)


class EstimateQuestionWire(_Wire):
    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [{"pages": 12, "tier": "cpu"}]})

    pages: StrictInt = Field(ge=1, le=100_000)
    tier: str | None = None
    tool: str | None = None


class EstimateWire(_Wire):
    pages: int
    cost: int = Field(description="Credits.")
    allowed: bool = Field(description="Whether you could send such a job now.")
    reason: str | None = Field(description="Why not.")
    used: int
    cap: int | None = Field(description="null: not metered on this server.")
    remaining: int | None
    scope: str
    resets_at: datetime | None


def to_wire(view: JobView) -> JobWire:
    record, document = view.record, view.document
    pages = document.pages if document else ()
    return JobWire(
        uuid=record.id,
        status=STATUSES[record.state],
        tier=record.options.tier.value,
        language=record.options.language,
        detected_language=document.detected_language if document else None,
        page_count=record.page_count,
        mean_confidence=_rounded(document.mean_confidence) if document else None,
        text=document.text if document else "",
        markdown=view.markdown,
        pages=[_to_page(page) for page in pages],
        tool=record.options.tool,
        engine="+".join(dict.fromkeys(page.engine for page in pages)) or None,
        file_name=record.source_name,
        notices=list(view.notices),
        progress=ProgressWire(done=record.pages_done, total=record.page_count),
        drafts=[DraftWire(index=draft.number - 1, text=draft.text) for draft in view.drafts],
        queue_position=view.queue_position,
        usage=_to_usage(view),
        created_at=record.created_at,
        finished_at=record.finished_at,
        expires_at=record.expires_at,
        error=_to_error(view),
        translation=_to_translation(view),
        fields=_to_fields(view),
    )


# Pages and blocks come from our own types, and there are thousands of them: checking each again would take as long
# as making it.
def _to_page(page: Page) -> PageWire:
    return PageWire.model_construct(
        index=page.number - 1,
        text=page.text,
        width=page.width_px,
        height=page.height_px,
        dpi=page.dpi,
        rotation=page.rotation,
        language=page.language,
        engine=page.engine,
        blocks=[_to_block(block) for block in page.blocks],
    )


def _to_block(block: Block) -> BlockWire:
    return BlockWire.model_construct(
        id=block.id,
        kind=block.kind.value,
        text=block.text,
        bbox=_to_bbox(block.box),
        confidence=_rounded(block.confidence),
        level=block.level,
        words=[_to_word(word.text, word.box, word.confidence) for line in block.lines for word in line.words],
        cells=[_to_cell(cell) for cell in block.table.cells] if block.table else None,
    )


def _to_word(text: str, box: Box, confidence: float | None) -> WordWire:
    bbox = round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)
    return {"text": text, "bbox": bbox, "confidence": None if confidence is None else round(confidence, 4)}


def _to_cell(cell: TableCell) -> CellWire:
    return CellWire(
        row=cell.row,
        column=cell.column,
        row_span=cell.row_span,
        column_span=cell.column_span,
        text=cell.text,
        bbox=_to_bbox(cell.box),
    )


def _to_bbox(box: Box) -> Bbox:
    return round(box.left, 1), round(box.top, 1), round(box.right, 1), round(box.bottom, 1)


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)


def _to_usage(view: JobView) -> UsageWire | None:
    usage = view.usage
    if usage is None:
        return None
    return UsageWire(
        cost=usage.cost,
        used=usage.used,
        cap=usage.cap,
        remaining=usage.remaining,
        scope=usage.scope,
        resets_at=usage.resets_at,
    )


def _to_error(view: JobView) -> JobErrorWire | None:
    if view.record.error_code is None:
        return None
    return JobErrorWire(code=view.record.error_code, message=view.record.error_message or "The job failed.")


def _to_fields(view: JobView) -> dict[str, Any] | None:
    """The schema's shape, built from the paths of its leaves."""
    if view.document is None or view.record.options.schema is None or not view.document.fields:
        return None
    root: dict[str | int, Any] = {}
    for found in view.document.fields:
        node = root
        for part in found.path[:-1]:
            node = node.setdefault(part, {})
        node[found.path[-1]] = FieldWire(
            value=found.value,
            page=found.page_number,
            bbox=None if found.box is None else _to_bbox(found.box),
            confidence=_rounded(found.confidence),
        ).model_dump()
    return {str(name): _with_lists(child) for name, child in root.items()}


def _with_lists(node: Any) -> Any:
    """Members that are numbered are the items of a list."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(name, int) for name in node):
        return [_with_lists(node[index]) for index in sorted(node)]
    return {name: _with_lists(child) for name, child in node.items()}


def _to_translation(view: JobView) -> TranslationWire | None:
    translation = view.document.translation if view.document else None
    if translation is None:
        return None
    pages = [TranslationPageWire(index=page.number - 1, text=page.text) for page in translation.pages]
    return TranslationWire(
        language=translation.language, text="\n\n".join(page.text for page in pages if page.text), pages=pages
    )
