"""One address in front of several servers: takes turns, leaves out those that are away, and can be shut."""

import asyncio
import threading
from dataclasses import dataclass, field
from itertools import count


@dataclass
class Door:
    """Passes connections from a port of its own to ``targets`` (ports), in turns; a refusal asks the next.

    Shut, it refuses connections and cuts those that are open; what stands behind it keeps its data.
    """

    targets: list[int]
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _turns: "count[int]" = field(default_factory=count)

    def start(self) -> None:
        threading.Thread(target=self._loop.run_forever, name="door", daemon=True).start()
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
        found = await self._find_target()
        if found is None:
            writer.transport.abort()
            return
        inner_reader, inner_writer = found
        self._open |= {writer, inner_writer}
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        self._open -= {writer, inner_writer}

    async def _find_target(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turns)
        for step in range(len(self.targets)):
            try:
                return await asyncio.open_connection("127.0.0.1", self.targets[(first + step) % len(self.targets)])
            except ConnectionError:
                continue
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()
