"""Serving on a Hugging Face Space: from ``Blocks.launch``, because ZeroGPU starts with it and with nothing else.

The English page is launched; everything that is ours (the API, the page's own routes, the other languages) stays one
FastAPI application with its own middleware and error handlers, to which a middleware of the launched app hands over.
"""

import asyncio
import signal
from threading import Event
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from service.wiring import Services
from ui.application import LanguageRedirect, add_ui_routes, mount_language, to_page_arguments
from ui.texts import DEFAULT, get_texts, list_languages

if TYPE_CHECKING:
    from gradio import Blocks


class HandOver:
    """ASGI middleware: what one of ``application``'s routes takes goes there, the rest to the app around it."""

    def __init__(self, app: ASGIApp, application: FastAPI) -> None:
        self._app = app
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_ours = scope["type"] == "http" and any(
            route.matches(scope)[0] is not Match.NONE for route in self._application.router.routes
        )
        await (self._application if is_ours else self._app)(scope, receive, send)


def launch_until_stopped(application: FastAPI, services: Services) -> None:
    """Serve until SIGTERM or SIGINT. ``application`` is the API; the page's parts are added to it here."""
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    blocks = asyncio.run(_launch(application, services))
    stopping.wait()
    blocks.close()


async def _launch(application: FastAPI, services: Services) -> "Blocks":
    """In an event loop, because without one Gradio makes four for each page and closes none of them."""
    from ui.blocks import build_blocks

    add_ui_routes(application, services, in_frame=True)
    for language in list_languages():
        if language != DEFAULT:
            mount_language(application, services, language, is_hosted=True)
    blocks = build_blocks(services, get_texts(DEFAULT), root="", is_hosted=True)
    blocks.launch(
        server_name=services.settings.server.host,
        server_port=services.settings.server.port,
        prevent_thread_lock=True,
        share=False,
        quiet=True,
        app_kwargs={
            "middleware": [Middleware(LanguageRedirect), Middleware(HandOver, application=application)],
            "lifespan": lambda _: application.router.lifespan_context(application),
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
        **to_page_arguments(services, DEFAULT),
    )
    return blocks
