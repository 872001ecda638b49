"""The minute's requests: counted once a request, shown on every answer (draft-ietf-httpapi-ratelimit-headers)."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.callers import Caller
from service.request_rates import Window
from service.wiring import Services

POLICY = "requests"
_STATE_KEY = "request_window"


def to_rate_headers(limit: int, window_s: int, remaining: int, resets_in_s: int) -> dict[str, str]:
    """``remaining`` of ``limit`` requests are left; all are back in ``resets_in_s`` of ``window_s`` seconds."""
    return {
        "RateLimit-Policy": f'"{POLICY}";q={limit};w={window_s}',
        "RateLimit": f'"{POLICY}";r={remaining};t={resets_in_s}',
    }


async def count_request(request: Request, services: Services, caller: Caller) -> None:
    """Raises RateLimitedError for one too many."""
    # In a thread: on PostgreSQL the counter is a row.
    window = await run_in_threadpool(services.request_rate.count, caller)
    setattr(request.state, _STATE_KEY, window)


class RateLimitHeaders:
    """ASGI middleware: whatever answer a counted request gets, an error or a file too, says what is left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def send_with_window(message: Message) -> None:
            window: Window | None = state.get(_STATE_KEY)
            if message["type"] == "http.response.start" and window is not None:
                shown = to_rate_headers(window.limit, window.window_s, window.remaining, window.resets_in_s)
                MutableHeaders(scope=message).update(shown)
            await send(message)

        await self._app(scope, receive, send_with_window)
