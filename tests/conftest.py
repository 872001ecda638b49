"""Fixtures that several packages of tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import RunningServer, start_server

pytest_plugins = ["tests.databases"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server with the embedded engines, shared by the tests that only talk to it."""
    with start_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def token(server: RunningServer) -> str:
    return server.create_account("tester@example.com", "--plan", "paid", "--credits", "100000")


@pytest.fixture(scope="session")
def samples() -> Path:
    return Path(__file__).resolve().parent.parent / "samples"
