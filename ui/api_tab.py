"""The API tab, and the route that fills it: the page carries the visitor's token, so it is made for each visitor."""

from typing import Literal

import gradio as gr
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool

from service.wiring import Services
from ui.account_tab import build_shell
from ui.api_page import draw_api
from ui.sessions import find_account
from ui.texts import Texts, choose_language, get_texts

_ON_LOAD = """
const data = element.querySelector('[data-options]').dataset;
const options = JSON.parse(data.options);
options.path += '?scheme=' + location.protocol.replace(':', '');
import(new URL(options.root + 'app/static/account.js', document.baseURI).href).then(({ ApiPage }) => {
  new ApiPage(element.querySelector('.acc-shell'), JSON.parse(data.texts), options);
});
"""


def build_api_tab(services: Services, texts: Texts, *, root: str) -> gr.HTML:  # noqa: ARG001 - as the other tabs
    """``root`` leads from the page to the program's root: empty or ``../``."""
    words = {"copied": texts("account.token.copied"), "failed": texts("account.said.failed")}
    return build_shell("api", words, {"root": root, "language": texts.language, "path": "app/api"}, _ON_LOAD)


def build_api_page_routes(services: Services) -> APIRouter:
    """``/app/api``: the page in a language, for this server and this visitor."""
    router = APIRouter(prefix="/app", include_in_schema=False)

    @router.get("/api")
    async def page(request: Request, lang: str = "", scheme: Literal["http", "https"] = "http") -> Response:
        """``scheme`` is what the browser sees; behind a proxy that speaks TLS we don't."""
        return await run_in_threadpool(_draw, services, request, lang, scheme)

    return router


def _draw(services: Services, request: Request, language: str, scheme: str) -> Response:
    public = services.settings.server.public_url.rstrip("/")
    host = public or f"{scheme}://{request.url.netloc}"
    texts = get_texts(choose_language(language, ""))
    page = draw_api(texts, host=host, token=_find_token(services, request), root="" if language == "en" else "../")
    return HTMLResponse(page, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _find_token(services: Services, request: Request) -> str | None:
    """The first token that can be shown; None for a visitor."""
    account = find_account(services, request)
    if account is None:
        return None
    values = (token.value for token in services.accounts.list_tokens(account))
    return next((value for value in values if value), None)
