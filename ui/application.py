"""The browser door: the Gradio app, mounted beside the API in the same program."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from service.wiring import Services
from ui.texts import DEFAULT, choose_language, get_texts, list_languages

# The browser itself refuses to fetch anything from elsewhere: no font or script of Gradio's from a CDN, no picture
# that a document's Markdown names. Gradio needs scripts in the page and templates made into functions.
ONLY_FROM_HERE = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'self\' data: blob: '
    "'unsafe-inline' 'unsafe-eval'; object-src 'none'; form-action 'self'\">"
)


def mount_ui(application: FastAPI, services: Services) -> FastAPI:
    """The same application with the Gradio app at ``/`` and one more for each other language at ``/<code>/``.

    Mounted last: an app at ``/`` answers everything that no earlier route has taken.
    """
    add_ui_routes(application, services, in_frame=False)
    for language in reversed(list_languages()):
        mount_language(application, services, language)
    application.add_middleware(LanguageRedirect)
    return application


def mount_language(application: FastAPI, services: Services, language: str, *, is_hosted: bool = False) -> None:
    """``is_hosted``: see :func:`ui.blocks.build_blocks`."""
    # Imported here because Gradio takes two seconds, and `app.py worker` or `admin` has no use for it.
    import gradio as gr

    from ui.blocks import build_blocks

    is_default = language == DEFAULT
    gr.mount_gradio_app(
        application,
        build_blocks(services, get_texts(language), root="" if is_default else "../", is_hosted=is_hosted),
        path="/" if is_default else f"/{language}",
        **to_page_arguments(services, language),
    )


def to_page_arguments(services: Services, language: str) -> dict[str, Any]:
    """What mounting and launching have in common."""
    from ui.theme import build_theme, read_styles

    return {
        "theme": build_theme(),
        "css": read_styles(),
        "head": _to_head(language, is_right_to_left=get_texts(language).is_right_to_left),
        "show_error": False,
        "run_history": False,
        "footer_links": [],
        "max_file_size": int(services.settings.limits.max_upload_mb * 1_000_000),
        # Pages drawn on the server would need Node there, which nobody should have to install.
        "ssr_mode": False,
    }


def add_ui_routes(application: FastAPI, services: Services, *, in_frame: bool) -> None:
    """The page's own small routes, under ``/app/``. ``in_frame``: it is shown in another site's frame (a Space)."""
    from ui.account_routes import build_account_routes
    from ui.api_tab import build_api_page_routes
    from ui.chat_panel import build_chat_routes
    from ui.client_uploads import build_client_upload_routes
    from ui.correction_routes import build_correction_routes
    from ui.documents_tab import build_document_routes
    from ui.file_routes import build_file_routes
    from ui.session_routes import build_session_routes
    from ui.theme import STATIC
    from ui.upload_routes import build_upload_routes

    application.include_router(build_session_routes(services, in_frame=in_frame))
    application.include_router(build_account_routes(services, in_frame=in_frame))
    application.include_router(build_api_page_routes(services))
    application.include_router(build_client_upload_routes(services))
    application.include_router(build_file_routes(services))
    application.include_router(build_correction_routes(services))
    application.include_router(build_chat_routes(services))
    application.include_router(build_document_routes(services))
    application.include_router(build_upload_routes(services))
    application.mount("/app/static", StaticFiles(directory=STATIC))


class LanguageRedirect:
    """ASGI middleware: who opens ``/`` and wants another language is sent to its page; ``?lang=`` wins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/" and scope["method"] == "GET":
            request = Request(scope)
            asked = request.query_params.get("lang")
            language = choose_language(asked, request.headers.get("accept-language", ""))
            if language != DEFAULT:
                await RedirectResponse(f"{language}/", status_code=302)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _to_head(language: str, *, is_right_to_left: bool) -> str:
    from ui.theme import read_page_styles

    direction = "rtl" if is_right_to_left else "ltr"
    return (
        f'{ONLY_FROM_HERE}<meta name="referrer" content="same-origin"><style>{read_page_styles()}</style>'
        f"<script>document.documentElement.lang = '{language}'; document.documentElement.dir = '{direction}';</script>"
    )
