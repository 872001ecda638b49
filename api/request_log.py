"""One id and one log line a request.

The line holds method, route, status and time: no query string (it may carry a token), no address, no file name.
"""

import re
import time
from uuid import uuid4

import structlog
from prometheus_client import Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger("request")


class RequestLog:
    """ASGI middleware: keeps a sane ``X-Request-ID`` or makes one, sends it back and binds it to every log line.

    ``seconds`` is told, by method, route and status, how long each answer took to begin.
    """

    def __init__(self, app: ASGIApp, *, seconds: Histogram) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        offered = Headers(scope=scope).get(HEADER, "")
        request_id = offered if _ACCEPTED.fullmatch(offered) else uuid4().hex
        started = time.perf_counter()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
                self._observe(scope, status, time.perf_counter() - started)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                _log.debug(
                    "request",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    seconds=round(time.perf_counter() - started, 4),
                )

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        # The route's pattern, never the path: a label for every id would grow for ever.
        route = getattr(scope.get("route"), "path", "")
        if route.startswith("/api/"):
            self._seconds.labels(scope["method"], route.rstrip("/"), str(status)).observe(seconds)
