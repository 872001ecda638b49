"""The ``/api/v1/chat/`` routes: ask, read the transcript, forget it. An account's token is needed."""

import json
from collections.abc import AsyncIterator, Generator

from fastapi import Request, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

from api.callers import AccountDep, CallerDep, ServicesDep
from api.chat_schemas import HistoryWire, MessageWire, QuestionWire, ReplyWire
from api.errors import note_outage, status_of, to_body
from api.job_ids import JobId, read_job_id
from api.reference_schemas import ERRORS
from api.slash_router import SlashRouter
from errors import OcrChatError
from service.chat import ChatReply
from service.outages import DATABASE_OUTAGES
from service.waiting_room import WaitingRoom

router = SlashRouter(prefix="/api/v1/chat", tags=["chat"])


@router.post(
    "/{uuid}/",
    response_model=ReplyWire,
    responses=ERRORS(400, 401, 402, 404, 409, 429, 503),
    summary="Ask a finished job",
)
async def ask(
    request: Request,
    job_id: JobId,
    question: QuestionWire,
    account: AccountDep,  # noqa: ARG001 - a token is needed
    caller: CallerDep,
    services: ServicesDep,
) -> ReplyWire | Response:
    """The answer is made of the document's own text; each statement cites its page.

    With `Accept: text/event-stream` it arrives sentence by sentence, each already verified, then as a whole; or, should
    it fail halfway, as an `error` with the body of any other error.
    """
    also = [read_job_id(one) for one in question.also]
    pieces = services.chat.stream(caller, job_id, question.message, also=also)
    room = services.chat.room
    if "text/event-stream" in request.headers.get("accept", ""):
        # The first piece is waited for here, so that an error is still an answer with a status.
        first = await room.run(lambda: next(pieces))
        return EventSourceResponse(_events(first, pieces, room, request.url.path))
    *_, reply = await room.run(lambda: list(pieces))
    assert isinstance(reply, ChatReply)
    return _to_wire(reply)


async def _events(
    first: str | ChatReply, pieces: Generator[str | ChatReply, None, None], room: WaitingRoom, path: str
) -> AsyncIterator[bytes]:
    """``sentence`` events, each with one verified sentence, and at the end a ``message`` with the whole reply.

    Or an ``error``, with the body that an answer with a status would have had: then nothing was charged or remembered.
    """
    try:
        yield _to_event(first)
        async for piece in room.iterate(pieces):
            yield _to_event(piece)
    except OcrChatError as error:
        yield _to_error_event(error, path)
    except DATABASE_OUTAGES as error:
        yield _to_error_event(note_outage(error, path), path)
    finally:
        await room.close(pieces)


def _to_error_event(error: OcrChatError, path: str) -> bytes:
    return format_sse_event(data_str=json.dumps(to_body(error, status_of(error), path)), event="error")


def _to_event(piece: str | ChatReply) -> bytes:
    if isinstance(piece, ChatReply):
        return format_sse_event(data_str=_to_wire(piece).model_dump_json(), event="message")
    return format_sse_event(data_str=json.dumps({"text": piece}, ensure_ascii=False), event="sentence")


def _to_wire(reply: ChatReply) -> ReplyWire:
    return ReplyWire(conversation=reply.conversation_id, message=MessageWire.of(reply.message))


@router.get(
    "/{uuid}/history/", response_model=HistoryWire, responses=ERRORS(401, 404, 409, 429), summary="The whole transcript"
)
async def history(
    job_id: JobId,
    account: AccountDep,  # noqa: ARG001 - a token is needed
    caller: CallerDep,
    services: ServicesDep,
) -> HistoryWire:
    return HistoryWire.of(await run_in_threadpool(services.chat.history, caller, job_id))


@router.delete(
    "/{uuid}/",
    status_code=204,
    response_model=None,
    responses=ERRORS(401, 404, 409, 429),
    summary="Forget the transcript",
)
async def forget(
    job_id: JobId,
    account: AccountDep,  # noqa: ARG001 - a token is needed
    caller: CallerDep,
    services: ServicesDep,
) -> Response:
    """The conversation is deleted; the job stays."""
    await run_in_threadpool(services.chat.delete, caller, job_id)
    return Response(status_code=204)
