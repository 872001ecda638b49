"""The tools as cards: a group of radio buttons, so that arrows, Tab and screen readers work as everybody expects."""

import html

import gradio as gr

from service.reference import list_tools
from ui.texts import Texts

NO_TOOL = ""
FIRST = (
    "receipt-to-text",
    "invoice-to-text",
    "extract-tables",
    "searchable-pdf",
    "pdf-to-word",
    "handwriting-to-text",
    "translate",
)
"""What is asked for most; the others stand under "More"."""

_ON_LOAD = """
element.addEventListener('change', (event) => {
  if (event.target.name !== 'tool') return;
  props.value = event.target.value;
  trigger('change');
});
"""


def build_tool_cards(texts: Texts) -> gr.HTML:
    """Its value is the slug of the tool that is chosen; empty: none."""
    slugs = [tool["slug"] for tool in list_tools()]
    rest = [slug for slug in slugs if slug not in FIRST]
    none = _draw_card(NO_TOOL, texts("read.tool.none"), texts("read.tool.none.hint"), is_chosen=True)
    first = none + "".join(_draw_tool(slug, texts) for slug in FIRST if slug in slugs)
    more = "".join(_draw_tool(slug, texts) for slug in rest)
    return gr.HTML(
        value=NO_TOOL,
        html_template=(
            f"<fieldset class='tools'><legend>{html.escape(texts('read.tool'))}</legend>"
            f"<div class='tools-grid'>{first}</div><details><summary>{html.escape(texts('read.tools.more'))}</summary>"
            f"<div class='tools-grid'>{more}</div></details></fieldset>"
        ),
        js_on_load=_ON_LOAD,
        elem_id="tool",
        apply_default_css=False,
        padding=False,
    )


def _draw_tool(slug: str, texts: Texts) -> str:
    return _draw_card(slug, texts(f"tool.{slug}"), texts(f"tool.{slug}.hint"))


def _draw_card(slug: str, title: str, hint: str, *, is_chosen: bool = False) -> str:
    # A dollar sign would begin a placeholder of gr.HTML's templates.
    words = f"<span><b>{html.escape(title)}</b><small>{html.escape(hint)}</small></span>".replace("$", "&#36;")
    checked = " checked" if is_chosen else ""
    return f"<label class='tool'><input type='radio' name='tool' value='{slug}'{checked}>{words}</label>"
