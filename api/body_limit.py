"""A cap on request bodies, and on how long a client may keep us waiting for more, that answers in our own words."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import to_response
from errors import FileTooLargeError, InvalidInputError

# A client in the middle of an upload reads the answer only after it has sent everything; past this it is cut off.
DRAIN_FACTOR = 4


SILENCE_S = 60.0
"""A client that sends nothing for so long in the middle of its body is given up."""


class BodyTooLargeError(Exception):
    """Raised out of ``receive``; never leaves this module."""


class BodyStalledError(Exception):
    """Raised out of ``receive``; never leaves this module."""


class BodyLimit:
    """ASGI middleware: a body over ``max_bytes`` gets the 400 of the contract, whatever app lies below."""

    def __init__(self, app: ASGIApp, *, max_bytes: int, silence_s: float = SILENCE_S) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._silence_s = silence_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        counted = _CountedBody(receive, self._max_bytes, self._silence_s)
        response = _WatchedResponse(send)
        try:
            if _declared_length(scope) > self._max_bytes:
                raise BodyTooLargeError
            await self._app(scope, counted.receive, response.send)
        except BodyTooLargeError:
            pass
        except BodyStalledError:
            if not response.started:
                refusal = InvalidInputError("The upload broke off: nothing came for too long.")
                await _refuse(refusal, scope, receive, send)
            return
        if not response.started and (counted.exceeded or _declared_length(scope) > self._max_bytes):
            await counted.drain(self._max_bytes * DRAIN_FACTOR)
            megabytes = self._max_bytes / 1_000_000
            too_large = FileTooLargeError(f"The request is larger than the {megabytes:g} MB that this server accepts.")
            await _refuse(too_large, scope, receive, send)


async def _refuse(error: InvalidInputError, scope: Scope, receive: Receive, send: Send) -> None:
    response = to_response(error, scope["path"])
    # Whatever is still on its way is not read.
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


class _CountedBody:
    def __init__(self, receive: Receive, max_bytes: int, silence_s: float) -> None:
        self._receive = receive
        self._max_bytes = max_bytes
        self._silence_s = silence_s
        self._seen = 0
        self._ended = False

    @property
    def exceeded(self) -> bool:
        return self._seen > self._max_bytes

    async def receive(self) -> Message:
        try:
            # After the body only the end of the connection is waited for, and that may take as long as the answer.
            async with asyncio.timeout(None if self._ended else self._silence_s):
                message = await self._receive()
        except TimeoutError:
            raise BodyStalledError from None
        self._note(message)
        if self.exceeded:
            raise BodyTooLargeError
        return message

    async def drain(self, max_bytes: int) -> None:
        while not self._ended and self._seen < max_bytes:
            try:
                async with asyncio.timeout(self._silence_s):
                    self._note(await self._receive())
            except TimeoutError:
                return

    def _note(self, message: Message) -> None:
        self._seen += len(message.get("body", b""))
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body", False)


class _WatchedResponse:
    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def send(self, message: Message) -> None:
        self.started = self.started or message["type"] == "http.response.start"
        await self._send(message)


def _declared_length(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0
