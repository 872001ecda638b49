"""An S3 server on loopback (moto) behind a door that can be shut: the data outlives an outage."""

import asyncio
import os
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import boto3

_ACCESS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "us-east-1"}


@dataclass
class Door:
    """Passes connections from a port of its own to ``target``; shut, it refuses them and cuts those that are open."""

    target: int
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def start(self) -> None:
        threading.Thread(target=self._loop.run_forever, name="s3-door", daemon=True).start()
        self.unbar()

    def unbar(self) -> None:
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(30)

    def shut(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)

    def stop(self) -> None:
        self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self._open |= {writer, inner_writer}
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        self._open -= {writer, inner_writer}


@dataclass(frozen=True)
class S3Server:
    door: Door

    @property
    def settings(self) -> dict[str, str]:
        """Environment variables of whoever uses it."""
        return {**_ACCESS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.door.port}"}

    def make_bucket(self) -> str:
        """The URL of a new bucket."""
        name = f"b{uuid.uuid4().hex[:20]}"
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.door.port}",
            aws_access_key_id="tests",
            aws_secret_access_key="tests",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=name)
        return f"s3://{name}"


@contextmanager
def run_s3() -> Iterator[S3Server]:
    """A server that lives as long as the block, in this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    door = Door(server.get_host_and_port()[1])
    door.start()
    try:
        yield S3Server(door)
    finally:
        door.stop()
        server.stop()


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """This process's own variables, inside the block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
