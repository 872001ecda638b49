"""The tables of a document as HTML."""

import html

from pipeline.document import Document, Table, TableCell
from ui.texts import Texts


def draw_tables(document: Document, texts: Texts) -> str:
    """Each with its page as caption, in a box of its own that scrolls sideways; a sentence where there are none."""
    drawn = [
        _draw_table(block.table, f"{texts('result.page')} {page.number}")
        for page in document.pages
        for block in page.blocks
        if block.table
    ]
    return "".join(drawn) or f'<p class="app-empty">{html.escape(texts("result.no_tables"))}</p>'


def _draw_table(table: Table, caption: str) -> str:
    body = ""
    for index, cells in enumerate(table.to_cell_rows()):
        tag = "th" if index < table.header_row_count else "td"
        body += f"<tr>{''.join(_draw_cell(tag, cell) for cell in cells)}</tr>"
    name = html.escape(caption)
    return (
        f'<div class="app-scroll" tabindex="0" role="region" aria-label="{name}">'
        # The caption stands outside, so that the table runs as its own first letters do.
        f'<p class="app-caption">{name}</p><table dir="auto" aria-label="{name}">{body}</table></div>'
    )


def _draw_cell(tag: str, cell: TableCell | None) -> str:
    if cell is None:
        return f"<{tag}></{tag}>"
    spans = f' rowspan="{cell.row_span}" colspan="{cell.column_span}"'
    return f'<{tag} dir="auto"{spans}>{html.escape(cell.text)}</{tag}>'
