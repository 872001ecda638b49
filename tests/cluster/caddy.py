"""The deployment's own Caddy in front of web processes of this machine."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.server import ROOT, free_port

START_S = 60.0
_LOOKED_UP = re.compile(r"dynamic a web 7860 \{[^}]*\}")


@contextmanager
def run_caddy(folder: Path, ports: Sequence[int]) -> Iterator[str]:
    """The address of ``deploy/Caddyfile``; only where the web processes are is another than in a Docker network."""
    upstreams = " ".join(f"127.0.0.1:{port}" for port in ports)
    text, count = _LOOKED_UP.subn(f"to {upstreams}", (ROOT / "deploy" / "Caddyfile").read_text(encoding="utf-8"))
    assert count == 1
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Caddyfile").write_text(text, encoding="utf-8")
    url = f"http://127.0.0.1:{free_port()}"
    program = Path(sys.executable).with_name("caddy")
    places = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with (folder / "caddy.log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "run", "--config", str(folder / "Caddyfile")],
            env={"PATH": os.environ["PATH"], "SITE_ADDRESS": url, **places},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_until_ready(url, process, folder / "caddy.log")
        yield url
    finally:
        # Asked to end, it would wait for the streams that clients have left open.
        process.kill()
        process.wait()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(f"{url}/healthz", timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"Caddy did not start:\n{log.read_text(errors='replace')[-3000:]}")
