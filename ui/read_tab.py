"""The Read tab: a document comes in, is read before one's eyes, and stands there to be looked at and taken away."""

import html
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

import gradio as gr
from starlette.concurrency import run_in_threadpool

from errors import JobNotFoundError, OcrChatError
from service.job_record import JobState
from service.job_views import JobView
from service.reference import list_languages, list_tools
from service.wiring import Services
from ui.chat_panel import build_chat_panel, to_chat_value
from ui.job_texts import describe_error, describe_price, describe_status
from ui.refusals import describe_refusal
from ui.result_choices import PRIVATE, load_shown, wire_result_choices
from ui.results import ResultPanel, Shown, build_results, hide_results, keep_results, to_result_updates
from ui.sessions import caller_of
from ui.template_data import to_attribute
from ui.texts import Texts
from ui.tool_cards import build_tool_cards
from ui.upload_routes import list_samples
from ui.viewer import build_viewer, to_viewer_value

ACCEPTED = ".png,.jpg,.jpeg,.webp,.gif,.bmp,.tif,.tiff,.pdf"

# Its value says what became of a document: {job: id, is_working} is on show, {gone: id} does not exist (any more).
_DROP_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
import(new URL(options.root + 'app/static/dropzone.js', document.baseURI).href).then(({ DropZone }) => {
  const shell = element.querySelector('.dz-shell');
  const zone = new DropZone(shell, JSON.parse(data.texts), options, (job) => trigger('submit', { job }));
  window.ocrChatDrop = zone;
  watch('value', () => zone.remember(props.value));
  zone.resume();
});
"""
# Runs in the browser before the handler: uploads, then hands the handler the job's id or the error.
_SEND = """
async (_, tool, tier, language, translate_to, pages, fields) =>
  JSON.stringify(await window.ocrChatDrop.send({ tier, language, tool, translate_to, pages, fields }))
"""


@dataclass(frozen=True)
class ReadTab:
    """What a document changes on the page. ``job`` holds the id of the one on show, ``drop`` tells the browser.

    The browser keeps both: what the server remembers of a page is gone when it is started again.
    """

    job: gr.Textbox
    drop: gr.HTML
    status: gr.HTML
    start: gr.Button
    cancel: gr.Button
    workspace: gr.Row
    viewer: gr.HTML
    chat: gr.HTML
    results: ResultPanel

    @property
    def outputs(self) -> list[Any]:
        own = [self.job, self.drop, self.status, self.start, self.cancel, self.workspace, self.viewer, self.chat]
        return [*own, *self.results.outputs]


@dataclass(frozen=True)
class _Form:
    """What is asked for. ``fields`` in the order of `_SEND`."""

    tool: gr.HTML
    tier: gr.Radio
    language: gr.Dropdown
    more: gr.Accordion
    target: gr.Dropdown
    pages: gr.Textbox
    wanted: gr.Textbox
    price: gr.HTML

    @property
    def fields(self) -> list[Any]:
        return [self.tool, self.tier, self.language, self.target, self.pages, self.wanted]


def build_read_tab(services: Services, texts: Texts, *, root: str) -> ReadTab:
    """``root`` leads from the page to the program's root: empty or ``../``."""
    job = gr.Textbox(visible="hidden", elem_id="shown-job")
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=300):
            drop = gr.HTML(
                html_template=_drop_shell(services, texts, root),
                js_on_load=_DROP_ON_LOAD,
                elem_id="drop",
                apply_default_css=False,
                padding=False,
            )
        with gr.Column(scale=2, min_width=300):
            form = _build_form(services, texts)
            with gr.Row(elem_id="read-row"):
                start = gr.Button(texts("read.button"), variant="primary", size="lg", elem_id="read-button", scale=3)
                cancel = gr.Button(
                    texts("read.cancel"), size="lg", elem_id="cancel-button", interactive=False, scale=1, min_width=110
                )
            status = gr.HTML(elem_id="status", elem_classes="app-status", padding=False)
    answer = gr.Textbox(visible=False, elem_id="upload-answer")
    with gr.Row(visible=False, equal_height=False, elem_id="workspace") as workspace:
        with gr.Column(scale=7, min_width=640):
            viewer = build_viewer({**texts.group("viewer"), "root": root})
        with gr.Column(scale=3, min_width=320):
            chat = build_chat_panel(texts, root=root)
    results = build_results(texts)
    tab = ReadTab(job, drop, status, start, cancel, workspace, viewer, chat, results)
    _wire_reading(services, texts, tab, form, answer, root)
    wire_result_choices(services, texts, root, results, job, viewer)
    _wire_form(services, texts, tab, form)
    return tab


def _build_form(services: Services, texts: Texts) -> _Form:
    languages = [(f"{entry['native_name']} · {entry['name']}", entry["code"]) for entry in list_languages()]
    tool = build_tool_cards(texts)
    tier = gr.Radio(
        [(texts("read.tier.cpu"), "cpu"), (texts("read.tier.vlm"), "vlm")],
        value="cpu",
        label=texts("read.tier"),
        elem_id="tier",
        container=False,
        show_label=False,
    )
    with gr.Accordion(texts("read.options"), open=False, elem_id="more-options") as more:
        language = gr.Dropdown(
            [(texts("read.language.auto"), "auto"), *languages],
            value="auto",
            label=texts("read.language"),
            elem_id="language",
            filterable=True,
        )
        target = gr.Dropdown(
            [(texts("read.translate_to.none"), ""), *_only_known(languages, services)],
            value="",
            label=texts("read.translate_to"),
            elem_id="translate-to",
            filterable=True,
        )
        pages = gr.Textbox(
            label=texts("read.pages"), placeholder=texts("read.pages.hint"), elem_id="page-range", max_lines=1
        )
        wanted = gr.Textbox(
            label=texts("read.fields"),
            placeholder=texts("read.fields.hint"),
            elem_id="wanted-fields",
            lines=1,
            # Without a language model nobody could find them.
            visible=services.abilities.instruct is not None,
        )
    price = gr.HTML(elem_id="price", padding=False)
    return _Form(tool, tier, language, more, target, pages, wanted, price)


def _only_known(languages: list[tuple[str, str]], services: Services) -> list[tuple[str, str]]:
    """What this server's translators can write; all, if it has none: choosing one then says what would help."""
    known: set[object] = set()
    for translator in services.abilities.list_translators():
        match translator:
            case {"pairs": [*pairs]}:
                known.update(target for _, target in cast("list[tuple[str, str]]", pairs))
            case {"to": [*targets]}:
                known.update(targets)
    return [entry for entry in languages if entry[1] in known] or languages


def _wire_reading(services: Services, texts: Texts, tab: ReadTab, form: _Form, answer: gr.Textbox, root: str) -> None:
    async def watch(said: str, request: gr.Request) -> AsyncIterator[list[Any]]:
        sent = json.loads(said or "{}")
        if sent.get("job"):
            async for update in _watch(services, texts, sent["job"], request, root):
                yield update
        elif sent.get("busy"):
            yield _updates()
        else:
            yield _updates(status=await run_in_threadpool(_draw_refusal, services, texts, sent, request))

    async def open_job(event: gr.EventData, request: gr.Request) -> AsyncIterator[list[Any]]:
        job_id = event._data.get("job")
        if isinstance(job_id, str) and job_id:
            async for update in _watch(services, texts, job_id, request, root):
                yield update
        else:
            # A generator that gives nothing empties its outputs.
            yield _updates()

    async def stop(job_id: str, request: gr.Request) -> None:
        if job_id:
            caller = await run_in_threadpool(caller_of, services, request)
            await run_in_threadpool(services.jobs.cancel, caller, job_id)

    sent = tab.start.click(None, [answer, *form.fields], [answer], js=_SEND, queue=False, api_visibility="private")
    watching = sent.then(watch, [answer], tab.outputs, **PRIVATE)
    tab.drop.submit(open_job, None, tab.outputs, cancels=[watching], trigger_mode="multiple", **PRIVATE)
    tab.cancel.click(stop, [tab.job], None, queue=False, **PRIVATE)


def _wire_form(services: Services, texts: Texts, tab: ReadTab, form: _Form) -> None:
    tiers = {tool["slug"]: tool["tier"] for tool in list_tools()}

    def quote(tool: str, tier: str, request: gr.Request) -> str:
        return describe_price(services.jobs.estimate(caller_of(services, request), 1, tier, tool or None), texts)

    def choose(tool: str) -> list[Any]:
        """A tool brings its quality along, and a translation needs to know into what."""
        return [tiers.get(tool, "cpu"), gr.update(open=True) if tool == "translate" else gr.skip()]

    form.tool.change(choose, [form.tool], [form.tier, form.more], **PRIVATE)
    changes = [form.tier.change, form.tool.change, tab.job.change, tab.drop.submit]
    gr.on(changes, quote, [form.tool, form.tier], form.price, **PRIVATE)


async def _watch(
    services: Services, texts: Texts, job_id: str, request: gr.Request, root: str
) -> AsyncIterator[list[Any]]:
    """What the page shows from now to the job's end."""
    try:
        caller = await run_in_threadpool(caller_of, services, request)
        async for view in services.jobs.events(caller, job_id):
            if not view.record.state.is_final:
                yield show_progress(view, texts)
        yield show_end(await run_in_threadpool(load_shown, services, caller, job_id), texts, root)
    except JobNotFoundError:
        status = f'<p class="app-notice">{html.escape(texts("status.gone"))}</p>'
        yield _updates(drop={"gone": job_id}, status=status, is_shown=False, is_working=False, results=hide_results())
    except OcrChatError as error:
        yield _updates(status=to_error_html(describe_error(error, texts)), is_working=False)


def show_progress(view: JobView, texts: Texts) -> list[Any]:
    """The updates of a job that waits or is read: its pages appear in the viewer as they are finished."""
    return _updates(view, status=describe_status(view, texts), is_shown=True, is_working=True, results=hide_results())


def show_end(shown: Shown, texts: Texts, root: str) -> list[Any]:
    """The updates that put a job that has ended on the page."""
    view = shown.view
    return _updates(
        view,
        status=describe_status(view, texts),
        is_shown=view.record.state is JobState.DONE,
        is_working=False,
        results=to_result_updates(shown, texts, root),
    )


def _draw_refusal(services: Services, texts: Texts, answer: dict[str, Any], request: gr.Request) -> str:
    has_account = caller_of(services, request).account is not None
    return to_error_html(describe_refusal(answer, texts, 0 if has_account else services.settings.plans.free_max_pages))


def to_error_html(message: str) -> str:
    return f'<div class="app-error" role="alert">{html.escape(message)}</div>'


def _updates(
    view: JobView | None = None,
    *,
    status: str | None = None,
    drop: dict[str, Any] | None = None,
    is_shown: bool | None = None,
    is_working: bool | None = None,
    results: list[Any] | None = None,
) -> list[Any]:
    """One for each of :attr:`ReadTab.outputs`. None leaves what there is."""
    job_id = view.record.id if view else None
    return [
        job_id if view or drop else gr.skip(),
        drop or ({"job": job_id, "is_working": not view.record.state.is_final} if view else gr.skip()),
        gr.skip() if status is None else status,
        gr.skip() if is_working is None else gr.update(interactive=not is_working),
        gr.skip() if is_working is None else gr.update(interactive=is_working),
        gr.skip() if is_shown is None else gr.update(visible=is_shown),
        to_viewer_value(view) if view else gr.skip(),
        to_chat_value(view) if view else gr.skip(),
        *(results or keep_results()),
    ]


def _drop_shell(services: Services, texts: Texts, root: str) -> str:
    words = texts.group("drop") | {
        "types": texts("drop.types", megabytes=f"{services.settings.limits.max_upload_mb:g}"),
        "uploading": texts("status.uploading"),
    }
    options = {"root": root, "samples": list_samples(), "accept": ACCEPTED}
    attributes = f"data-texts='{to_attribute(words)}' data-options='{to_attribute(options)}'"
    return f"<div {attributes} hidden></div><div class='dz-shell'></div>"
