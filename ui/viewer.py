"""The evidence viewer as a Gradio component: an empty shell that `static/viewer.js` fills from our own routes."""

from typing import Any

import gradio as gr

from service.job_record import JobState
from service.job_views import JobView
from ui.page_json import DOUBTFUL_BELOW
from ui.template_data import to_attribute

Boxes = list[list[float]]

# The module is loaded once; Gradio hands a new value to the same shell through watch().
_ON_LOAD = """
const texts = JSON.parse(element.querySelector('[data-texts]').dataset.texts);
const shell = element.querySelector('.viewer-shell');
import(new URL(texts.root + 'app/static/viewer.js', document.baseURI).href).then(({ Viewer }) => {
  let waiting = null;
  const onCorrected = () => {
    // Several corrections in a row are one piece of news.
    clearTimeout(waiting);
    waiting = setTimeout(() => trigger('submit', {}), 400);
  };
  const viewer = new Viewer(shell, texts, onCorrected);
  shell.viewer = viewer;
  viewer.update(props.value);
  watch('value', () => viewer.update(props.value));
});
"""


def build_viewer(texts: dict[str, str]) -> gr.HTML:
    """``texts``: the viewer's words in the page's language. It submits when somebody has corrected a word."""
    data = to_attribute({**texts, "doubtful_below": DOUBTFUL_BELOW})
    shell = f"<div data-texts='{data}' hidden></div><div class='viewer-shell ov-empty'></div>"
    return gr.HTML(
        value=None, html_template=shell, js_on_load=_ON_LOAD, elem_id="viewer", apply_default_css=False, padding=False
    )


def to_viewer_value(view: JobView, *, page: int | None = None, boxes: Boxes | None = None) -> dict[str, Any]:
    """What the shell needs to know of a job; ``page`` and ``boxes`` (page pixels) are a place to show and mark."""
    record = view.record
    value: dict[str, Any] = {
        "job": record.id,
        "page_count": record.page_count,
        "first_page": record.page_numbers.start,
        "pages_done": record.pages_done,
        "is_done": record.state is JobState.DONE,
    }
    if view.drafts:
        value["drafts"] = {str(draft.number): draft.text for draft in view.drafts}
    if page is not None:
        value["show"] = {"page": page, "boxes": boxes or []}
    return value
