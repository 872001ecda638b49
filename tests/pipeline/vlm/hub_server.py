"""A Hugging Face of our own: one model, served over HTTP as the real one serves it."""

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    code: str = ""


def answer(path: str, model: str, files: Mapping[str, bytes]) -> Answer:
    """What the hub says to a path."""
    if path.startswith(f"/api/models/{model}/tree/"):
        entries = [
            {"type": "file", "path": name, "size": len(content), "oid": "0" * 40} for name, content in files.items()
        ]
        return Answer(200, json.dumps(entries).encode())
    if path.startswith(f"/api/models/{model}"):
        siblings = [{"rfilename": name, "size": len(content)} for name, content in files.items()]
        return Answer(200, json.dumps({"id": model, "modelId": model, "sha": COMMIT, "siblings": siblings}).encode())
    name = path.rpartition("/")[2]
    if path.startswith(f"/{model}/resolve/") and name in files:
        return Answer(200, files[name])
    return Answer(404, b"{}", "RepoNotFound")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: str
    files: Mapping[str, bytes]

    def do_HEAD(self) -> None:
        self._send(answer(self.path.partition("?")[0], self.model, self.files))

    def do_GET(self) -> None:
        found = answer(self.path.partition("?")[0], self.model, self.files)
        self._send(found)
        self.wfile.write(found.body)

    def log_message(self, *_arguments: object) -> None:
        """The test's output is no place for it."""

    def _send(self, found: Answer) -> None:
        self.send_response(found.status)
        self.send_header("Content-Type", "application/json" if found.body[:1] in b"{[" else "application/octet-stream")
        self.send_header("Content-Length", str(len(found.body)))
        self.send_header("ETag", f'"{hashlib.sha256(found.body).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if found.code:
            self.send_header("X-Error-Code", found.code)
        self.end_headers()


@contextmanager
def serve_hub(model: str, files: Mapping[str, bytes]) -> Iterator[str]:
    """The address of a hub that has this model and nothing else, until the block ends."""
    handler = type("HandlerOfModel", (Handler,), {"model": model, "files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
