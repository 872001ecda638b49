"""The Documents tab: an account's jobs, filled by `static/documents.js` from our own routes."""

from typing import Any

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from service.job_views import JobView
from service.wiring import Services
from ui.sessions import get_caller, require_same_origin
from ui.template_data import to_attribute
from ui.texts import Texts

MAX_SHOWN = 200

_NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
import(new URL(options.root + 'app/static/documents.js', document.baseURI).href).then(({ DocumentList }) => {
  new DocumentList(element.querySelector('.dl-shell'), JSON.parse(data.texts), options);
});
"""


def build_documents_tab(texts: Texts, *, root: str) -> gr.HTML:
    """``root`` leads from the page to the program's root: empty or ``../``."""
    words = texts.group("documents") | {"to_account": texts("chat.to_account")}
    options = {"root": root, "language": texts.language}
    data = f"<div data-texts='{to_attribute(words)}' data-options='{to_attribute(options)}' hidden></div>"
    return gr.HTML(
        html_template=f"{data}<div class='dl-shell'></div>",
        js_on_load=_ON_LOAD,
        elem_id="documents",
        apply_default_css=False,
        padding=False,
    )


def build_document_routes(services: Services) -> APIRouter:
    """``/app/jobs`` lists the account's jobs; ``DELETE /app/jobs/<id>`` removes one with everything made from it."""
    router = APIRouter(prefix="/app/jobs", include_in_schema=False)

    @router.get("")
    async def list_jobs(request: Request) -> Response:
        def read() -> Response:
            caller = get_caller(services, request)
            jobs = [_to_json(view) for view in services.jobs.list(caller, MAX_SHOWN)]
            return JSONResponse({"signed_in": caller.account is not None, "jobs": jobs}, headers=_NOT_KEPT)

        return await run_in_threadpool(read)

    @router.delete("/{job_id}")
    async def delete(request: Request, job_id: str) -> Response:
        require_same_origin(request)
        await run_in_threadpool(lambda: services.jobs.delete(get_caller(services, request), job_id))
        return Response(status_code=204, headers=_NOT_KEPT)

    return router


def _to_json(view: JobView) -> dict[str, Any]:
    """Times are UTC, ISO 8601."""
    record = view.record
    return {
        "id": record.id,
        "name": record.source_name,
        "state": record.state.value,
        "pages": record.page_count,
        "pages_done": record.pages_done,
        "created_at": record.created_at.isoformat(),
        "expires_at": record.expires_at.isoformat() if record.expires_at else None,
    }
