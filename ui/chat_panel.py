"""The chat beside the page: an empty shell that `static/chat.js` fills, and the routes that it asks.

Gradio's own chatbot offers buttons under the last message only; here every answer keeps the places that it cites.
"""

import json
from collections.abc import AsyncIterator, Generator
from typing import Any

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from errors import (
    ChatUnavailableError,
    JobNotFinishedError,
    JobNotFoundError,
    MissingTokenError,
    OcrChatError,
    QuotaExceededError,
    RateLimitedError,
    StorageUnavailableError,
)
from service.callers import Caller
from service.chat import ChatReply
from service.conversations import ChatMessage
from service.job_views import JobView
from service.waiting_room import WaitingRoom
from service.wiring import Services
from ui.job_texts import describe_error
from ui.page_json import to_bbox
from ui.sessions import get_caller, require_same_origin
from ui.template_data import to_attribute
from ui.texts import Texts, choose_language, get_texts

SUGGESTIONS = 3
MAX_QUESTION_CHARS = 20_000
"""What the route lets in; the service says how much it answers."""

_SENTENCES = {
    ChatUnavailableError.code: "said.chat_unavailable",
    JobNotFinishedError.code: "chat.not_yet",
    JobNotFoundError.code: "status.gone",
    MissingTokenError.code: "chat.sign_in",
    RateLimitedError.code: "refusal.rate_limited",
    StorageUnavailableError.code: "said.storage_unavailable",
    OcrChatError.code: "error.unexpected",
}
"""What the panel says of an error's code; the API's own sentences are English, and meant for programmers."""

_NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
import(new URL(options.root + 'app/static/chat.js', document.baseURI).href).then(({ ChatPanel }) => {
  const panel = new ChatPanel(element.querySelector('.ch-shell'), JSON.parse(data.texts), options);
  panel.update(props.value);
  watch('value', () => panel.update(props.value));
});
"""


class Question(BaseModel):
    message: str = Field(max_length=MAX_QUESTION_CHARS)


def build_chat_panel(texts: Texts, *, root: str) -> gr.HTML:
    """``root`` leads from the page to the program's root: empty or ``../``. Its value is :func:`to_chat_value`."""
    errors = {code: texts(key) for code, key in _SENTENCES.items()}
    options = {"root": root, "language": texts.language, "suggestions": SUGGESTIONS, "errors": errors}
    data = f"<div data-texts='{to_attribute(texts.group('chat'))}' data-options='{to_attribute(options)}' hidden></div>"
    return gr.HTML(
        value=None,
        html_template=f"{data}<div class='ch-shell'></div>",
        js_on_load=_ON_LOAD,
        elem_id="chat",
        apply_default_css=False,
        padding=False,
    )


def to_chat_value(view: JobView) -> dict[str, Any]:
    """What the panel needs to know of a job."""
    return {"job": view.record.id, "state": view.record.state.value}


def build_chat_routes(services: Services) -> APIRouter:
    """``/app/jobs/<id>/chat``: read the conversation, ask (streamed), forget. Errors leave in the API's shape."""
    router = APIRouter(prefix="/app/jobs", include_in_schema=False)

    @router.get("/{job_id}/chat")
    async def history(request: Request, job_id: str) -> Response:
        return await run_in_threadpool(_read_history, services, request, job_id)

    @router.post("/{job_id}/chat")
    async def ask(request: Request, job_id: str, question: Question, lang: str = "") -> Response:
        """A line of JSON a verified sentence (``sentence``), then the stored answer (``message``) or an ``error``."""
        require_same_origin(request)

        def begin() -> tuple[str | ChatReply, Generator[str | ChatReply, None, None]]:
            caller = get_caller(services, request)
            services.request_rate.count(caller)
            pieces = services.chat.stream(caller, job_id, question.message)
            # The first piece is waited for here, so that an error is still an answer with a status.
            return next(pieces), pieces

        texts = get_texts(choose_language(lang, ""))
        try:
            first, rest = await services.chat.room.run(begin)
        except QuotaExceededError as error:
            return JSONResponse({"error": describe_error(error, texts), "code": error.code}, status_code=402)
        lines = _to_lines(first, rest, texts, services.chat.room)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_NOT_KEPT)

    @router.delete("/{job_id}/chat")
    async def forget(request: Request, job_id: str) -> Response:
        require_same_origin(request)
        await run_in_threadpool(lambda: services.chat.delete(get_caller(services, request), job_id))
        return Response(status_code=204, headers=_NOT_KEPT)

    return router


def _read_history(services: Services, request: Request, job_id: str) -> Response:
    caller: Caller = get_caller(services, request)
    if caller.account is None:
        return JSONResponse({"signed_in": False, "messages": []}, headers=_NOT_KEPT)
    messages = services.chat.history(caller, job_id).messages
    return JSONResponse({"signed_in": True, "messages": [_to_json(one) for one in messages]}, headers=_NOT_KEPT)


async def _to_lines(
    first: str | ChatReply, rest: Generator[str | ChatReply, None, None], texts: Texts, room: WaitingRoom
) -> AsyncIterator[str]:
    try:
        yield _to_line(first)
        async for piece in room.iterate(rest):
            yield _to_line(piece)
    except OcrChatError as error:
        yield _dump({"error": describe_error(error, texts), "code": error.code})
    finally:
        await room.close(rest)


def _to_line(piece: str | ChatReply) -> str:
    return _dump({"message": _to_json(piece.message)} if isinstance(piece, ChatReply) else {"sentence": piece})


def _dump(data: dict[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False) + "\n"


def _to_json(message: ChatMessage) -> dict[str, Any]:
    return {
        "role": message.role.value,
        "content": message.content,
        "refused": message.refused,
        "citations": [
            {"page": place.page_number, "snippet": place.snippet, "boxes": [to_bbox(box) for box in place.boxes]}
            for place in message.citations
        ],
    }
