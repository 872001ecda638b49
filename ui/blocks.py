"""The page: upload, watch, read, take away."""

from collections.abc import AsyncIterator
from pathlib import Path

import gradio as gr
from starlette.concurrency import run_in_threadpool

from errors import OcrChatError
from pipeline.requested_options import parse_options
from service.callers import Caller
from service.job_views import JobView
from service.wiring import Services


def build_blocks(services: Services) -> gr.Blocks:
    with gr.Blocks(title="ocr-chat", analytics_enabled=False) as blocks:
        gr.Markdown("# ocr-chat")
        file = gr.File(label="A picture or PDF", elem_id="file")
        status = gr.Markdown(elem_id="status")
        text = gr.Textbox(label="Text", lines=16, elem_id="text")

        async def read(path: str | None, request: gr.Request) -> AsyncIterator[tuple[str, str]]:
            if path is None:
                return
            caller = Caller(account=None, address=request.client.host if request.client else "")
            try:
                record = await run_in_threadpool(_submit, services, caller, path)
                async for view in services.jobs.events(caller, record):
                    yield _to_status(view), view.document.text if view.document else ""
                view = await run_in_threadpool(services.jobs.get, caller, record)
                yield _to_status(view), view.document.text if view.document else ""
            except OcrChatError as error:
                raise gr.Error(str(error)) from error

        file.upload(read, file, [status, text], concurrency_limit=None, api_visibility="private")
    return blocks


def _submit(services: Services, caller: Caller, path: str) -> str:
    with Path(path).open("rb") as content:
        return services.jobs.submit(caller, content, Path(path).name, parse_options()).id


def _to_status(view: JobView) -> str:
    done, total = view.progress
    return f"{view.record.state.value}: {done} of {total} pages"
