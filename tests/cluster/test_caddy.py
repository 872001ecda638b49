"""One address for several web processes: what Caddy lets in, where it sends whom, and what it passes on."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.cluster.caddy import run_caddy

WAIT_S = 60.0


class Web(http.server.ThreadingHTTPServer):
    """Answers with its own port; ``/api/slowly`` sends a line, and the next one when it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.go_on = threading.Event()


class Answer(http.server.BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("X-Forwarded", self.headers.get("X-Forwarded-For", ""))
        self.send_header("Content-Type", "text/event-stream" if self.path == "/api/slowly" else "text/plain")
        self.end_headers()
        self.wfile.write(f"{self.server.server_port}\n".encode())
        if self.path == "/api/slowly":
            self.wfile.flush()
            self.server.go_on.wait(WAIT_S)
            self.wfile.write(b"last\n")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def webs() -> Iterator[list[Web]]:
    with ExitStack() as stack:
        started = [stack.enter_context(Web()) for _ in range(2)]
        for web in started:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            stack.callback(web.shutdown)
        yield started


@pytest.fixture
def url(webs: list[Web], tmp_path: Path) -> Iterator[str]:
    with run_caddy(tmp_path, [web.server_port for web in webs]) as address:
        yield address


def ask(session: requests.Session, url: str) -> str:
    answer = session.get(url, timeout=WAIT_S)
    assert answer.status_code == 200
    return answer.text.strip()


def test_the_api_is_served_by_every_process_and_a_browser_by_one(url: str, webs: list[Web]) -> None:
    ports = {str(web.server_port) for web in webs}
    assert {ask(requests.Session(), f"{url}/api/v1/languages/") for _ in range(40)} == ports
    with requests.Session() as browser:
        assert len({ask(browser, f"{url}/gradio_api/queue/join") for _ in range(20)}) == 1
    without_cookies = {ask(requests.Session(), f"{url}/gradio_api/info") for _ in range(20)}
    assert len(without_cookies) == 1


def test_a_process_that_is_gone_is_left_out(url: str, webs: list[Web]) -> None:
    with requests.Session() as browser:
        first = ask(browser, f"{url}/")
        gone, left = sorted(webs, key=lambda web: str(web.server_port) != first)
        gone.shutdown()
        gone.server_close()
        for path in ("/", "/api/v1/languages/"):
            assert {ask(browser, url + path) for _ in range(5)} == {str(left.server_port)}


def test_what_is_for_the_inside_stays_inside(url: str) -> None:
    for path in ("/metrics", "/readyz"):
        assert requests.get(url + path, timeout=WAIT_S).status_code == 404


def test_nobody_can_claim_another_address(url: str) -> None:
    answer = requests.get(f"{url}/api/v1/me/", headers={"X-Forwarded-For": "203.0.113.7"}, timeout=WAIT_S)
    assert answer.headers["X-Forwarded"] == "127.0.0.1"


def test_progress_comes_as_it_is_made(url: str, webs: list[Web]) -> None:
    """The last line is written only once the first one has come through; were it held back, both would wait."""
    with requests.get(f"{url}/api/slowly", stream=True, timeout=WAIT_S) as answer:
        lines = answer.iter_lines()
        assert next(lines).strip().isdigit()
        for web in webs:
            web.go_on.set()
        assert next(lines) == b"last"
