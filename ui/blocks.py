"""The page: its head, its tabs, its foot. One is built for each language of the interface."""

import html

import gradio as gr

from service.wiring import Services
from ui.account_tab import build_account_tab
from ui.api_tab import build_api_tab
from ui.client_endpoints import add_client_endpoints
from ui.documents_tab import build_documents_tab
from ui.privacy import describe_privacy
from ui.read_tab import build_read_tab
from ui.texts import DEFAULT, Texts, get_texts, list_languages

_QUEUE_REST_S = 0.03  # what an event of the page may wait before it is begun
_PROGRESS_REST_S = 0.1
_MARK = (
    '<svg class="app-mark" viewBox="0 0 38 38" aria-hidden="true"><rect width="38" height="38" rx="9" fill="#0f766e"/>'
    '<path d="M9 10h20v13H19l-6 6v-6H9z" fill="none" stroke="#fff" stroke-width="2.4" stroke-linejoin="round"/>'
    '<path d="M13.5 14.8h11M13.5 18.6h7" stroke="#fff" stroke-width="2.2" stroke-linecap="round"/></svg>'
)


def build_blocks(services: Services, texts: Texts, *, root: str, is_hosted: bool = False) -> gr.Blocks:
    """``root`` leads from the page to the program's root: empty, or ``../`` for a language's own page.

    ``is_hosted``: the machine is not its owner's own (a Space).
    """
    with gr.Blocks(title=texts("app.title"), analytics_enabled=False, delete_cache=(600, 600)) as blocks:
        gr.HTML(_head(texts, root), elem_id="head")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(texts("tab.read"), id="read", elem_id="tab-read"):
                build_read_tab(services, texts, root=root)
            with gr.Tab(texts("tab.documents"), id="documents", elem_id="tab-documents"):
                build_documents_tab(texts, root=root)
            with gr.Tab(texts("tab.account"), id="account", elem_id="tab-account"):
                build_account_tab(services, texts, root=root)
            with gr.Tab(texts("tab.api"), id="api", elem_id="tab-api"):
                build_api_tab(services, texts, root=root)
        gr.HTML(_foot(services, texts, is_hosted=is_hosted), elem_id="foot")
        if texts.language == DEFAULT:
            add_client_endpoints(services)
    # Gradio lets payloads name any file of this machine until a page is launched, and a mounted one never is.
    blocks.has_launched = True
    _rest_between_looks(blocks)
    return blocks


def _rest_between_looks(blocks: gr.Blocks) -> None:
    """Gradio's queue looks for work a thousand times a second, which took 9 % of a core in a server nobody used."""
    queue = blocks._queue
    queue.sleep_when_free = _QUEUE_REST_S
    queue.progress_update_sleep_when_free = _PROGRESS_REST_S


def _head(texts: Texts, root: str) -> str:
    options = "".join(
        f'<option value="{code}"{" selected" if code == texts.language else ""} lang="{code}">'
        f"{html.escape(get_texts(code)('language.name'))}</option>"
        for code in list_languages()
    )
    label = html.escape(texts("language.switch"))
    switch = (
        f'<label class="app-languages"><select aria-label="{label}" id="language-switch" '
        f"onchange=\"location.href = '{root}?lang=' + this.value\">{options}</select></label>"
    )
    return (
        f'<header class="app-head">{_MARK}<div><h1 class="app-name">{html.escape(texts("app.title"))}</h1>'
        f'<p class="app-claim">{html.escape(texts("app.claim"))}</p></div>'
        f'<span class="app-space"></span>{switch}</header>'
    )


def _foot(services: Services, texts: Texts, *, is_hosted: bool) -> str:
    settings = services.settings
    storage, chat = settings.storage, settings.chat
    sentences = describe_privacy(
        texts,
        models=(settings.engines.vlm_url, settings.engines.surya_inference_url, chat.chat_url),
        stores=(storage.storage_url, storage.database_url, chat.chroma_url),
        is_shared=is_hosted or settings.worker.executor == "ray",
        retention_hours=storage.retention_hours,
    )
    return f'<div class="app-foot">{html.escape(sentences)}</div>'
