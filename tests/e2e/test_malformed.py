"""Broken and hostile files through the real server: a 400 with a sentence, and the server goes on."""

import pytest
import requests

from tests.malformed_files import MALFORMED
from tests.server import RunningServer

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize(("name", "build", "code"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_malformed_file(server: RunningServer, token: str, name: str, build, code: str) -> None:
    answer = requests.post(
        server.ocr, headers={"Authorization": f"Bearer {token}"}, files={"file": (name, build())}, timeout=60
    )
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert answer.json()["error"].endswith(".")
    assert requests.get(f"{server.url}/livez", timeout=10).ok
