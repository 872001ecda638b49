"""A worker without doors can be watched too: ``/livez`` and ``/metrics`` on a port of its own."""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from service.wiring import Services


def watch_worker(services: "Services") -> Any:
    """A context in which ``WORKER_METRICS_PORT`` answers; nothing happens where that is 0. Raises OSError if taken."""
    port = services.settings.worker.worker_metrics_port
    return _serve(services, services.settings.server.host, port) if port else nullcontext()


@contextmanager
def _serve(services: "Services", host: str, port: int) -> Iterator[None]:
    class Handler(_Handler):
        watched = services

    with ThreadingHTTPServer((host, port), Handler) as server:
        Thread(target=server.serve_forever, name="worker-port", daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    watched: "Services"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].rstrip("/")
        if path == "/livez":
            is_alive = self.watched.is_alive()
            status = HTTPStatus.OK if is_alive else HTTPStatus.SERVICE_UNAVAILABLE
            self._answer(status, b"ok\n" if is_alive else b"dead\n", "text/plain")
        elif path == "/metrics" and self._may_see_metrics():
            self._answer_metrics()
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"There is /livez and /metrics.\n", "text/plain")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: it is asked every few seconds."""

    def _answer_metrics(self) -> None:
        try:
            body, media_type = self.watched.render_metrics()
        except sa.exc.SQLAlchemyError:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"The database can't be reached.\n", "text/plain")
            return
        self._answer(HTTPStatus.OK, body, media_type)

    def _may_see_metrics(self) -> bool:
        wanted = self.watched.settings.server.metrics_token
        given = self.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        return not wanted or hmac.compare_digest(given.encode(), wanted.encode())

    def _answer(self, status: HTTPStatus, body: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
