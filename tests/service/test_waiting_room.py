"""Questions wait in threads of their own."""

import threading
from collections.abc import Generator, Iterator

import anyio
import pytest
from anyio import to_thread

from errors import ChatUnavailableError
from service.waiting_room import WaitingRoom


def test_who_waits_for_an_answer_keeps_nobody_else_waiting() -> None:
    """As many questions as the server has threads for requests, all of them slow: other requests still find one."""
    answered = threading.Event()
    room = WaitingRoom()

    async def serve() -> str:
        async with anyio.create_task_group() as group:
            for _ in range(int(to_thread.current_default_thread_limiter().total_tokens)):
                group.start_soon(room.run, answered.wait)
            await anyio.wait_all_tasks_blocked()
            said = await to_thread.run_sync(lambda: "another request")
            answered.set()
        return said

    assert anyio.run(serve) == "another request"


def test_more_than_fit_are_turned_away() -> None:
    answered = threading.Event()
    room = WaitingRoom(threads=1, waiting=1)

    async def serve() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(room.run, answered.wait)
                await anyio.wait_all_tasks_blocked()
            with pytest.raises(ChatUnavailableError, match="Too many questions"):
                await room.run(answered.wait)
            answered.set()
        assert await room.run(lambda: "answered") == "answered"

    anyio.run(serve)


def test_pieces_come_in_order_and_errors_come_through() -> None:
    room = WaitingRoom()

    def say() -> Iterator[str]:
        yield "one"
        yield "two"
        raise ChatUnavailableError

    heard: list[str] = []

    async def listen() -> None:
        async for piece in room.iterate(say()):
            heard.append(piece)

    with pytest.raises(ChatUnavailableError):
        anyio.run(listen)
    assert heard == ["one", "two"]


def test_what_was_begun_is_undone_in_a_thread_also_when_the_listener_goes() -> None:
    """Starlette cancels a stream that nobody reads any more; undoing asks the database, and must not stop the loop."""
    room, undone_by = WaitingRoom(), list[int]()

    def say() -> Generator[str, None, None]:
        try:
            yield from ("one", "two")
        finally:
            undone_by.append(threading.get_ident())

    async def listen() -> int:
        pieces = say()
        with anyio.CancelScope() as scope:
            try:
                async for _ in room.iterate(pieces):
                    scope.cancel()
            finally:
                await room.close(pieces)
        return len(undone_by)

    assert anyio.run(listen) == 1
    assert undone_by != [threading.get_ident()]
