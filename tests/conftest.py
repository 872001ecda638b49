"""Fixtures that several packages of tests share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.servers import start_cluster
from tests.server import RunningServer, start_server

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with the embedded engines, shared by the tests that only talk to it.

    With ``TEST_SETUP=cluster`` it is the address of a cluster of everything (``make test-cluster``).
    """
    if os.environ.get("TEST_SETUP") == "cluster":
        with start_cluster(tmp_path_factory.mktemp("cluster")) as running:
            yield running
        return
    with start_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def token(server: RunningServer) -> str:
    return server.create_account("tester@example.com", "--plan", "paid", "--credits", "100000")


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).resolve().parent.parent / "samples"
