"""What the page shows and hands out of a job: page pictures and downloads, checked against the browser's session.

Gradio's own file cache serves anything in it to anybody, so users' documents never go there.
"""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from errors import PageNotFoundError
from service.file_names import to_attachment
from service.wiring import Services
from ui.correction_routes import find_corrections
from ui.page_json import to_corrected, to_page_json
from ui.sessions import get_caller

PRIVATE = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
# A download changes when somebody corrects a word.
NOT_KEPT = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}


def build_file_routes(services: Services) -> APIRouter:
    """``/app/jobs/<id>/pages/<n>`` (picture), ``.../blocks`` (what was read there) and ``/app/jobs/<id>/download``."""
    router = APIRouter(prefix="/app/jobs", include_in_schema=False)

    @router.get("/{job_id}/pages/{number}")
    async def page_image(
        request: Request, job_id: str, number: int, width: Annotated[int | None, Query(ge=16, le=4000)] = None
    ) -> Response:
        def read() -> Response:
            caller = get_caller(services, request)
            picture = services.jobs.page_image(caller, job_id, number, width_px=width)
            return Response(picture.data, media_type=picture.media_type, headers=PRIVATE)

        return await run_in_threadpool(read)

    @router.get("/{job_id}/pages/{number}/blocks")
    async def page_blocks(request: Request, job_id: str, number: int) -> Response:
        """204 while the page has not been read, which is no error: the viewer asks again when there is news."""

        return await run_in_threadpool(_read_blocks, services, request, job_id, number)

    @router.get("/{job_id}/download")
    async def download(
        request: Request,
        job_id: str,
        format: str = "txt",
        pages: str | None = None,
        tables: str = "single",
        translation: bool = False,
        version: str = "original",
    ) -> Response:
        def make() -> Response:
            exported = services.jobs.export(
                get_caller(services, request),
                job_id,
                format,
                pages=pages,
                tables=tables,
                translation=translation,
                version=version,
            )
            headers = {**NOT_KEPT, "Content-Disposition": to_attachment(exported.file_name)}
            return StreamingResponse(exported.chunks, media_type=exported.media_type, headers=headers)

        return await run_in_threadpool(make)

    return router


def _read_blocks(services: Services, request: Request, job_id: str, number: int) -> Response:
    caller = get_caller(services, request)
    view = services.jobs.get(caller, job_id)
    if number not in view.record.page_numbers:
        raise PageNotFoundError
    document = view.document
    page = next((page for page in document.pages if page.number == number), None) if document else None
    if page is None:
        return Response(status_code=204, headers={"Cache-Control": "no-store"})
    corrected = to_corrected(find_corrections(services, caller, job_id, view.record.state))
    return JSONResponse(to_page_json(page, corrected), headers={"Cache-Control": "no-store"})
