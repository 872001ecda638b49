"""A Ray cluster of several nodes on this machine, for tests and benches: no dashboard, no reports.

Ray listens on all addresses of the machine, so nobody gets in without a token made for this cluster.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
_START_S = 240.0
_STARTED = "Ray runtime started"
# A busy machine needs more than the 30 s after which `ray start` gives up; then it is tried again.
_TRY_AGAIN = 'for try in 1 2 3 4 5; do "$@"; sleep 1; done'
_OBJECT_STORE_BYTES = 80_000_000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class RayNodes:
    """The head has no CPUs, so every page is read by a node that may be killed. ``settings`` are variables of all."""

    folder: Path
    settings: dict[str, str]
    port: int = field(default_factory=free_port)
    token: str = field(default_factory=lambda: secrets.token_hex(32))
    head: subprocess.Popen[bytes] | None = None
    nodes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def access(self) -> dict[str, str]:
        """Variables of whoever talks to the cluster."""
        return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": self.token}

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start_head(self) -> None:
        before = self._count_started()
        self.head = self._start(
            "--head", f"--port={self.port}", f"--temp-dir={self.folder}", "--num-cpus=0", "--include-dashboard=false"
        )
        self.wait_for_start(before)

    def add_node(self, cpus: int = 1) -> None:
        """Returns at once."""
        self.nodes.append(self._start(f"--address={self.address}", f"--num-cpus={cpus}"))

    def wait_for_start(self, before: int) -> None:
        """Until one more has started than ``before``: several at once would only keep each other from it."""
        deadline = time.monotonic() + _START_S
        while self._count_started() <= before:
            if time.monotonic() > deadline:
                raise AssertionError(f"Ray did not start:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def _count_started(self) -> int:
        return self.log.read_text(errors="replace").count(_STARTED) if self.log.exists() else 0

    def kill_node(self) -> None:
        """``kill -9`` of the oldest node with all its processes."""
        _kill(self.nodes.pop(0))

    def kill_head(self) -> None:
        """The cluster is gone; its nodes end themselves."""
        if self.head is not None:
            _kill(self.head)
            self.head = None

    def stop(self) -> None:
        while self.nodes:
            self.kill_node()
        self.kill_head()

    @property
    def log(self) -> Path:
        return self.folder / "nodes.log"

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "RAY_USAGE_STATS_ENABLED": "0",
            **self.access,
            "RAY_gcs_rpc_server_reconnect_timeout_s": "15",
            "HF_HUB_OFFLINE": "1",
            **self.settings,
        }
        command = [
            "bash",
            "-c",
            _TRY_AGAIN,
            "ray-node",
            str(Path(sys.executable).parent / "ray"),
            "start",
            "--block",
            "--disable-usage-stats",
            "--include-log-monitor=false",
            "--min-worker-port=0",
            "--max-worker-port=0",
            f"--object-store-memory={_OBJECT_STORE_BYTES}",
            *arguments,
        ]
        with self.log.open("ab") as output:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


@contextmanager
def run_ray(node_count: int, *, cpus: int = 1, **settings: str) -> Iterator[RayNodes]:
    """A head and ``node_count`` nodes of ``cpus`` each, until the block ends."""
    # Short: unix sockets are made below it, and their paths may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="oc-ray-", dir="/tmp"))
    nodes = RayNodes(folder, settings)
    try:
        nodes.start_head()
        for number in range(node_count):
            nodes.add_node(cpus)
            nodes.wait_for_start(number + 1)
        yield nodes
    finally:
        nodes.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for each in family:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
