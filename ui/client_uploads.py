"""Where gradio_client sends files: in place of Gradio's own upload route.

Gradio's takes anything from anybody, and stores it under the digest of its content: two clients with the same file
meet there, and who knows a file can fetch it. Here each upload is counted and lies under a random name of its own,
until its handler takes it (:func:`ui.client_endpoints.open_upload`) or a few minutes have passed.
"""

import re
import shutil
import time
import uuid
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from errors import AuthenticationError, NoFileError, NotFoundError, RateLimitedError
from service.wiring import Services
from ui.client_endpoints import check_caller

MAX_AGE_S = 600
MAX_NAME_LENGTH = 100


def build_client_upload_routes(services: Services) -> APIRouter:
    """``POST /gradio_api/upload``; the pages of other languages have none."""
    router = APIRouter(include_in_schema=False)

    @router.post("/gradio_api/upload")
    @router.post("/gradio_api/upload/", include_in_schema=False)
    async def upload(request: Request) -> JSONResponse:
        """The uploaded file's path in a list, which is what gradio_client expects."""
        is_welcome = await run_in_threadpool(_is_welcome, services, request)
        async with request.form(max_files=1, max_fields=1) as form:
            return JSONResponse([str(await run_in_threadpool(_store, form, keep_content=is_welcome))])

    @router.post("/{language}/gradio_api/upload")
    @router.post("/{language}/gradio_api/upload/")
    async def refuse(language: str) -> None:  # noqa: ARG001 - a part of the path
        raise NotFoundError

    return router


def get_folder() -> Path:
    """Inside the folder of which alone Gradio lets payloads name files."""
    return Path(get_upload_folder()).resolve() / "ocr-chat"


def _is_welcome(services: Services, request: Request) -> bool:
    """Whether this caller may send files now. gradio_client would show a refusal here as a bare HTTP status only."""
    try:
        check_caller(services, request)
    except (AuthenticationError, RateLimitedError):
        return False
    return True


def _store(form: FormData, *, keep_content: bool) -> Path:
    """Without its content an empty file is stored: the call that names it is refused then, and says why."""
    file = form.get("files")
    if not isinstance(file, UploadFile):
        raise NoFileError("No file was sent.", remedy="Send it as the multipart form field 'files'.")
    _remove_leftovers()
    own = get_folder() / uuid.uuid4().hex
    own.mkdir(parents=True, mode=0o700)
    path = own / _to_safe_name(file.filename)
    with path.open("wb") as target:
        if keep_content:
            shutil.copyfileobj(file.file, target)
    return path


def _remove_leftovers() -> None:
    """What was uploaded and never asked for, and the empty folders of what was."""
    oldest = time.time() - MAX_AGE_S
    for own in get_folder().glob("*"):
        try:
            is_old = own.stat().st_mtime < oldest
        except FileNotFoundError:
            continue
        if is_old:
            shutil.rmtree(own, ignore_errors=True)


def _to_safe_name(name: str | None) -> str:
    plain = re.sub(r"[^\w.-]", "_", Path(name or "").name)[-MAX_NAME_LENGTH:].lstrip(".")
    return plain or "document"
