"""A chat model of the Hugging Face hub, or of a folder, run by ``transformers serve`` in a process of its own.

Importing torch and transformers takes seconds and half a gigabyte: none of it happens in the server's own process. The
process listens on a local port of this machine only; it can't be held to a JSON schema, so the model has to follow the
instructions.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from retrieval.answerers.generative import ChatModelError
from retrieval.answerers.served_chat import ServedChat

_START_TIMEOUT_S = 600.0
_ANSWER_S = 600.0
"""Patience with a process of our own, whose end is noticed at once."""
_POLL_S = 0.5
_STOP_TIMEOUT_S = 5.0
# The parent's end of a pipe is the process's standard input: it ends with the parent, however that ended.
_PROGRAM = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from transformers.cli.transformers import main
main()
"""


class TransformersChat:
    """Starts with the first question, which waits until the model is loaded (or downloaded)."""

    def __init__(self, model: str, *, threads: int = 0, cache_folder: Path | None = None) -> None:
        self.name = model
        self._threads = threads or max(1, (os.cpu_count() or 2) - 1)
        self._cache_folder = cache_folder
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._served: ServedChat | None = None

    def stream(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Iterator[str]:
        """Raises ChatModelError when the model can't be opened."""
        with self._lock:
            served = self._ensure_started()
        yield from served.stream(messages, schema)

    def close(self) -> None:
        """End the process; the next question starts another."""
        if self._served is not None:
            self._served.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process = self._served = None

    def _ensure_started(self) -> ServedChat:
        if self._served is not None and self._process is not None and self._process.poll() is None:
            return self._served
        self.close()
        port = _find_free_port()
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, "serve", self.name, "--host", "127.0.0.1", "--port", str(port)],
            env=self._environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_ready(port)
        self._served = ServedChat(f"http://127.0.0.1:{port}/v1", self.name, answer_s=_ANSWER_S)
        return self._served

    def _environment(self) -> dict[str, str]:
        chosen = {"OMP_NUM_THREADS": str(self._threads), "TOKENIZERS_PARALLELISM": "false"}
        if self._cache_folder is not None:
            self._cache_folder.mkdir(parents=True, exist_ok=True)
            chosen["HF_HUB_CACHE"] = str(self._cache_folder)
        return {**os.environ, **chosen}

    def _wait_until_ready(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self.close()
                raise ChatModelError(f"the chat model {self.name!r} can't be opened; check CHAT_MODEL")
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=2.0, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(_POLL_S)
        self.close()
        raise ChatModelError(f"the chat model {self.name!r} did not start in time")


def _find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
