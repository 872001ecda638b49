"""Named endpoints for gradio_client: /ocr, /result, /download, /chat and /history.

They do what the REST calls do, for the same bearer token, at the same price, and with the same answers and errors: an
error's message is its sentence, its title is its code. Gradio checks nothing before a handler runs, so each handler
authorises and counts by itself. The browser's session is of no use here: other sites could borrow it.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import gradio as gr
from gradio import processing_utils
from gradio.utils import get_upload_folder
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.chat_schemas import HistoryWire, MessageWire, ReplyWire
from api.job_ids import read_job_id
from api.job_schemas import to_wire
from errors import FileTooLargeError, MissingTokenError, NoFileError, OcrChatError
from pipeline.requested_options import parse_options
from service.callers import Caller
from service.job_record import JobRecord
from service.wiring import Services
from ui.sessions import BEARER, client_address

ENDPOINTS = ("ocr", "result", "download", "chat", "history")
MAX_DOWNLOAD_BYTES = 32_000_000
"""The file goes through JSON here; a larger one is a REST download."""


def add_client_endpoints(services: Services) -> None:
    """Add them to the Blocks that is being built."""
    forbid_fetching()
    handlers = ClientHandlers(services)
    for name in ENDPOINTS:
        gr.api(getattr(handlers, name), api_name=name, concurrency_limit=None)


def forbid_fetching() -> None:
    """Let no payload make this server fetch an address: Gradio would download what a file's path names.

    For every handler of the program, whatever its components; there is no setting for it.
    """

    async def refuse(url: str, cache_dir: str) -> str:  # noqa: ARG001 - the parameters of what it replaces
        raise to_gradio_error(NoFileError("This server fetches no addresses.", remedy="Send the file itself."))

    processing_utils.async_ssrf_protected_download = refuse


class ClientHandlers:
    """One method an endpoint; the docstrings are what ``client.view_api()`` and the API's description show."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def ocr(
        self,
        request: gr.Request,
        file: dict[str, Any],
        tier: str = "",
        language: str = "auto",
        tool: str = "",
        translate_to: str = "",
        pages: str = "",
        schema: str = "",
    ) -> dict[str, Any]:
        """Read a file. Up to 5 pages the answer is the finished job, else poll /result."""

        def submit(caller: Caller) -> JobRecord:
            with open_upload(file) as (content, name):
                options = parse_options(
                    tier=tier, language=language, tool=tool, translate_to=translate_to, pages=pages, schema=schema
                )
                return self._services.jobs.submit(caller, content, name, options)

        with errors_for_clients():
            caller = await self._get_caller(request)
            record = await run_in_threadpool(submit, caller)
            limits = self._services.settings.limits
            wait_s = limits.max_inline_wait_s if record.page_count <= limits.inline_max_pages else 0.0
            view = await self._services.jobs.wait(caller, record.id, wait_s)
            return to_wire(view).model_dump(mode="json")

    async def result(self, request: gr.Request, job: str) -> dict[str, Any]:
        """The job by its uuid, with the pages that have been read so far."""
        with errors_for_clients():
            caller = await self._get_caller(request)
            view = await run_in_threadpool(self._services.jobs.get, caller, read_job_id(str(job)))
            return to_wire(view).model_dump(mode="json")

    async def download(self, request: gr.Request, job: str, format: str = "txt") -> dict[str, Any]:
        """The result as a file: file_name, media_type, and its bytes as base64."""

        def export(caller: Caller) -> dict[str, Any]:
            exported = self._services.jobs.export(caller, read_job_id(str(job)), str(format))
            if exported.size_bytes is not None and exported.size_bytes > MAX_DOWNLOAD_BYTES:
                raise FileTooLargeError(
                    f"The file is larger than {MAX_DOWNLOAD_BYTES // 1_000_000} MB.",
                    remedy=f"Download it with GET /api/v1/ocr/{job}/download/?format={format}.",
                )
            data = b"".join(exported.chunks)
            return {
                "file_name": exported.file_name,
                "media_type": exported.media_type,
                "base64": base64.b64encode(data).decode("ascii"),
            }

        with errors_for_clients():
            return await run_in_threadpool(export, await self._get_caller(request))

    async def chat(self, request: gr.Request, job: str, message: str) -> dict[str, Any]:
        """Ask a finished job; the answer cites its pages. A token is needed."""
        with errors_for_clients():
            caller = _require_account(await self._get_caller(request))
            chat, job_id = self._services.chat, read_job_id(str(job))
            reply = await chat.room.run(lambda: chat.ask(caller, job_id, str(message)))
            wire = ReplyWire(conversation=reply.conversation_id, message=MessageWire.of(reply.message))
            return wire.model_dump(mode="json")

    async def history(self, request: gr.Request, job: str) -> dict[str, Any]:
        """The whole conversation about a job. A token is needed."""
        with errors_for_clients():
            caller = _require_account(await self._get_caller(request))
            conversation = await run_in_threadpool(self._services.chat.history, caller, read_job_id(str(job)))
            return HistoryWire.of(conversation).model_dump(mode="json")

    async def _get_caller(self, request: gr.Request) -> Caller:
        return await run_in_threadpool(check_caller, self._services, request.request)


def check_caller(services: Services, connection: HTTPConnection | None) -> Caller:
    """The bearer token's account, else anonymous where the server allows it; counts the request. Blocks.

    Raises MissingTokenError, InvalidTokenError and RateLimitedError.
    """
    if connection is None:
        raise MissingTokenError
    header = connection.headers.get("authorization", "")
    account = None
    if header.lower().startswith(BEARER):
        account = services.accounts.authenticate(header[len(BEARER) :].strip())
    elif not services.settings.plans.allow_anonymous:
        raise MissingTokenError
    caller = Caller(account=account, address=client_address(services, connection))
    services.request_rate.count(caller)
    return caller


@contextmanager
def open_upload(file: Any) -> Iterator[tuple[BinaryIO, str]]:
    """An uploaded file's content and its name; its copy on this machine is removed at once.

    Gradio serves what lies there to anybody who knows its path, so it stays not a moment longer than needed.
    Raises NoFileError for anything that was not uploaded.
    """
    said = file.get("path") if isinstance(file, dict) else None
    folder = Path(get_upload_folder()).resolve()
    path = Path(said).resolve() if isinstance(said, str) else folder
    if not path.is_file() or not path.is_relative_to(folder):
        raise NoFileError("No file was uploaded.", remedy="Send it as handle_file('scan.pdf').")
    name = file.get("orig_name")
    with path.open("rb") as content:
        path.unlink(missing_ok=True)
        yield content, name if isinstance(name, str) and name else path.name


@contextmanager
def errors_for_clients() -> Iterator[None]:
    try:
        yield
    except OcrChatError as error:
        raise to_gradio_error(error) from None


def to_gradio_error(error: OcrChatError) -> gr.Error:
    """What gradio_client raises as AppError: ``message`` is the sentence, ``title`` the code."""
    return gr.Error(str(error), title=error.code, duration=None, print_exception=False)


def _require_account(caller: Caller) -> Caller:
    if caller.account is None:
        raise MissingTokenError
    return caller
