"""The REST door in this process, over real services whose pages are read by a scripted engine."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.application import create_api
from pipeline.recognise import ReaderConfig
from service.wiring import Services, build_services
from settings import Settings
from tests.service.running_services import make_pdf, scripted

PROXY = "127.0.0.1"


@dataclass(frozen=True)
class Door:
    """``client`` talks to the door through a trusted proxy, so that a test chooses its address."""

    client: TestClient
    services: Services

    def post(self, page_count: int = 1, *, address: str = "203.0.113.9", token: str = "", **fields: str) -> Any:
        """Submit a PDF of so many pages; an account's result is not kept, so that nothing is indexed for chat."""
        fields = ({"retain": "false"} if token else {}) | fields
        files = {"file": ("letter.pdf", make_pdf(page_count), "application/pdf")}
        return self.client.post("/api/v1/ocr/", files=files, data=fields, headers=self.headers(address, token))

    def get(self, path: str, *, address: str = "203.0.113.9", token: str = "", **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", params=query, headers=self.headers(address, token))

    def headers(self, address: str = "203.0.113.9", token: str = "") -> dict[str, str]:
        return {"X-Forwarded-For": address} | ({"Authorization": f"Bearer {token}"} if token else {})

    def make_account(self, email: str = "a@example.org", plan: str = "free") -> str:
        """Its token."""
        token = self.services.accounts.create_account(email, plan=plan).token.value
        assert token is not None
        return token

    def metric(self, name: str, **labels: str) -> float:
        """A sample's value; 0 where there is none yet."""
        self.services.render_metrics()
        return self.services.metrics.registry.get_sample_value(name, labels) or 0.0


OpenDoor = Callable[..., Door]


@pytest.fixture
def open_door(tmp_path: Path, migrated_sqlite: Path) -> Iterator[OpenDoor]:
    """``open_door(reader, **settings)``."""
    with ExitStack() as stack:

        def open_one(reader: ReaderConfig | None = None, **chosen: object) -> Door:
            path = tmp_path / "door.sqlite"
            shutil.copy(migrated_sqlite, path)
            values: dict[str, object] = {
                "data_dir": tmp_path / "data",
                "database_url": f"sqlite:///{path}",
                "page_processes": 1,
                "trusted_proxies": PROXY,
                "requests_per_minute": 0,
                "max_inline_wait_s": 60.0,
            }
            services = build_services(Settings.from_values(values | chosen), reader=reader or scripted())
            client = TestClient(create_api(services), client=(PROXY, 50000), raise_server_exceptions=False)
            return Door(stack.enter_context(client), services)

        yield open_one
