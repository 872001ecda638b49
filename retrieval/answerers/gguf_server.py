"""A chat model in a GGUF file, run by llama.cpp in a process of its own and talked to like any server.

Its memory is the file's size and the context's.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from errors import EngineUnavailableError
from pipeline.engines.gguf_server import GgufModel, GgufServer
from retrieval.answerers.generative import ChatModelError
from retrieval.answerers.served_chat import MAX_TOKENS, ServedChat

CONTEXT_TOKENS = 8192
_ANSWER_S = 600.0
"""Patience with a process of our own: a busy machine is no reason to give up, and its end is noticed at once."""


class GgufChat:
    """Starts with the first question. Raises ChatModelError there when the model can't be opened."""

    def __init__(
        self, path: Path, *, context_tokens: int = CONTEXT_TOKENS, threads: int = 0, max_tokens: int = MAX_TOKENS
    ) -> None:
        self.name = path.stem
        self._max_tokens = max_tokens
        self._model = GgufModel(str(path), context_tokens=context_tokens, threads=threads, source="CHAT_GGUF")
        self._lock = threading.Lock()
        self._server: GgufServer | None = None
        self._served: ServedChat | None = None

    def stream(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Iterator[str]:
        with self._lock:
            served = self._ensure_started()
        yield from served.stream(messages, schema)

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._served is not None:
            self._served.close()
        if self._server is not None:
            self._server.close()
        self._server = self._served = None

    def _ensure_started(self) -> ServedChat:
        if self._served is not None and self._server is not None and self._server.is_running:
            return self._served
        self.close()
        try:
            self._server = GgufServer.start(self._model)
        except EngineUnavailableError as error:
            raise ChatModelError(str(error)) from error
        self._served = ServedChat(
            self._server.url, self.name, key=self._server.key, answer_s=_ANSWER_S, max_tokens=self._max_tokens
        )
        return self._served
