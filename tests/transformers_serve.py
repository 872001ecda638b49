"""``transformers serve``: a real OpenAI-compatible server with a real model, as a subprocess."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.server import free_port

_START_TIMEOUT_S = 240.0
_PROGRAM = "from transformers.cli.transformers import main; main()"


@contextmanager
def serve_checkpoint(checkpoint: Path, folder: Path) -> Iterator[str]:
    """The server's URL, ending in /v1; its model's name is the checkpoint's path. Logs and cache go to ``folder``."""
    port = free_port()
    cache = folder / "cache"
    cache.mkdir(parents=True)
    settings = {"HF_HUB_CACHE": str(cache), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = ["serve", str(checkpoint), "--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    log = folder / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *command],
            env={**os.environ, **settings},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise AssertionError(f"transformers serve did not start:\n{log.read_text(errors='replace')[-3000:]}")
