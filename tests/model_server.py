"""An OpenAI-compatible server that says, streams and fails as the test tells it, over real HTTP."""

import base64
import io
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

Body = dict[str, Any]

_LETTERS = random.Random(4)
LONG_TEXT = " ".join("".join(_LETTERS.choices("aeinorst", k=8)) for _ in range(1500))
"""Without a loop that would stop the model."""


@dataclass(frozen=True)
class Reply:
    """``status`` other than 200 is an error. ``dies_after`` pieces the connection breaks; ``pause_s`` goes before each
    piece; ``logprob`` is what each piece is given; ``finish`` the reason at the end. Once
    ``hurry`` is set there are no more pauses: an answer dribbles for as long as a test has something to look at.
    """

    text: str = ""
    status: int = 200
    dies_after: int | None = None
    pause_s: float = 0.0
    logprob: float | None = None
    finish: str = "stop"
    piece_length: int = 12
    hurry: threading.Event | None = None


def dribble(text: str, hurry: threading.Event, *, dies_after: int | None = None) -> Reply:
    """A page in the form of profile ``instruct``, which takes minutes until ``hurry`` is set."""
    answer = f'<div data-label="Text" data-bbox="100 100 900 200">{text}</div>'
    return Reply(answer, pause_s=0.1, hurry=hurry, dies_after=dies_after)


@dataclass
class ModelServer:
    """``url`` ends in /v1; ``requests`` are the bodies that came, ``most_at_once`` how many were under way together."""

    url: str
    requests: list[Body] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class _Handler(BaseHTTPRequestHandler):
    """Made into a handler of one server by :func:`serve_model`, which fills in the first three."""

    state: ModelServer
    answer: Callable[[Body], Reply | str]
    model: str
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, b"{}")
        else:
            self._send(200, json.dumps({"object": "list", "data": [{"id": self.model, "object": "model"}]}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.state.lock:
            self.state.requests.append(body)
            self.state.keys.append(self.headers.get("Authorization", ""))
            self.state.under_way += 1
            self.state.most_at_once = max(self.state.most_at_once, self.state.under_way)
        try:
            said = self.answer(body)
            reply = Reply(said) if isinstance(said, str) else said
            if reply.status != 200:
                self._send(reply.status, b'{"error": {"message": "no"}}')
            elif body.get("stream"):
                self._stream(reply)
            else:
                self._send(200, json.dumps(_whole(reply, self.model)).encode())
        except (BrokenPipeError, ConnectionResetError):
            return
        finally:
            with self.state.lock:
                self.state.under_way -= 1

    def _stream(self, reply: Reply) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        pieces = [reply.text[at : at + reply.piece_length] for at in range(0, len(reply.text), reply.piece_length)]
        for index, piece in enumerate(pieces):
            if index == reply.dies_after:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            (reply.hurry or threading.Event()).wait(reply.pause_s)
            choice: Body = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
            if reply.logprob is not None:
                choice["logprobs"] = {"content": [{"token": piece, "logprob": reply.logprob, "top_logprobs": []}]}
            self._chunk(_event(choice, self.model))
        self._chunk(_event({"index": 0, "delta": {}, "finish_reason": reply.finish}, self.model))
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _send(self, code: int, data: bytes) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def serve_model(answer: Callable[[Body], Reply | str], *, model: str = "tiny-instruct") -> Iterator[ModelServer]:
    """A server whose model answers each request (by its body) with a text or a :class:`Reply`."""
    state = ModelServer("")

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state, "answer": staticmethod(answer), "model": model})
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def picture_of(body: Body) -> Image.Image:
    """The page that a request shows the model."""
    parts = body["messages"][-1]["content"]
    uri = next(part["image_url"]["url"] for part in parts if part["type"] == "image_url")
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def _event(choice: Body, model: str) -> bytes:
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _whole(reply: Reply, model: str) -> Body:
    choice = {"index": 0, "message": {"role": "assistant", "content": reply.text}, "finish_reason": reply.finish}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [choice],
        "usage": usage,
    }
