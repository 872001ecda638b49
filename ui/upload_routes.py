"""Where the drop zone sends files to, and the samples that it offers."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from errors import MissingTokenError, NoFileError, NotFoundError
from pipeline.requested_options import parse_options
from service.wiring import Services
from ui.sessions import get_caller, require_same_origin
from ui.wanted_fields import to_schema

SAMPLES = Path(__file__).resolve().parent.parent / "samples"
FIELDS = ("tier", "language", "tool", "translate_to", "pages")
_WANTED = "fields"
THUMBNAIL_PX = 240


@cache
def list_samples() -> tuple[str, ...]:
    """The names of the sample documents, as `samples/truth.json` lists them."""
    return tuple(json.loads((SAMPLES / "truth.json").read_text(encoding="utf-8")))


def build_upload_routes(services: Services) -> APIRouter:
    """``POST /app/jobs``, ``/app/samples/<name>`` and ``/app/samples/<name>.webp``."""
    router = APIRouter(prefix="/app", include_in_schema=False)

    @router.post("/jobs")
    async def submit(request: Request) -> JSONResponse:
        """The new job's id. Errors leave in the API's shape."""
        require_same_origin(request)
        async with request.form(max_files=1, max_fields=len(FIELDS) + 2) as form:
            return JSONResponse({"job": await run_in_threadpool(_submit, services, request, form)})

    @router.get("/samples/{name}.webp")
    async def thumbnail(name: str) -> Response:
        if name not in list_samples():
            raise NotFoundError
        picture = await run_in_threadpool(_draw_thumbnail, name)
        return Response(picture, media_type="image/webp", headers={"Cache-Control": "public, max-age=86400"})

    @router.get("/samples/{name}")
    async def sample(name: str) -> FileResponse:
        if name not in list_samples():
            raise NotFoundError
        return FileResponse(SAMPLES / name)

    return router


def _submit(services: Services, request: Request, form: FormData) -> str:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise NoFileError
    fields: dict[str, Any] = {name: form.get(name) for name in FIELDS}
    wanted = form.get(_WANTED)
    fields["schema"] = to_schema(wanted) if isinstance(wanted, str) else None
    options = parse_options(**{name: value for name, value in fields.items() if isinstance(value, str)})
    caller = get_caller(services, request)
    if caller.account is None and not services.settings.plans.allow_anonymous:
        raise MissingTokenError("This server reads for accounts only.", remedy="Sign in on the Account page.")
    services.request_rate.count(caller)
    return services.jobs.submit(caller, file.file, file.filename or "document", options).id


@cache
def _draw_thumbnail(name: str) -> bytes:
    """Drawn once a process from our own samples; a stranger's file is never opened here."""
    from PIL import Image

    from service.samples import open_first_page

    picture = Image.fromarray(open_first_page(SAMPLES / name, THUMBNAIL_PX))
    target = io.BytesIO()
    picture.save(target, "WEBP", quality=80)
    return target.getvalue()
