"""The values that were found for the fields of a schema; a click on one shows where it stands on its page."""

import html
import json

import gradio as gr

from pipeline.document import Document, ExtractedValue
from ui.page_json import DOUBTFUL_BELOW, to_bbox
from ui.texts import Texts

# The table comes from the server, so one listener serves whatever stands in it.
_ON_LOAD = """
element.addEventListener('click', (event) => {
  const place = event.target.closest('[data-place]')?.dataset.place;
  if (place) document.dispatchEvent(new CustomEvent('ocr-chat:show', { detail: JSON.parse(place) }));
});
"""


def build_field_values() -> gr.HTML:
    """Its value is what :func:`draw_fields` made."""
    return gr.HTML(js_on_load=_ON_LOAD, elem_id="fields", elem_classes="app-tables", padding=False)


def draw_fields(document: Document, texts: Texts) -> str:
    """One row a value, empty without any: the field, the value, the place that proves it, and how sure that is."""
    if not document.fields:
        return ""
    heads = (texts("api.field"), texts("result.fields.value"), texts("result.page"), texts("result.fields.sure"))
    head = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    rows = "".join(_draw_row(field, texts) for field in document.fields)
    name = html.escape(texts("result.fields"))
    return (
        f'<div class="app-scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="fv"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def to_label(field: ExtractedValue) -> str:
    """``items 2 price`` for the price of the second item: people count from 1."""
    return " ".join(str(part + 1) if isinstance(part, int) else part.replace("_", " ") for part in field.path)


def _draw_row(field: ExtractedValue, texts: Texts) -> str:
    label = to_label(field)
    cells = (_draw_value(field, texts), _draw_place(field, label, texts), _draw_confidence(field))
    columns = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr><th scope="row" dir="auto">{html.escape(label)}</th>{columns}</tr>'


def _draw_value(field: ExtractedValue, texts: Texts) -> str:
    match field.value:
        case None:
            return f'<span class="fv-missing">{html.escape(texts("result.fields.missing"))}</span>'
        case bool(judgement):
            said = texts("result.fields.yes" if judgement else "result.fields.no")
            note = texts("result.fields.judged")
            return f'{html.escape(said)} <span class="fv-missing">({html.escape(note)})</span>'
        case value:
            return f'<span dir="auto">{html.escape(str(value))}</span>'


def _draw_place(field: ExtractedValue, label: str, texts: Texts) -> str:
    if field.page_number is None or field.box is None:
        return ""
    place = json.dumps({"page": field.page_number, "boxes": [to_bbox(field.box)]})
    shown = texts("chat.show", number=field.page_number, snippet=f"{label} {field.value}")
    return (
        f'<button type="button" class="ch-chip ch-citation" data-place="{html.escape(place)}" '
        f'aria-label="{html.escape(shown)}">{html.escape(texts("chat.page", number=field.page_number))}</button>'
    )


def _draw_confidence(field: ExtractedValue) -> str:
    if field.confidence is None:
        # What stands in the file as text was not guessed.
        return "–" if field.page_number is not None else ""
    doubtful = ' class="fv-doubtful"' if field.confidence < DOUBTFUL_BELOW else ""
    return f'<span{doubtful} dir="ltr">{round(100 * field.confidence)} %</span>'
