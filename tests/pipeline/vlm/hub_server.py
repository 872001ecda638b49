"""A Hugging Face of our own: one model, served over HTTP as the real one serves it."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def serve_hub(model: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a hub that has this model and nothing else, until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, *_arguments: object) -> None:
            """The test's output is no place for it."""

        def _answer(self, *, with_body: bool) -> None:
            path = self.path.partition("?")[0]
            if path.startswith(f"/api/models/{model}/tree/"):
                entries = [{"type": "file", "path": name, "size": len(c), "oid": "0" * 40} for name, c in files.items()]
                self._send(200, json.dumps(entries).encode(), with_body=with_body)
            elif path.startswith(f"/api/models/{model}"):
                siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
                body = json.dumps({"id": model, "modelId": model, "sha": COMMIT, "siblings": siblings}).encode()
                self._send(200, body, with_body=with_body)
            elif path.startswith(f"/{model}/resolve/") and path.rpartition("/")[2] in files:
                self._send(200, files[path.rpartition("/")[2]], with_body=with_body)
            else:
                self._send(404, b"{}", with_body=with_body, code="RepoNotFound")

        def _send(self, status: int, body: bytes, *, with_body: bool, code: str = "") -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if body[:1] in b"{[" else "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", f'"{hashlib.sha256(body).hexdigest()}"')
            self.send_header("X-Repo-Commit", COMMIT)
            if code:
                self.send_header("X-Error-Code", code)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
