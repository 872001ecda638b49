"""What was read, in every form: text, formatted, Markdown, tables, JSON, translation; and the downloads.

A long document is shown some pages at a time: browsers slow down on a whole book in one box.
"""

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from pipeline.document import Document
from service.job_views import JobView
from service.reference import list_formats, list_tools
from ui.field_values import build_field_values, draw_fields
from ui.result_tables import draw_tables
from ui.texts import Texts
from ui.translation_view import draw_translation

PAGES_SHOWN = 10
# A single page may be long too; the download has everything.
MAX_SHOWN_CHARS = 200_000

ORIGINAL, CORRECTED = "original", "corrected"

TAB_OF_EMPHASIS: Mapping[str, str] = {
    "text": "text",
    "pdf": "text",
    "markdown": "formatted",
    "tables": "tables",
    "translation": "translation",
}
_DEFAULT_TAB = "text"


@dataclass(frozen=True)
class Shown:
    """What of a job stands in the results: ``view`` with its document in the version that is on show.

    ``first_page`` is the number of the first page shown; ``has_corrections`` says whether there is another version.
    """

    view: JobView
    first_page: int
    version: str = ORIGINAL
    has_corrections: bool = False

    @property
    def document(self) -> Document | None:
        """The pages on show."""
        document = self.view.document
        if document is None or self.view.record.page_count <= PAGES_SHOWN:
            return document
        return document.with_pages(range(self.first_page, self.first_page + PAGES_SHOWN))

    @property
    def markdown(self) -> str:
        return replace(self.view, document=self.document).markdown

    @property
    def page_range(self) -> str | None:
        """The pages on show as the download route takes them; None for all."""
        if self.view.record.page_count <= PAGES_SHOWN:
            return None
        last = min(self.first_page + PAGES_SHOWN, self.view.record.page_numbers.stop) - 1
        return f"{self.first_page}-{last}"


@dataclass(frozen=True)
class ResultPanel:
    """``json`` is filled when somebody looks, not before; ``open_tab`` knows who looks where."""

    column: gr.Column
    downloads: gr.HTML
    version: gr.Radio
    first_page: gr.Dropdown
    open_tab: gr.Textbox
    tabs: gr.Tabs
    text: gr.Textbox
    markdown: gr.Markdown
    source: gr.Code
    tables: gr.HTML
    fields_tab: gr.Tab
    fields: gr.HTML
    json: gr.Code
    translation_tab: gr.Tab
    translation: gr.HTML

    @property
    def outputs(self) -> list[Any]:
        return [self.column, self.tabs, self.open_tab, *self.contents]

    @property
    def contents(self) -> list[Any]:
        """What another version or other pages change."""
        choices = [self.downloads, self.version, self.first_page]
        return [
            *choices,
            self.text,
            self.markdown,
            self.source,
            self.tables,
            self.fields_tab,
            self.fields,
            self.json,
            self.translation_tab,
            self.translation,
        ]


def build_results(texts: Texts) -> ResultPanel:
    """Invisible until there is something to show."""
    open_tab = gr.Textbox(_DEFAULT_TAB, visible="hidden", elem_id="open-tab")
    with gr.Column(elem_id="results", visible=False) as column:
        with gr.Row(elem_id="result-choices", equal_height=False):
            downloads = gr.HTML(elem_id="downloads", padding=False)
            version = _build_version(texts)
            first_page = gr.Dropdown(
                [],
                show_label=False,
                label=texts("result.pages_shown"),
                elem_id="first-page",
                # A server that was started again knows no choices of an open page, and would refuse them all.
                allow_custom_value=True,
                visible=False,
                container=False,
            )
        with gr.Tabs(elem_id="result-tabs") as tabs:
            with gr.Tab(texts("result.text"), id="text"):
                text = gr.Textbox(
                    label=texts("result.text"),
                    show_label=False,
                    lines=10,
                    max_lines=28,
                    buttons=["copy"],
                    elem_id="text",
                    interactive=False,
                )
            with gr.Tab(texts("result.markdown"), id="formatted"):
                markdown = gr.Markdown(elem_id="markdown", sanitize_html=True, buttons=["copy"])
            with gr.Tab(texts("result.source"), id="source"):
                source = gr.Code(language="markdown", show_label=False, elem_id="source", interactive=False)
            with gr.Tab(texts("result.tables"), id="tables"):
                tables = gr.HTML(elem_id="tables", elem_classes="app-tables")
            with gr.Tab(texts("result.fields"), id="fields", visible=False) as fields_tab:
                fields = build_field_values()
            with gr.Tab(texts("result.json"), id="json"):
                json = gr.Code(language="json", show_label=False, elem_id="json", interactive=False, max_lines=40)
            with gr.Tab(texts("result.translation"), id="translation", visible=False) as translation_tab:
                translation = gr.HTML(elem_id="translation", elem_classes="app-translation")
    return ResultPanel(
        column,
        downloads,
        version,
        first_page,
        open_tab,
        tabs,
        text,
        markdown,
        source,
        tables,
        fields_tab,
        fields,
        json,
        translation_tab,
        translation,
    )


def _build_version(texts: Texts) -> gr.Radio:
    return gr.Radio(
        [(texts("result.version.corrected"), CORRECTED), (texts("result.version.original"), ORIGINAL)],
        value=ORIGINAL,
        show_label=False,
        label=texts("result.version"),
        container=False,
        visible=False,
        elem_id="version",
    )


def to_result_updates(shown: Shown, texts: Texts, root: str) -> list[Any]:
    """One update for each of :attr:`ResultPanel.outputs`; everything is hidden for a job without a result."""
    if shown.document is None:
        return hide_results()
    tab = _choose_tab(shown.view)
    return [gr.update(visible=True), gr.update(selected=tab), tab, *to_content_updates(shown, texts, root)]


def to_content_updates(shown: Shown, texts: Texts, root: str, json: str = "") -> list[Any]:
    """One update for each of :attr:`ResultPanel.contents`."""
    document = shown.document
    if document is None:
        return hide_contents()
    markdown = shorten(shown.markdown, texts)
    translation = document.translation
    return [
        _draw_downloads(shown, texts, root),
        gr.update(visible=shown.has_corrections, value=shown.version),
        _offer_pages(shown, texts),
        shorten(document.text, texts),
        markdown,
        markdown,
        draw_tables(document, texts),
        gr.update(visible=bool(document.fields)),
        draw_fields(document, texts),
        json,
        gr.update(visible=translation is not None),
        draw_translation(document, shown.view.record.id, texts, root) if translation else "",
    ]


def hide_results() -> list[Any]:
    """The updates that leave nothing of an earlier document on the page."""
    return [gr.update(visible=False), gr.skip(), gr.skip(), *hide_contents()]


def hide_contents() -> list[Any]:
    return ["", gr.skip(), gr.skip(), "", "", "", "", gr.skip(), "", "", gr.skip(), ""]


def keep_results() -> list[Any]:
    """The updates that change nothing."""
    return [gr.skip()] * len(hide_results())


def shorten(text: str, texts: Texts) -> str:
    if len(text) <= MAX_SHOWN_CHARS:
        return text
    return f"{text[:MAX_SHOWN_CHARS]}\n\n[{texts('result.too_long')}]"


def _offer_pages(shown: Shown, texts: Texts) -> dict[str, Any]:
    numbers = shown.view.record.page_numbers
    choices = [
        (texts("result.pages", first=first, last=min(first + PAGES_SHOWN, numbers.stop) - 1), first)
        for first in range(numbers.start, numbers.stop, PAGES_SHOWN)
    ]
    update: dict[str, Any] = gr.update(choices=choices, value=shown.first_page, visible=len(choices) > 1)
    return update


def _choose_tab(view: JobView) -> str:
    """The view that a user of the job's tool came for."""
    if view.document is not None and view.document.fields:
        return "fields"
    tool = next((tool for tool in list_tools() if tool["slug"] == view.record.options.tool), None)
    tab = TAB_OF_EMPHASIS.get(tool["emphasis"], _DEFAULT_TAB) if tool else _DEFAULT_TAB
    has_translation = view.document is not None and view.document.translation is not None
    return _DEFAULT_TAB if tab == "translation" and not has_translation else tab


def _draw_downloads(shown: Shown, texts: Texts, root: str) -> str:
    """The whole document, in the version that is on show."""
    record = shown.view.record
    slug = record.options.tool
    best = next((tool["download"] for tool in list_tools() if tool["slug"] == slug), "")
    formats = sorted((entry["format"] for entry in list_formats() if entry["format"] != "zip"), key=lambda f: f != best)
    version = f"&version={CORRECTED}" if shown.version == CORRECTED else ""
    links = "".join(
        f'<a href="{root}app/jobs/{record.id}/download?format={name}{version}" download data-format="{name}"'
        f"{' class=app-best' if name == best else ''}>{name.upper()}</a>"
        for name in formats
    )
    title = html.escape(texts("result.download"))
    return f'<div class="app-downloads" role="group" aria-label="{title}"><span>{title}</span>{links}</div>'
