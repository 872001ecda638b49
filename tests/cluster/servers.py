"""A cluster that looks to a test like one server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cluster.caddy import run_caddy
from tests.server import RunningServer


@contextmanager
def start_cluster(folder: Path) -> Iterator[RunningServer]:
    """PostgreSQL, S3, Chroma, Ray, a worker, and two web processes behind the deployment's Caddy."""
    from bench.cluster_setup import run_setup

    with (
        run_setup(folder, cpus=2, TRUSTED_PROXIES="127.0.0.1") as setup,
        run_caddy(folder / "caddy", list(setup.webs)) as url,
    ):
        first = next(iter(setup.webs.values()))
        environment = setup.settings | {"DATA_DIR": str(folder / "admin")}
        yield RunningServer(url, folder, first, setup.log, environment)
