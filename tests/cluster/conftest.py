"""Servers that a larger installation has, each started from its package: S3 (moto), Ray, Chroma, PostgreSQL."""

from collections.abc import Iterator

import pytest

from bench.ray_nodes import RayNodes, run_ray
from bench.s3_server import S3Server, environment, run_s3
from tests.cluster.servers import start_cluster
from tests.server import RunningServer


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """With its variables set for this process."""
    with run_s3() as server, environment(server.settings):
        yield server


@pytest.fixture
def bucket_url(s3: S3Server) -> str:
    """A place of the test's own."""
    return f"{s3.make_bucket()}/some/prefix"


@pytest.fixture(scope="session")
def ray_nodes(s3: S3Server) -> Iterator[RayNodes]:
    with run_ray(1, cpus=1, **s3.settings) as nodes, environment(nodes.access):
        yield nodes


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The tests of this folder that ask for a server get a cluster's address."""
    with start_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="module")
def token(server: RunningServer) -> str:
    return server.create_account("tester@example.com", "--plan", "paid", "--credits", "100000")
