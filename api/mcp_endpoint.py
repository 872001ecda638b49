"""``/mcp``: the Model Context Protocol over streamable HTTP, for accounts.

Stateless: every POST carries its token and is answered at once, so any web process can take it and nothing of a
session lies in memory. The protocol is the official SDK's; who may speak is decided here, before it sees a byte.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from mcp.server.mcpserver import MCPServer
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.callers import client_address, read_token
from api.errors import to_response
from api.mcp_tools import INSTRUCTIONS, MAX_FILE_BYTES, add_tools
from errors import AuthenticationError, MissingTokenError, OcrChatError
from service.callers import Caller
from service.wiring import Services

PATH = "/mcp"
# Base64 takes a third more, and the JSON around it a little.
MAX_BODY_BYTES = MAX_FILE_BYTES * 4 // 3 + 1_000_000


class McpEndpoint:
    """An ASGI app that wants an account's token, then hands over to the SDK."""

    def __init__(self, services: Services, version: str) -> None:
        self._services = services
        self._server = MCPServer("ocr-chat", title="ocr-chat", instructions=INSTRUCTIONS, version=version)
        add_tools(self._server, services)
        # Called for the session manager that it makes; requests come through this class.
        self._server.streamable_http_app(
            json_response=True, stateless_http=True, max_request_body_size=MAX_BODY_BYTES, host=""
        )

    def install(self, application: FastAPI) -> None:
        """Add the routes; the OpenAPI document does not list them, they are another protocol's."""
        for path in (PATH, f"{PATH}/"):
            application.router.routes.append(Route(path, endpoint=self))

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        """To be entered while the server serves."""
        async with self._server.session_manager.run():
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            caller = await run_in_threadpool(self._find_caller, request)
        except OcrChatError as error:
            response = to_response(error, scope["path"])
            if isinstance(error, AuthenticationError):
                response.headers["WWW-Authenticate"] = "Bearer"
            await response(scope, receive, send)
            return
        request.state.caller = caller
        await self._server.session_manager.handle_request(scope, receive, send)

    def _find_caller(self, request: Request) -> Caller:
        """Raises MissingTokenError, InvalidTokenError and RateLimitedError. Blocks."""
        token = read_token(request)
        if token is None:
            raise MissingTokenError
        account = self._services.accounts.authenticate(token)
        caller = Caller(account=account, address=client_address(request))
        self._services.request_rate.count(caller)
        return caller
