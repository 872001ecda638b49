"""A cluster that looks to a test like one server."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server import RunningServer


@contextmanager
def start_cluster(folder: Path) -> Iterator[RunningServer]:
    """PostgreSQL, S3, Chroma, Ray, a worker, and two web processes that take turns behind one address."""
    from bench.cluster_setup import run_setup

    with run_setup(folder, cpus=2) as setup:
        first = next(iter(setup.webs.values()))
        environment = setup.settings | {"DATA_DIR": str(folder / "admin")}
        yield RunningServer(setup.url, folder, first, setup.log, environment)
