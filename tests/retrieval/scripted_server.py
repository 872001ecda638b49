"""An OpenAI-compatible server that says what the test wants, over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], str]
"""From a request's body to the text that the model replies."""


@contextmanager
def serve_script(script: Script, *, status: int = 200, streams: bool = True) -> Iterator[str]:
    """The server's URL, ending in /v1. ``status`` other than 200 answers every request with that error."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if status != 200 or self.path != "/v1/chat/completions":
                self._send(status if status != 200 else 404, b"{}", "application/json")
                return
            text = script(body)
            if not streams:
                reply = {"choices": [{"message": {"role": "assistant", "content": text}}]}
                self._send(200, json.dumps(reply).encode(), "application/json")
                return
            pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
            events = [json.dumps({"choices": [{"delta": {"content": piece}}]}) for piece in pieces]
            data = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
            self._send(200, data.encode(), "text/event-stream")

        def _send(self, code: int, data: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def passages_of(body: dict[str, Any]) -> list[dict[str, str]]:
    """The passages that a request shows the model: {"passage": id, "text": ...}."""
    return list(json.loads(body["messages"][-1]["content"])["passages"])


def passage_with(body: dict[str, Any], words: str) -> str:
    """The id of the passage that has these words."""
    return next(one["passage"] for one in passages_of(body) if words in one["text"])


def reply(*sentences: tuple[str, str, str]) -> str:
    """The JSON of sentences given as (text, passage, quote)."""
    made = [{"text": text, "quotes": [{"passage": passage, "quote": quote}]} for text, passage, quote in sentences]
    return json.dumps({"sentences": made}, ensure_ascii=False)
