"""The Read tab: a document comes in, is read before one's eyes, and stands there to be looked at and taken away."""

import html
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from starlette.concurrency import run_in_threadpool

from errors import OcrChatError
from service.job_views import JobView
from service.reference import list_languages, list_tools
from service.wiring import Services
from ui.job_texts import describe_price, describe_status
from ui.results import ResultPanel, build_results, to_result_updates
from ui.sessions import caller_of
from ui.template_data import to_attribute
from ui.texts import Texts
from ui.upload_routes import list_samples
from ui.viewer import build_viewer, to_viewer_value

ACCEPTED = ".png,.jpg,.jpeg,.webp,.gif,.bmp,.tif,.tiff,.pdf"

_DROP_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
import(new URL(options.root + 'app/static/dropzone.js', document.baseURI).href).then(({ DropZone }) => {
  const shell = element.querySelector('.dz-shell');
  window.ocrChatDrop = new DropZone(shell, JSON.parse(data.texts), options, () => {});
});
"""
# Runs in the browser before the handler: uploads, then hands the handler the job's id or the error.
_SEND = """
async (_, tier, language, tool, translate_to, pages) =>
  JSON.stringify(await window.ocrChatDrop.send({ tier, language, tool, translate_to, pages }))
"""


@dataclass(frozen=True)
class ReadTab:
    """The components that other parts of the page refer to. ``job`` holds the id of the document on show."""

    job: gr.State
    viewer: gr.HTML
    status: gr.HTML
    results: ResultPanel


def build_read_tab(services: Services, texts: Texts, *, root: str) -> ReadTab:
    """``root`` leads from the page to the program's root: empty or ``../``."""
    job = gr.State(None)
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            gr.HTML(
                html_template=_drop_shell(services, texts, root),
                js_on_load=_DROP_ON_LOAD,
                elem_id="drop",
                apply_default_css=False,
            )
        with gr.Column(scale=2, min_width=280):
            options = _build_options(texts)
            price = gr.HTML(elem_id="price")
            with gr.Row():
                start = gr.Button(texts("read.button"), variant="primary", size="lg", elem_id="read-button")
                cancel = gr.Button(texts("read.cancel"), elem_id="cancel-button", interactive=False)
            status = gr.HTML(elem_id="status", elem_classes="app-status")
    answer = gr.Textbox(visible=False, elem_id="upload-answer")
    viewer = build_viewer({**texts.group("viewer"), "root": root})
    results = build_results(texts)
    tab = ReadTab(job, viewer, status, results)
    _wire(services, texts, tab, options, answer, start, cancel, price, root)
    return tab


def _build_options(texts: Texts) -> list[gr.components.Component]:
    tools = [(texts("read.tool.none"), "")] + [(tool["title"], tool["slug"]) for tool in list_tools()]
    languages = [(f"{entry['native_name']} · {entry['name']}", entry["code"]) for entry in list_languages()]
    tier = gr.Radio(
        [(texts("read.tier.cpu"), "cpu"), (texts("read.tier.vlm"), "vlm")],
        value="cpu",
        label=texts("read.tier"),
        elem_id="tier",
    )
    language = gr.Dropdown(
        [(texts("read.language.auto"), "auto"), *languages],
        value="auto",
        label=texts("read.language"),
        elem_id="language",
        filterable=True,
    )
    tool = gr.Dropdown(tools, value="", label=texts("read.tool"), elem_id="tool")
    with gr.Accordion(texts("read.options"), open=False, elem_id="more-options"):
        target = gr.Dropdown(
            [(texts("read.translate_to.none"), ""), *languages],
            value="",
            label=texts("read.translate_to"),
            elem_id="translate-to",
            filterable=True,
        )
        pages = gr.Textbox(
            label=texts("read.pages"), placeholder=texts("read.pages.hint"), elem_id="page-range", max_lines=1
        )
    return [tier, language, tool, target, pages]


def _wire(
    services: Services,
    texts: Texts,
    tab: ReadTab,
    options: list[gr.components.Component],
    answer: gr.Textbox,
    start: gr.Button,
    cancel: gr.Button,
    price: gr.HTML,
    root: str,
) -> None:
    outputs = [tab.job, tab.status, tab.viewer, cancel, *tab.results.outputs]

    async def watch(said: str, request: gr.Request) -> AsyncIterator[list[Any]]:
        async for update in _watch(services, texts, said, request, root):
            yield update

    async def stop(job_id: str | None, request: gr.Request) -> None:
        if job_id:
            caller = await run_in_threadpool(caller_of, services, request)
            await run_in_threadpool(services.jobs.cancel, caller, job_id)

    def quote(tier: str, tool: str, request: gr.Request) -> str:
        return describe_price(services.jobs.estimate(caller_of(services, request), 1, tier, tool or None), texts)

    private = {"api_visibility": "private", "concurrency_limit": None, "show_progress": "hidden"}
    start.click(None, [answer, *options], [answer], js=_SEND, queue=False).then(watch, [answer], outputs, **private)
    cancel.click(stop, [tab.job], None, queue=False, **private)
    tier, _, tool, *_ = options
    gr.on([tier.change, tool.change, tab.job.change], quote, [tier, tool], price, **private)


async def _watch(
    services: Services, texts: Texts, said: str, request: gr.Request, root: str
) -> AsyncIterator[list[Any]]:
    """What the page shows from the upload's answer to the job's end."""
    answer = json.loads(said or "{}")
    job_id = answer.get("job")
    if not job_id:
        yield [None, to_error_html(answer.get("error") or texts("drop.none")), None, _can_cancel(False), *_nothing()]
        return
    try:
        caller = await run_in_threadpool(caller_of, services, request)
        async for view in services.jobs.events(caller, job_id):
            yield [job_id, describe_status(view, texts), to_viewer_value(view), _can_cancel(True), *_nothing()]
        view = await run_in_threadpool(services.jobs.get, caller, job_id)
        yield show_job(view, texts, root)
    except OcrChatError as error:
        yield [None, to_error_html(str(error)), None, _can_cancel(False), *_nothing()]


def show_job(view: JobView, texts: Texts, root: str) -> list[Any]:
    """The updates that put a finished job on the page."""
    return [
        view.record.id,
        describe_status(view, texts),
        to_viewer_value(view),
        _can_cancel(not view.record.state.is_final),
        *to_result_updates(view, texts, root),
    ]


def to_error_html(message: str) -> str:
    return f'<div class="app-error" role="alert">{html.escape(message)}</div>'


def _can_cancel(can: bool) -> dict[str, Any]:
    return gr.update(interactive=can)


def _nothing() -> list[dict[str, Any]]:
    return [gr.skip() for _ in range(ResultPanel.OUTPUT_COUNT)]


def _drop_shell(services: Services, texts: Texts, root: str) -> str:
    words = texts.group("drop") | {
        "types": texts("drop.types", megabytes=f"{services.settings.limits.max_upload_mb:g}")
    }
    options = {"root": root, "samples": list_samples(), "accept": ACCEPTED}
    attributes = f"data-texts='{to_attribute(words)}' data-options='{to_attribute(options)}'"
    return f"<div {attributes} hidden></div><div class='dz-shell'></div>"
