"""app.py as a Hugging Face Space starts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from gradio_client import Client, handle_file

from settings import Settings
from tests.server import ROOT, RunningServer, start_server

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("space")
    with start_server(folder, SYSTEM="spaces", SPACE_ID="somebody/ocr-chat", ANONYMOUS_PAGES_PER_DAY="50") as running:
        yield running


def test_rest_reads_a_sample(space: RunningServer, samples: Path) -> None:
    with (samples / "receipt.png").open("rb") as file:
        answer = requests.post(space.ocr, files={"file": file}, timeout=120)
    assert answer.status_code == 200
    assert answer.json()["status"] == "done"
    assert answer.json()["text"]


def test_errors_keep_their_shape(space: RunningServer) -> None:
    for url, status in ((f"{space.ocr}{'0' * 32}/", 404), (f"{space.url}/api/v1/nothing/", 404)):
        answer = requests.get(url, timeout=60)
        assert answer.status_code == status, answer.text
    assert requests.get(f"{space.ocr}{'0' * 32}/", timeout=60).json()["code"] == "job_not_found"


def test_page_and_its_languages(space: RunningServer) -> None:
    page = requests.get(f"{space.url}/", timeout=60)
    assert page.ok
    assert "Content-Security-Policy" in page.text
    assert requests.get(f"{space.url}/app/account", timeout=60).ok
    for code in (path.stem for path in (ROOT / "ui" / "translations").glob("*.json")):
        page = requests.get(f"{space.url}/", params={"lang": code}, timeout=60)
        assert page.ok
        assert page.url.split("?")[0].endswith("/" if code == "en" else f"/{code}/")


def test_its_proxies_are_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without that all visitors of a Space would share one address and its daily allowance."""
    monkeypatch.setenv("SPACE_ID", "somebody/ocr-chat")
    for name in ("HOST", "TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)
    server = Settings.from_environment().server
    assert (server.host, server.trusted_proxies) == ("0.0.0.0", "10.0.0.0/8")
    monkeypatch.setenv("TRUSTED_PROXIES", "192.0.2.0/24")
    assert Settings.from_environment().server.trusted_proxies == "192.0.2.0/24"


def test_cookie_survives_the_frame(space: RunningServer) -> None:
    body = {"email": "space@example.com", "password": "a long enough one"}
    answer = requests.post(f"{space.url}/app/sign-up", json=body, timeout=60)
    assert answer.ok, answer.text
    cookie = answer.headers["Set-Cookie"].lower()
    assert "samesite=none" in cookie
    assert "secure" in cookie


def test_gradio_client_reads_a_sample(space: RunningServer, samples: Path) -> None:
    job = Client(f"{space.url}/", verbose=False).predict(handle_file(str(samples / "receipt.png")), api_name="/ocr")
    assert job["status"] == "done"


def test_nothing_was_logged_as_an_error(space: RunningServer) -> None:
    assert "Traceback" not in space.log.read_text(encoding="utf-8", errors="replace")
