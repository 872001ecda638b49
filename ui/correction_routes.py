"""What the viewer asks about doubtful and corrected words; checked against the browser's session."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from service.callers import Caller
from service.corrections import Change, ShownCorrection
from service.job_record import JobState
from service.wiring import Services
from ui.page_json import count_doubts, to_corrected
from ui.sessions import get_caller, require_same_origin

MAX_TEXT_CHARS = 20_000
"""What the route lets in; the service says how long a correction may be."""

_NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class ChangedWord(BaseModel):
    """``text`` None takes the correction back."""

    block: str = Field(max_length=40)
    piece: int
    text: str | None = Field(max_length=MAX_TEXT_CHARS)


def build_correction_routes(services: Services) -> APIRouter:
    """``/app/jobs/<id>/doubts`` counts doubtful words by page, ``/app/jobs/<id>/corrections`` takes a corrected one."""
    router = APIRouter(prefix="/app/jobs", include_in_schema=False)

    @router.get("/{job_id}/doubts")
    async def doubts(request: Request, job_id: str) -> Response:
        """Page numbers (from 1) with how many words of the page deserve a look; pages without any are left out."""

        def count() -> Response:
            pages = _count_doubts(services, get_caller(services, request), job_id)
            return JSONResponse({"pages": pages}, headers=_NOT_KEPT)

        return await run_in_threadpool(count)

    @router.patch("/{job_id}/corrections")
    async def change(request: Request, job_id: str, word: ChangedWord) -> Response:
        """All corrections of the document as they are now, another tab's too."""
        require_same_origin(request)

        def store() -> Response:
            caller = get_caller(services, request)
            services.request_rate.count(caller)
            found = services.corrections.change(caller, job_id, [Change(word.block, word.piece, word.text)])
            return JSONResponse({"corrections": [_to_json(one) for one in found]}, headers=_NOT_KEPT)

        return await run_in_threadpool(store)

    return router


def find_corrections(services: Services, caller: Caller, job_id: str, state: JobState) -> tuple[ShownCorrection, ...]:
    """None for a document that is still being read."""
    return services.corrections.list(caller, job_id) if state is JobState.DONE else ()


def _count_doubts(services: Services, caller: Caller, job_id: str) -> dict[int, int]:
    view = services.jobs.get(caller, job_id)
    if view.document is None:
        return {}
    corrected = to_corrected(find_corrections(services, caller, job_id, view.record.state))
    counts = {page.number: count_doubts(page, corrected) for page in view.document.pages}
    return {number: count for number, count in counts.items() if count}


def _to_json(one: ShownCorrection) -> dict[str, Any]:
    return {
        "page": one.page_number,
        "block": one.block_id,
        "piece": one.piece,
        "read": one.original,
        "text": one.text,
    }
