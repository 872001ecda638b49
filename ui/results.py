"""What was read, in every form: text, formatted, Markdown, tables, JSON, translation; and the downloads."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from pipeline.document import Block, Document
from service.job_views import JobView
from service.reference import list_formats, list_tools
from ui.texts import Texts

# Browsers slow down on megabytes of text in one box; the download has everything.
MAX_SHOWN_CHARS = 200_000

TAB_OF_EMPHASIS: Mapping[str, str] = {
    "text": "text",
    "pdf": "text",
    "markdown": "formatted",
    "tables": "tables",
    "translation": "translation",
}
_DEFAULT_TAB = "text"


@dataclass(frozen=True)
class ResultPanel:
    """``json`` and ``json_tab`` are filled when somebody looks, not before."""

    column: gr.Column
    downloads: gr.HTML
    tabs: gr.Tabs
    text: gr.Textbox
    markdown: gr.Markdown
    source: gr.Code
    tables: gr.HTML
    json_tab: gr.Tab
    json: gr.Code
    translation_tab: gr.Tab
    translation: gr.Textbox

    @property
    def outputs(self) -> list[Any]:
        return [
            self.column,
            self.downloads,
            self.tabs,
            self.text,
            self.markdown,
            self.source,
            self.tables,
            self.json,
            self.translation_tab,
            self.translation,
        ]


def build_results(texts: Texts) -> ResultPanel:
    """Invisible until there is something to show."""
    with gr.Column(elem_id="results", visible=False) as column:
        downloads = gr.HTML(elem_id="downloads")
        with gr.Tabs(elem_id="result-tabs") as tabs:
            with gr.Tab(texts("result.text"), id="text"):
                text = _build_text_box("text", texts("result.text"))
            with gr.Tab(texts("result.markdown"), id="formatted"):
                markdown = gr.Markdown(elem_id="markdown", sanitize_html=True, buttons=["copy"])
            with gr.Tab(texts("result.source"), id="source"):
                source = gr.Code(language="markdown", show_label=False, elem_id="source", interactive=False)
            with gr.Tab(texts("result.tables"), id="tables"):
                tables = gr.HTML(elem_id="tables", elem_classes="app-tables")
            with gr.Tab(texts("result.json"), id="json") as json_tab:
                json = gr.Code(language="json", show_label=False, elem_id="json", interactive=False, max_lines=40)
            with gr.Tab(texts("result.translation"), id="translation", visible=False) as translation_tab:
                translation = _build_text_box("translation", texts("result.translation"))
    return ResultPanel(
        column, downloads, tabs, text, markdown, source, tables, json_tab, json, translation_tab, translation
    )


def to_result_updates(view: JobView, texts: Texts, root: str) -> list[Any]:
    """One update for each of :attr:`ResultPanel.outputs`; everything is hidden for a job without a result."""
    document = view.document
    if document is None:
        return hide_results()
    translation = document.translation
    return [
        gr.update(visible=True),
        _downloads(view, texts, root),
        gr.update(selected=_choose_tab(view)),
        shorten(document.text, texts),
        shorten(view.markdown, texts),
        shorten(view.markdown, texts),
        _tables(document, texts),
        "",
        gr.update(visible=translation is not None),
        shorten("\n\n".join(page.text for page in translation.pages), texts) if translation else "",
    ]


def hide_results() -> list[Any]:
    """The updates that leave nothing of an earlier document on the page."""
    return [gr.update(visible=False), "", gr.skip(), "", "", "", "", "", gr.skip(), ""]


def keep_results() -> list[Any]:
    """The updates that change nothing."""
    return [gr.skip() for _ in range(10)]


def shorten(text: str, texts: Texts) -> str:
    if len(text) <= MAX_SHOWN_CHARS:
        return text
    return f"{text[:MAX_SHOWN_CHARS]}\n\n[{texts('result.too_long')}]"


def _build_text_box(name: str, label: str) -> gr.Textbox:
    return gr.Textbox(
        label=label, show_label=False, lines=10, max_lines=28, buttons=["copy"], elem_id=name, interactive=False
    )


def _choose_tab(view: JobView) -> str:
    """The view that a user of the job's tool came for."""
    tool = next((tool for tool in list_tools() if tool["slug"] == view.record.options.tool), None)
    tab = TAB_OF_EMPHASIS.get(tool["emphasis"], _DEFAULT_TAB) if tool else _DEFAULT_TAB
    has_translation = view.document is not None and view.document.translation is not None
    return _DEFAULT_TAB if tab == "translation" and not has_translation else tab


def _downloads(view: JobView, texts: Texts, root: str) -> str:
    slug = view.record.options.tool
    best = next((tool["download"] for tool in list_tools() if tool["slug"] == slug), "")
    formats = sorted((entry["format"] for entry in list_formats() if entry["format"] != "zip"), key=lambda f: f != best)
    links = "".join(
        f'<a href="{root}app/jobs/{view.record.id}/download?format={name}" download data-format="{name}"'
        f"{' class=app-best' if name == best else ''}>{name.upper()}</a>"
        for name in formats
    )
    title = html.escape(texts("result.download"))
    return f'<div class="app-downloads" role="group" aria-label="{title}"><span>{title}</span>{links}</div>'


def _tables(document: Document, texts: Texts) -> str:
    drawn = [
        _draw_table(block, f"{texts('result.page')} {page.number}")
        for page in document.pages
        for block in page.blocks
        if block.table
    ]
    return "".join(drawn) or f"<p>{html.escape(texts('result.no_tables'))}</p>"


def _draw_table(block: Block, caption: str) -> str:
    table = block.table
    assert table is not None
    rows: dict[int, list[str]] = {}
    for cell in table.cells:
        tag = "th" if cell.row < table.header_row_count else "td"
        spans = f' rowspan="{cell.row_span}" colspan="{cell.column_span}"'
        rows.setdefault(cell.row, []).append(f'<{tag} dir="auto"{spans}>{html.escape(cell.text)}</{tag}>')
    body = "".join(f"<tr>{''.join(rows.get(row, []))}</tr>" for row in range(table.row_count))
    return f"<table><caption>{html.escape(caption)}</caption>{body}</table>"
