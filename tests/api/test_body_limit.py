"""A body over the limit gets our 400, with and without a declared length, whatever app lies below."""

import asyncio

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from api.body_limit import BodyLimit


@pytest.fixture
def client() -> TestClient:
    application = FastAPI()

    @application.post("/read")
    async def read(request: Request) -> int:
        return len(await request.body())

    @application.post("/ignore")
    async def ignore() -> PlainTextResponse:
        return PlainTextResponse("did not look")

    application.add_middleware(BodyLimit, max_bytes=1000)
    return TestClient(application)


def chunks(count: int):
    yield from (b"x" * 100 for _ in range(count))


def test_within_the_limit(client: TestClient) -> None:
    assert client.post("/read", content=b"x" * 1000).json() == 1000
    assert client.post("/read", content=chunks(10)).json() == 1000


@pytest.mark.parametrize("body", [b"x" * 1001, b"x" * 3000])
def test_declared_length(client: TestClient, body: bytes) -> None:
    answer = client.post("/read", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "file_too_large")


def test_streamed_without_length(client: TestClient) -> None:
    answer = client.post("/read", content=chunks(11))
    assert (answer.status_code, answer.json()["code"]) == (400, "file_too_large")


def test_refused_before_a_handler_runs(client: TestClient) -> None:
    assert client.post("/ignore", content=b"x" * 2000).status_code == 400


def test_a_client_that_falls_silent_is_given_up() -> None:
    async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()

    messages: list[Message] = [{"type": "http.request", "body": b"x" * 100, "more_body": True}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/read", "headers": []}
    asyncio.run(BodyLimit(read_all, max_bytes=1000, silence_s=0.05)(scope, receive, send))
    assert sent[0]["status"] == 400
    assert b"broke off" in sent[1]["body"]


def test_after_the_body_an_answer_may_take_its_time() -> None:
    async def think(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive).body()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await receive()
        await PlainTextResponse("thought")(scope, receive, send)

    messages: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if not messages:
            await asyncio.Event().wait()
        return messages.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/read", "headers": []}
    asyncio.run(BodyLimit(think, max_bytes=1000, silence_s=0.05)(scope, receive, send))
    assert sent[0]["status"] == 200
