"""What a streamed answer says when it fails halfway."""

import json
from collections.abc import Generator

import anyio
import pytest
import sqlalchemy as sa

from api.chat_routes import _events
from errors import JobNotFoundError
from service.chat import ChatReply
from service.waiting_room import WaitingRoom


def test_an_answer_that_fails_halfway_ends_with_the_error() -> None:
    closed = []

    def say() -> Generator[str | ChatReply, None, None]:
        try:
            yield "second"
            raise JobNotFoundError
        finally:
            closed.append(True)

    async def listen() -> list[str]:
        events = _events("first", say(), WaitingRoom(), "/api/v1/chat/x/")
        return [event.decode() async for event in events]

    *sentences, last = anyio.run(listen)
    assert [json.loads(one.split("data: ")[1])["text"] for one in sentences] == ["first", "second"]
    assert last.startswith("event: error")
    body = json.loads(last.split("data: ")[1])
    assert (body["code"], body["status"], body["instance"]) == ("job_not_found", 404, "/api/v1/chat/x/")
    assert closed == [True]


def test_a_database_that_goes_away_halfway_is_told_as_before_the_first_sentence() -> None:
    def say() -> Generator[str | ChatReply, None, None]:
        yield "second"
        raise sa.exc.OperationalError("INSERT", {"content": "the document's words"}, Exception("gone"))

    async def listen() -> list[str]:
        events = _events("first", say(), WaitingRoom(), "/")
        return [event.decode() async for event in events]

    last = anyio.run(listen)[-1]
    assert last.startswith("event: error")
    assert json.loads(last.split("data: ")[1])["status"] == 503
    assert "words" not in last


def test_what_nobody_expected_is_not_explained() -> None:
    def say() -> Generator[str | ChatReply, None, None]:
        yield "second"
        raise ValueError("the document's words")

    async def listen() -> list[bytes]:
        return [event async for event in _events("first", say(), WaitingRoom(), "/")]

    with pytest.raises(ValueError, match="words"):
        anyio.run(listen)
