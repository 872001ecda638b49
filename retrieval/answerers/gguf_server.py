"""A chat model in a GGUF file, run by llama.cpp (package ``xllamacpp``) in a process of its own.

The process listens on a local port, wants a random key and is talked to like any OpenAI-compatible server. Its memory
is the file's size and the context's; it gets all cores but one: with as many threads as busy cores llama.cpp slows down
a hundredfold.
"""

import multiprocessing
import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from retrieval.answerers.generative import ChatModelError
from retrieval.answerers.served_chat import MAX_TOKENS, ServedChat

CONTEXT_TOKENS = 8192
_START_TIMEOUT_S = 120.0


class GgufChat:
    """Starts with the first question. Raises ChatModelError there when the model can't be opened."""

    def __init__(
        self, path: Path, *, context_tokens: int = CONTEXT_TOKENS, threads: int = 0, max_tokens: int = MAX_TOKENS
    ) -> None:
        self.name = path.stem
        self._path = path
        self._context_tokens = context_tokens
        self._max_tokens = max_tokens
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._alive: Connection | None = None
        self._served: ServedChat | None = None

    def stream(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Iterator[str]:
        with self._lock:
            served = self._ensure_started()
        yield from served.stream(messages, schema)

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._served is not None:
            self._served.close()
        if self._alive is not None:
            self._alive.close()
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._alive = self._served = None

    def _ensure_started(self) -> ServedChat:
        if self._served is not None and self._process is not None and self._process.is_alive():
            return self._served
        self.close()
        if not self._path.is_file():
            raise ChatModelError(f"there is no file {self._path.name}; check CHAT_GGUF")
        key = secrets.token_urlsafe(24)
        context = multiprocessing.get_context("spawn")
        self._alive, theirs = context.Pipe()
        self._process = context.Process(
            target=run_server,
            args=(theirs, self._path, key, self._context_tokens, self._threads),
            name="chat-model",
            daemon=True,
        )
        self._process.start()
        theirs.close()
        self._served = ServedChat(self._wait_for_address(), self.name, key=key, max_tokens=self._max_tokens)
        return self._served

    def _wait_for_address(self) -> str:
        assert self._alive is not None
        try:
            if self._alive.poll(_START_TIMEOUT_S):
                return f"{self._alive.recv()}/v1"
        except EOFError as error:
            self.close()
            raise ChatModelError("the chat model's process ended while it started") from error
        self.close()
        raise ChatModelError("the chat model did not start in time")


def run_server(alive: Connection, path: Path, key: str, context_tokens: int, threads: int) -> None:
    """The process: serves until the other end of ``alive`` closes. Sends its address when it is ready."""
    import signal

    import xllamacpp

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = context_tokens
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [key]
    parameters.offline = True
    parameters.verbosity = -1
    server = xllamacpp.Server(parameters)
    alive.send(server.listening_address)
    try:
        alive.recv()
    except EOFError:
        os._exit(0)
