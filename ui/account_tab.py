"""The Account tab: an empty shell that `static/account.js` fills from our own routes."""

import gradio as gr

from service.wiring import Services
from ui.template_data import to_attribute
from ui.texts import Texts

# Filled by JavaScript from /app/account, so that tokens never pass through a component's state.
_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
import(new URL(options.root + 'app/static/account.js', document.baseURI).href).then(({ AccountPage }) => {
  new AccountPage(element.querySelector('.acc-shell'), JSON.parse(data.texts), options);
});
"""


def build_account_tab(services: Services, texts: Texts, *, root: str) -> gr.HTML:  # noqa: ARG001 - as the other tabs
    """``root`` leads from the page to the program's root: empty or ``../``."""
    words = texts.group("account.said") | {"copied": texts("account.token.copied")}
    options = {"root": root, "language": texts.language, "path": "app/account"}
    return build_shell("account", words, options, _ON_LOAD)


def build_shell(name: str, words: dict[str, str], options: dict[str, str], on_load: str) -> gr.HTML:
    """An element that a module of ours fills: ``words`` and ``options`` are what it needs to know."""
    data = f"<div data-texts='{to_attribute(words)}' data-options='{to_attribute(options)}' hidden></div>"
    return gr.HTML(
        html_template=f"{data}<div class='acc-shell' aria-busy='true'></div>",
        js_on_load=on_load,
        elem_id=name,
        apply_default_css=False,
        padding=False,
    )
