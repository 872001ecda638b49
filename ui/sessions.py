"""Whose browser this is: the session cookie, and the caller behind a Gradio request.

Gradio's own login is not used: its handlers can be called without it. Every handler asks here instead.
"""

from collections.abc import Mapping

import gradio as gr
from starlette.requests import HTTPConnection
from starlette.responses import Response

from errors import InvalidTokenError
from service.callers import Account, Caller
from service.client_addresses import parse_networks, resolve_client
from service.wiring import Services

COOKIE = "ocr_chat_session"
MAX_AGE_S = 30 * 24 * 3600
BEARER = "bearer "


def find_account(services: Services, connection: HTTPConnection) -> Account | None:
    """The account of the session cookie; None without one. Blocks: call it in a thread."""
    session = connection.cookies.get(COOKIE)
    return services.accounts.find_session(session) if session else None


def get_caller(services: Services, connection: HTTPConnection) -> Caller:
    """Who asks: the bearer token's account (gradio_client), else the cookie's, else anonymous. Blocks.

    Raises InvalidTokenError for a wrong token, which is never silently anonymous.
    """
    header = connection.headers.get("authorization", "")
    if header.lower().startswith(BEARER):
        account: Account | None = services.accounts.authenticate(header[len(BEARER) :].strip())
    else:
        account = find_account(services, connection)
    return Caller(account=account, address=client_address(services, connection))


def caller_of(services: Services, request: gr.Request) -> Caller:
    """As :func:`get_caller`, for a Gradio handler's request."""
    assert request.request is not None, "every call comes with a request"
    return get_caller(services, request.request)


def client_address(services: Services, connection: HTTPConnection) -> str:
    trusted = parse_networks(services.settings.server.trusted_proxies)
    peer = connection.client.host if connection.client else ""
    return resolve_client(peer, connection.headers.getlist("x-forwarded-for"), trusted)


def set_cookie(response: Response, session: str, *, is_https: bool, in_frame: bool) -> None:
    """``in_frame``: on a Space the app lives in another site's frame, where only such a cookie is kept."""
    response.set_cookie(
        COOKIE,
        session,
        max_age=MAX_AGE_S,
        path="/",
        httponly=True,
        secure=is_https or in_frame,
        samesite="none" if in_frame else "lax",
    )


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """False for what a script or form of another site sent: browsers say so, other clients have no cookie to steal."""
    return headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def require_same_origin(connection: HTTPConnection) -> None:
    """Raises InvalidTokenError for what another site sent in the visitor's name."""
    if not is_same_origin(connection.headers):
        raise InvalidTokenError("This request came from another site.", remedy="Use the app's own page.")
