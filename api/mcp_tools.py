"""What language models are offered over MCP: read a file, look at documents, search them, ask them.

Every tool does what the REST calls do, through the same services, for the account behind the bearer token: it
authorises, counts and charges alike, and somebody else's document is not there.
"""

import base64
import binascii
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from api.chat_schemas import MessageWire
from api.job_ids import read_job_id
from api.job_schemas import to_wire
from errors import EmptyFileError, FileTooLargeError, InvalidFieldError, NoFileError, OcrChatError
from pipeline.requested_options import parse_options
from service.callers import Caller
from service.chat import MAX_PAGES
from service.job_record import JobRecord, JobState
from service.job_views import JobView
from service.wiring import Services

MAX_FILE_BYTES = 15_000_000
"""A file travels inside the JSON here; a larger one is sent over REST and then found by its uuid."""
MAX_TEXT_CHARS = 60_000
"""What one answer says of a document; the rest is asked for by page."""
MAX_LISTED = 50
MAX_FOUND = 8
SEARCHED_DOCUMENTS = 20

INSTRUCTIONS = (
    "Reads pictures and PDFs to text, and answers questions about them from their own words, with the page. "
    "Send a file with ocr, or find one that was read before with list_documents; then use get_document, search or chat."
)

JobUuid = Annotated[str, Field(description="The document's uuid, from ocr or list_documents.")]
LOOKS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
READS = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)


def add_tools(server: MCPServer, services: Services) -> None:
    tools = _Tools(services)
    for tool, annotations in (
        (tools.ocr, READS),
        (tools.get_document, LOOKS),
        (tools.list_documents, LOOKS),
        (tools.search, LOOKS),
        (tools.chat, READS),
    ):
        server.add_tool(tool, annotations=annotations, structured_output=True)


class _Tools:
    """One method a tool; the docstrings and descriptions are what the model reads."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def ocr(
        self,
        context: Context[Any],
        file_base64: Annotated[
            str, Field(description="The file's bytes as base64: PNG, JPG, WEBP, GIF, BMP, TIFF, PDF")
        ],
        file_name: Annotated[str, Field(description="What the file is called.")] = "document",
        tier: Annotated[str, Field(description="cpu (fast, printed) or vlm (handwriting, layout, formulas)")] = "cpu",
        language: Annotated[str, Field(description="auto, or a code such as en, zh, ar")] = "auto",
        tool: Annotated[str, Field(description="A preset such as extract-tables; empty for none")] = "",
        translate_to: Annotated[str, Field(description="A language code to translate into; empty for none")] = "",
        pages: Annotated[str, Field(description="Only these pages, as 3 or 2-5; empty for all")] = "",
    ) -> dict[str, Any]:
        """Read a picture or PDF: its text as Markdown. Costs credits by page. A long one is finished later: poll it."""
        with errors_for_models():
            caller = _caller_of(context)
            content = _decode(file_base64)
            options = parse_options(tier=tier, language=language, tool=tool, translate_to=translate_to, pages=pages)
            jobs = self._services.jobs
            record = await run_in_threadpool(jobs.submit, caller, io.BytesIO(content), file_name, options)
            limits = self._services.settings.limits
            wait_s = limits.max_inline_wait_s if record.page_count <= limits.inline_max_pages else 0.0
            return _describe(await jobs.wait(caller, record.id, wait_s))

    async def get_document(
        self,
        context: Context[Any],
        uuid: JobUuid,
        pages: Annotated[str, Field(description="Only these pages, as 3 or 2-5; empty for all")] = "",
    ) -> dict[str, Any]:
        """The state of a document and its text as Markdown, or that of some of its pages."""
        with errors_for_models():
            view = await run_in_threadpool(self._services.jobs.get, _caller_of(context), read_job_id(uuid))
            return _describe(view, _to_range(pages))

    async def list_documents(
        self, context: Context[Any], limit: Annotated[int, Field(ge=1, le=MAX_LISTED)] = 20
    ) -> dict[str, Any]:
        """Your documents, newest first, without their text. Each is deleted by itself after a time."""
        with errors_for_models():
            views = await run_in_threadpool(self._services.jobs.list, _caller_of(context), limit)
            keep = {"uuid", "status", "file_name", "page_count", "created_at", "expires_at"}
            return {"documents": [to_wire(view).model_dump(mode="json", include=keep) for view in views]}

    async def search(
        self,
        context: Context[Any],
        query: Annotated[str, Field(description="What to look for, in any language.")],
        uuids: Annotated[
            list[str], Field(max_length=SEARCHED_DOCUMENTS, description="Where to look; empty: your newest documents.")
        ] = [],  # noqa: B006 - never changed
        limit: Annotated[int, Field(ge=1, le=MAX_FOUND)] = 5,
    ) -> dict[str, Any]:
        """The passages of your documents that fit best, with the page each stands on."""
        with errors_for_models():
            caller = _caller_of(context)
            return await self._services.chat.room.run(lambda: self._search(caller, query, uuids, limit))

    async def chat(
        self,
        context: Context[Any],
        uuid: JobUuid,
        message: Annotated[str, Field(description="The question, in any language.")],
    ) -> dict[str, Any]:
        """Ask a document. The answer rests on its text alone and cites the pages; it says so when nothing is there."""
        with errors_for_models():
            caller = _caller_of(context)
            door, job_id = self._services.chat, read_job_id(uuid)
            reply = await door.room.run(lambda: door.ask(caller, job_id, message))
            said = MessageWire.of(reply.message).model_dump(mode="json")
            places = [{"page": place["page"], "snippet": place["snippet"]} for place in said["citations"]]
            return {"answer": said["content"], "refused": said["refused"], "citations": places}

    def _search(self, caller: Caller, query: str, uuids: list[str], limit: int) -> dict[str, Any]:
        if uuids:
            job_ids = [read_job_id(uuid) for uuid in uuids]
        else:
            newest = self._services.jobs.list(caller, SEARCHED_DOCUMENTS)
            job_ids = _choose_newest([view.record for view in newest if view.record.state is JobState.DONE])
        found = self._services.chat.search(caller, job_ids, query)[:limit]
        return {
            "passages": [
                {
                    "uuid": passage.chunk.document_id,
                    "page": passage.chunk.page_number,
                    "text": passage.chunk.text,
                    "score": round(passage.score, 3),
                }
                for passage in found
            ]
        }


def _choose_newest(records: Sequence[JobRecord]) -> list[str]:
    """As many as can be searched at once; one at least."""
    pages = accumulate(record.page_count for record in records)
    chosen = [record.id for record, count in zip(records, pages, strict=True) if count <= MAX_PAGES]
    return chosen or [record.id for record in records[:1]]


def _caller_of(context: Context[Any]) -> Caller:
    """The caller that :mod:`api.mcp_endpoint` has found for this request."""
    request = context.request_context.request
    assert request is not None, "every call comes with a request"
    caller: Caller = request.state.caller
    return caller


@contextmanager
def errors_for_models() -> Iterator[None]:
    """An error of ours is a result that the model reads: the code, the sentence and what to do."""
    try:
        yield
    except OcrChatError as error:
        raise ToolError(f"{error.code}: {error}") from None


def _decode(file_base64: str) -> bytes:
    text = file_base64.strip()
    if text.startswith("data:"):
        text = text.partition(",")[2]
    if len(text) * 3 // 4 > MAX_FILE_BYTES:
        raise FileTooLargeError(
            f"The file is larger than {MAX_FILE_BYTES // 1_000_000} MB.",
            remedy="Send it with POST /api/v1/ocr/ and use its uuid here.",
        )
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoFileError("'file_base64' is not base64.", remedy="Send the file's bytes as base64.") from None
    if not content:
        raise EmptyFileError
    return content


def _to_range(pages: str) -> range | None:
    text = pages.strip()
    if not text:
        return None
    first, _, last = text.partition("-")
    if not (first.strip().isdecimal() and (last.strip() or first).strip().isdecimal()):
        raise InvalidFieldError("Field 'pages' is a page as 3 or a range as 2-5.", details={"field": "pages"})
    return range(int(first), int(last or first) + 1)


def _describe(view: JobView, pages: range | None = None) -> dict[str, Any]:
    """What a model needs to know of a job; only as much text as an answer should hold."""
    if pages is not None and view.document is not None:
        view = JobView(view.record, view.document.with_pages(pages), view.queue_position, view.usage)
    wire = to_wire(view)
    text = wire.markdown
    notices = list(wire.notices)
    if len(text) > MAX_TEXT_CHARS:
        text = text[:MAX_TEXT_CHARS]
        notices.append("Only the beginning is shown; ask for fewer pages with get_document.")
    shown = wire.model_dump(
        mode="json",
        include={"uuid", "status", "file_name", "page_count", "detected_language", "mean_confidence", "progress"}
        | {"error", "expires_at"},
    )
    translation = wire.translation.text[:MAX_TEXT_CHARS] if wire.translation else None
    return {**shown, "markdown": text, "translation": translation, "notices": notices}
