"""A whole installation of several machines on this one: PostgreSQL, S3, Chroma, Ray, two web processes, a worker.

Every process has a data folder of its own, so nothing is shared but what a real cluster shares.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from bench.door import Door
from bench.ray_nodes import RayNodes, free_port, run_ray
from bench.s3_server import S3Server, run_s3
from tests.postgres import PostgresCluster, run_postgres

ROOT = Path(__file__).resolve().parent.parent
START_S = 240.0


@dataclass
class ClusterSetup:
    """``url`` is the one address in front of the web processes. ``settings`` are what all processes are given."""

    folder: Path
    settings: dict[str, str]
    postgres: PostgresCluster
    s3: S3Server
    ray: RayNodes
    door: Door
    webs: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"

    def start_web(self, port: int) -> None:
        """Serves without working."""
        mine = {"PORT": str(port), "WORKER_IN_SERVER": "false", "DATA_DIR": str(self.folder / f"web-{port}")}
        self.webs[port] = self._start([sys.executable, "app.py"], mine)

    def kill_web(self, port: int) -> None:
        """``kill -9``."""
        process = self.webs.pop(port)
        process.kill()
        process.wait()

    def start_worker(self, page_seconds: float | None) -> None:
        """``page_seconds`` None: the installed engines read, else one that takes so long and says what it was told."""
        mine = {"DATA_DIR": str(self.folder / f"worker-{len(self.workers)}")}
        command = [sys.executable, "app.py", "worker"]
        if page_seconds is not None:
            command = [sys.executable, "-m", "bench.scripted_worker", "--page-seconds", str(page_seconds)]
        self.workers.append(self._start(command, mine))

    def wait_for_webs(self) -> None:
        deadline = time.monotonic() + START_S
        for port, process in self.webs.items():
            while not _is_ready(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(
                        f"a web process did not start:\n{self.log.read_text(errors='replace')[-3000:]}"
                    )
                time.sleep(0.1)

    def stop(self) -> None:
        processes = [*self.webs.values(), *self.workers]
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, command: list[str], settings: dict[str, str]) -> subprocess.Popen[bytes]:
        Path(settings["DATA_DIR"]).mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            return subprocess.Popen(command, cwd=ROOT, env=self.settings | settings, stdout=output, stderr=output)


@contextmanager
def run_setup(
    folder: Path,
    *,
    page_seconds: float | None = None,
    with_chroma: bool = True,
    node_count: int = 1,
    cpus: int = 1,
    **settings: str,
) -> Iterator[ClusterSetup]:
    """Runs until the block ends; ``settings`` are environment variables of every process of ours."""
    with ExitStack() as stack:
        postgres = stack.enter_context(run_postgres())
        s3 = stack.enter_context(run_s3())
        ray = stack.enter_context(run_ray(node_count, cpus=cpus, **s3.settings, TMPDIR=str(folder)))
        ports = [free_port(), free_port()]
        door = Door(ports)
        door.start()
        stack.callback(door.stop)
        ours = {
            **_base_settings(),
            **s3.settings,
            **ray.access,
            "DATABASE_URL": postgres.make_database(),
            "STORAGE_URL": f"{s3.make_bucket()}/ocr",
            "EXECUTOR": "ray",
            "RAY_ADDRESS": ray.address,
            **settings,
        }
        if with_chroma:
            ours["CHROMA_URL"] = stack.enter_context(run_chroma(folder / "chroma"))
        setup = ClusterSetup(folder, ours, postgres, s3, ray, door)
        stack.callback(setup.stop)
        for port in ports:
            setup.start_web(port)
        setup.start_worker(page_seconds)
        setup.wait_for_webs()
        yield setup


@contextmanager
def run_chroma(folder: Path) -> Iterator[str]:
    """The address of a Chroma server that lives as long as the block."""
    port = free_port()
    program = shutil.which("chroma", path=str(Path(sys.executable).parent)) or "chroma"
    command = [program, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_base_settings())
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _base_settings() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "HOST": "127.0.0.1",
        "SERVER_KEY": secrets.token_hex(16),
        "PAYMENTS_KEY": secrets.token_hex(16),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
        "REQUESTS_PER_MINUTE": "0",
        "ANONYMOUS_PAGES_PER_DAY": "1000000",
        "ANONYMOUS_MAX_PAGES": "1000",
        "MAX_INLINE_WAIT_S": "170",
    }


def _is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=10).ok
    except requests.RequestException:
        return False
