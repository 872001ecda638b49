"""What was read, in every form: text, formatted, Markdown, tables, JSON, translation; and the downloads."""

import html
from dataclasses import dataclass
from typing import Any, ClassVar

import gradio as gr

from pipeline.document import Block, Document
from service.job_views import JobView
from service.reference import list_formats
from ui.texts import Texts

# Browsers slow down on megabytes of text in one box; the download has everything.
MAX_SHOWN_CHARS = 200_000


@dataclass(frozen=True)
class ResultPanel:
    OUTPUT_COUNT: ClassVar[int] = 6

    downloads: gr.HTML
    text: gr.Textbox
    markdown: gr.Markdown
    source: gr.Code
    tables: gr.HTML
    translation: gr.Textbox

    @property
    def outputs(self) -> list[gr.components.Component]:
        return [self.downloads, self.text, self.markdown, self.source, self.tables, self.translation]


def build_results(texts: Texts) -> ResultPanel:
    with gr.Column(elem_id="results"):
        downloads = gr.HTML(elem_id="downloads")
        with gr.Tabs():
            with gr.Tab(texts("result.text"), id="text"):
                text = gr.Textbox(
                    show_label=False, lines=12, max_lines=30, buttons=["copy"], elem_id="text", interactive=False
                )
            with gr.Tab(texts("result.markdown"), id="formatted"):
                markdown = gr.Markdown(elem_id="markdown", sanitize_html=True, buttons=["copy"])
            with gr.Tab(texts("result.source"), id="source"):
                source = gr.Code(language="markdown", show_label=False, elem_id="source", interactive=False)
            with gr.Tab(texts("result.tables"), id="tables"):
                tables = gr.HTML(elem_id="tables", elem_classes="app-tables")
            with gr.Tab(texts("result.translation"), id="translation"):
                translation = gr.Textbox(
                    show_label=False, lines=12, max_lines=30, buttons=["copy"], elem_id="translation", interactive=False
                )
    return ResultPanel(downloads, text, markdown, source, tables, translation)


def to_result_updates(view: JobView, texts: Texts, root: str) -> list[Any]:
    """One update for each of :attr:`ResultPanel.outputs`; all empty for a job without a result."""
    document = view.document
    if document is None:
        return ["", "", "", "", "", ""]
    translation = document.translation
    return [
        _downloads(view, texts, root),
        _shortened(document.text, texts),
        _shortened(view.markdown, texts),
        _shortened(view.markdown, texts),
        _tables(document, texts),
        _shortened("\n\n".join(page.text for page in translation.pages), texts) if translation else "",
    ]


def _shortened(text: str, texts: Texts) -> str:
    if len(text) <= MAX_SHOWN_CHARS:
        return text
    return f"{text[:MAX_SHOWN_CHARS]}\n\n[{texts('result.too_long')}]"


def _downloads(view: JobView, texts: Texts, root: str) -> str:
    links = "".join(
        f'<a href="{root}app/jobs/{view.record.id}/download?format={entry["format"]}" download '
        f'data-format="{entry["format"]}">{entry["format"].upper()}</a>'
        for entry in list_formats()
        if entry["format"] != "zip"
    )
    return f'<div class="app-downloads" role="group" aria-label="{html.escape(texts("result.download"))}">{links}</div>'


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
