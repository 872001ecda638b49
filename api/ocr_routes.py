"""The ``/api/v1/ocr/`` routes: submit, poll, watch, download, cancel, delete."""

import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Header, Query, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

from api.callers import CallerDep, ServicesDep
from api.job_ids import JobId
from api.job_schemas import LISTED_WITHOUT, EstimateQuestionWire, EstimateWire, JobSummaryWire, JobWire, to_wire
from api.reference_schemas import ERRORS
from api.slash_router import SlashRouter
from api.uploads import FORM_SCHEMA, open_upload_form
from errors import JobNotFoundError
from service.file_names import to_attachment, to_notice_header
from service.job_views import JobView

MAX_WAIT_S = 60.0
EVENT_MEMBERS = {"uuid", "status", "progress", "drafts", "queue_position", "error"}
POLL_AFTER_S = "2"

router = SlashRouter(prefix="/api/v1/ocr", tags=["ocr"])


def _job_response(view: JobView, status: int, headers: dict[str, str] | None = None) -> Response:
    body = to_wire(view).model_dump_json()
    return Response(body, status_code=status, media_type="application/json", headers=headers)


@router.post(
    "/",
    response_model=None,
    openapi_extra=FORM_SCHEMA,
    responses={200: {"model": JobWire}, 202: {"model": JobWire}, **ERRORS(400, 401, 402, 409, 429, 503)},
    summary="Submit a document",
)
async def submit(
    request: Request,
    caller: CallerDep,
    services: ServicesDep,
    idempotency_key: Annotated[str | None, Header(max_length=200, description="Repeats return the same job.")] = None,
) -> Response:
    """Up to 5 pages the answer is the finished job; for more, poll `GET /api/v1/ocr/{uuid}/`."""
    async with open_upload_form(request) as form:
        record = await run_in_threadpool(
            services.jobs.submit,
            caller,
            form.content,
            form.file_name,
            form.options,
            idempotency_key=idempotency_key,
            retain=form.retain,
        )
    limits = services.settings.limits
    wait_s = limits.max_inline_wait_s if record.page_count <= limits.inline_max_pages else 0.0
    view = await services.jobs.wait(caller, record.id, wait_s)
    if view.record.state.is_final:
        return _job_response(view, 200)
    headers = {"Location": f"/api/v1/ocr/{record.id}/", "Retry-After": POLL_AFTER_S}
    return _job_response(view, 202, headers)


@router.get(
    "/", response_model=None, responses={200: {"model": list[JobSummaryWire]}, **ERRORS(401, 429)}, summary="Your jobs"
)
async def list_jobs(
    caller: CallerDep,
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The account's jobs, newest first, without their pages. Anonymous callers have no list."""
    views = await run_in_threadpool(services.jobs.list, caller, limit)
    body = [to_wire(view).model_dump(mode="json", exclude=LISTED_WITHOUT) for view in views]
    return JSONResponse(body)


@router.get(
    "/{uuid}/",
    response_model=None,
    responses={200: {"model": JobWire}, **ERRORS(401, 404, 429)},
    summary="Get a result",
)
async def get_job(
    job_id: JobId,
    caller: CallerDep,
    services: ServicesDep,
    wait: Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait for the job to end.")] = 0.0,
) -> Response:
    """Poll until `status` is `done` or `failed`; pages appear as they are read."""
    if wait:
        view = await services.jobs.wait(caller, job_id, wait)
    else:
        view = await run_in_threadpool(services.jobs.get, caller, job_id)
    headers = None if view.record.state.is_final else {"Retry-After": POLL_AFTER_S}
    return await run_in_threadpool(_job_response, view, 200, headers)


@router.get(
    "/{uuid}/events/",
    response_model=None,
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}, **ERRORS(401, 404, 429)},
    summary="Watch a job",
)
async def watch_job(job_id: JobId, caller: CallerDep, services: ServicesDep) -> Response:
    """Server-sent events: `progress` after every page, then `done`, `failed` or, when the job is removed, `deleted`.

    The text of pages that were read is not sent; `drafts` are, with a `progress` event whenever one has grown.
    """
    # An unknown job is still an answer with a status here; later it would be a broken stream.
    await run_in_threadpool(services.jobs.look, caller, job_id)
    return EventSourceResponse(_progress_events(caller, job_id, services))


async def _progress_events(caller: CallerDep, job_id: str, services: ServicesDep) -> AsyncIterator[bytes]:
    try:
        async for view in services.jobs.events(caller, job_id):
            wire = to_wire(view)
            name = "progress" if not view.record.state.is_final else wire.status
            yield format_sse_event(data_str=wire.model_dump_json(include=EVENT_MEMBERS), event=name)
    except JobNotFoundError:
        # Deleted, by its owner or because its result was delivered to another request.
        yield format_sse_event(data_str=json.dumps({"uuid": job_id}), event="deleted")


@router.get(
    "/{uuid}/download/",
    response_model=None,
    response_class=StreamingResponse,
    responses=ERRORS(400, 401, 404, 409, 429),
    summary="Download a format",
)
async def download(
    job_id: JobId,
    caller: CallerDep,
    services: ServicesDep,
    format: Annotated[str, Query(description="txt, md, docx, pdf, csv, json, xlsx, hocr or alto")] = "txt",
    pages: Annotated[str | None, Query(description="Only these pages, counted from 1: `2-5,8`.")] = None,
    tables: Annotated[str, Query(description="csv only: `single` or `zip` (a file a table).")] = "single",
    pdfa: Annotated[bool, Query(description="pdf only: PDF/A-2b.")] = False,
    translation: Annotated[bool, Query(description="The translation instead of the text.")] = False,
    version: Annotated[str, Query(description="`original` (as read) or `corrected` (by hand).")] = "original",
) -> Response:
    """The result as a file, made on first request and kept until the job expires."""
    exported = await run_in_threadpool(
        services.jobs.export,
        caller,
        job_id,
        format,
        pages=pages,
        tables=tables,
        pdfa=pdfa,
        translation=translation,
        version=version,
    )
    headers = {"Content-Disposition": to_attachment(exported.file_name), "X-Content-Type-Options": "nosniff"}
    if exported.notices:
        headers["X-Ocr-Chat-Notice"] = to_notice_header(exported.notices)
    if exported.size_bytes is not None:
        headers["Content-Length"] = str(exported.size_bytes)
    return StreamingResponse(exported.chunks, media_type=exported.media_type, headers=headers)


@router.get(
    "/{uuid}/pages/{number}/image/",
    response_model=None,
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **ERRORS(400, 401, 404, 429)},
    summary="The picture of a page",
)
async def page_image(
    job_id: JobId,
    number: int,
    caller: CallerDep,
    services: ServicesDep,
    width: Annotated[int | None, Query(ge=16, le=4000, description="Pixels; default: as it was read.")] = None,
) -> Response:
    """The page that the boxes refer to; `number` counts from 1."""
    picture = await run_in_threadpool(services.jobs.page_image, caller, job_id, number, width_px=width)
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(picture.data, media_type=picture.media_type, headers=headers)


@router.post("/{uuid}/cancel/", response_model=None, responses={200: {"model": JobWire}, **ERRORS(401, 404, 429)})
async def cancel(job_id: JobId, caller: CallerDep, services: ServicesDep) -> Response:
    """Stop a job: what was read is deleted and all of it is refunded. A finished job stays as it is."""
    view = await run_in_threadpool(services.jobs.cancel, caller, job_id)
    return _job_response(view, 200)


@router.delete(
    "/{uuid}/", status_code=204, response_model=None, responses=ERRORS(401, 404, 429), summary="Delete a job"
)
async def delete(job_id: JobId, caller: CallerDep, services: ServicesDep) -> Response:
    """Remove upload, pages, exports, vectors and chat at once."""
    await run_in_threadpool(services.jobs.delete, caller, job_id)
    return Response(status_code=204)


estimate_router = SlashRouter(prefix="/api/v1", tags=["ocr"])


@estimate_router.post("/estimate/", responses=ERRORS(400, 401, 429), summary="What would it cost?")
async def estimate(body: EstimateQuestionWire, caller: CallerDep, services: ServicesDep) -> EstimateWire:
    """The price of so many pages and what is left. Reads and charges nothing."""
    answer = await run_in_threadpool(services.jobs.estimate, caller, body.pages, body.tier, body.tool)
    return EstimateWire.model_validate(answer.to_json())
