"""A real server of ours on a free loopback port, as a subprocess, for tests that come through the front door."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 200.0


@dataclass(frozen=True)
class RunningServer:
    """``url`` has no slash at its end; ``log`` is the file that the server writes to."""

    url: str
    data_dir: Path
    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    @property
    def ocr(self) -> str:
        return f"{self.url}/api/v1/ocr/"

    def create_account(self, email: str, *more: str) -> str:
        """The token of a new account, made the way an administrator makes one."""
        finished = subprocess.run(
            [sys.executable, "app.py", "admin", "create-account", email, *more],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return next(word for word in finished.stdout.split() if word.startswith("oc_"))


def list_files(*folders: Path) -> list[Path]:
    """Every file below; a server may delete folders meanwhile, of which ``Path.rglob`` would make an error."""
    found = (Path(place, name) for folder in folders for place, _, names in os.walk(folder) for name in names)
    return [path for path in found if path.is_file()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def server_environment(data_dir: Path, port: int, settings: dict[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATA_DIR": str(data_dir),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        "REQUESTS_PER_MINUTE": "0",
        "SIGN_UPS_PER_HOUR": "0",
        "ANONYMOUS_PAGES_PER_DAY": "100000",
        **settings,
    }


@contextmanager
def start_server(data_dir: Path, **settings: str) -> Iterator[RunningServer]:
    """Serves until the block ends; ``settings`` are environment variables. Fails with the server's log."""
    port = free_port()
    data_dir.mkdir(parents=True, exist_ok=True)
    with _run(f"http://127.0.0.1:{port}", data_dir, server_environment(data_dir, port, settings)) as server:
        yield server


@contextmanager
def start_again(server: RunningServer) -> Iterator[RunningServer]:
    """Stops a server, and serves from the same place, until the block ends."""
    _stop(server.process)
    with _run(server.url, server.data_dir, server.environment) as restarted:
        yield restarted


@contextmanager
def _run(url: str, data_dir: Path, environment: dict[str, str]) -> Iterator[RunningServer]:
    log = data_dir / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    server = RunningServer(url, data_dir, process, log, environment)
    try:
        _wait_until_ready(server)
        yield server
    finally:
        _stop(process)


def _wait_until_ready(server: RunningServer) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            if requests.get(f"{server.url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError(f"the server did not start:\n{server.log.read_text(errors='replace')[-4000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
