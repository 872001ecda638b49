"""Services for one test, stopped when it ends."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.recognise import ReaderConfig
from service.wiring import Services
from tests.service.running_services import StartServices, running, scripted


@pytest.fixture
def start_services(tmp_path: Path, database_url: str) -> Iterator[StartServices]:
    """On SQLite and on PostgreSQL: ``start_services(reader, **settings)``."""
    with ExitStack() as stack:

        def start(reader: ReaderConfig | None = None, **settings: object) -> Services:
            return stack.enter_context(running(tmp_path / "data", database_url, reader or scripted(), **settings))

        yield start
