"""A model in a GGUF file, served by llama.cpp (package ``xllamacpp``) in a process of our own.

The process listens on a local port, wants a random key and is talked to like any OpenAI-compatible server. It gets all
cores but one: with as many threads as busy cores llama.cpp slows down a hundredfold.
"""

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from select import select
from typing import IO, Self

from errors import EngineUnavailableError

CONTEXT_TOKENS = 16384
_START_TIMEOUT_S = 300.0
_PROGRAM = Path(__file__).with_name("gguf_program.py")


@dataclass(frozen=True, slots=True)
class GgufModel:
    """``mmproj`` is the image projector's file, empty for a model of text alone; ``threads`` 0: all cores but one."""

    path: str
    mmproj: str = ""
    context_tokens: int = CONTEXT_TOKENS
    threads: int = 0
    source: str = "VLM_GGUF"

    @property
    def name(self) -> str:
        return Path(self.path).stem


class GgufServer:
    """A running server. It ends with :meth:`close`, and with the process that started it."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, key: str) -> None:
        self._process = process
        self.url = url
        self.key = key

    @classmethod
    def start(cls, model: GgufModel) -> Self:
        """Load the model and wait until it answers. Raises EngineUnavailableError naming the setting that is wrong."""
        for file in filter(None, (model.path, model.mmproj)):
            if not Path(file).is_file():
                raise EngineUnavailableError(
                    f"There is no file {Path(file).name}.", remedy=f"Correct {model.source} (docs/engines.md)."
                )
        key = secrets.token_urlsafe(24)
        process = subprocess.Popen(
            [sys.executable, "-P", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        wanted = {
            "model": model.path,
            "mmproj": model.mmproj,
            "alias": model.name,
            "context_tokens": model.context_tokens,
            "threads": model.threads or max(1, (os.cpu_count() or 2) - 1),
            "key": key,
        }
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
        answer = _read_answer(process.stdout)
        if "address" not in answer:
            _end(process)
            raise EngineUnavailableError(
                f"llama.cpp can't open {Path(model.path).name}.",
                remedy=f"Correct {model.source}; it wants a GGUF file of a model that llama.cpp knows.",
            )
        return cls(process, f"{answer['address']}/v1", key)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        _end(self._process)


def _read_answer(output: IO[bytes]) -> dict[str, str]:
    """Empty when the process died or said nothing in time."""
    ready, _, _ = select([output], [], [], _START_TIMEOUT_S)
    line = output.readline() if ready else b""
    return dict(json.loads(line)) if line.strip() else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
