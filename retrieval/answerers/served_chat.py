"""A chat model behind an OpenAI-compatible server (vLLM, llama.cpp, Ollama, a provider)."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from retrieval.answerers.generative import ChatModelError

MAX_TOKENS = 1200
ANSWER_S = 120.0
_CONNECT_S = 5.0


class ServedChat:
    """``url`` ends in ``/v1``. The document's passages go to this server and nowhere else.

    ``answer_s``: a server that is silent for so long, or has not ended after so long, has failed;
    ``clock`` gives seconds.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str = "",
        answer_s: float = ANSWER_S,
        max_tokens: int = MAX_TOKENS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = model
        self._clock = clock
        self._max_tokens = max_tokens
        self._answer_s = answer_s
        timeout = httpx.Timeout(answer_s, connect=_CONNECT_S)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        # trust_env off: a proxy variable must not send a document somewhere else.
        self._client = httpx.Client(base_url=url.rstrip("/") + "/", headers=headers, timeout=timeout, trust_env=False)

    def stream(self, messages: Sequence[Mapping[str, str]], schema: Mapping[str, Any]) -> Iterator[str]:
        """Raises ChatModelError. A server that does not know JSON schemas is asked again without one."""
        body = {
            "model": self.name,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": self._max_tokens,
            "stream": True,
        }
        wanted = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": schema}}
        deadline = self._clock() + self._answer_s
        try:
            with self._post(body | {"response_format": wanted}) as response:
                if response.status_code not in (400, 422):
                    yield from _read_reply(response, self._clock, deadline)
                    return
            with self._post(body) as response:
                yield from _read_reply(response, self._clock, deadline)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ChatModelError(f"the chat model can't be reached: {type(error).__name__}") from error

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _post(self, body: Mapping[str, Any]) -> Iterator[httpx.Response]:
        with self._client.stream("POST", "chat/completions", json=body) as response:
            yield response


def _read_reply(response: httpx.Response, clock: Callable[[], float], deadline: float) -> Iterator[str]:
    if response.status_code != 200:
        raise ChatModelError(f"the chat model's server answered {response.status_code}")
    if "event-stream" not in response.headers.get("content-type", ""):
        yield _to_text(response.read().decode("utf-8", "replace"), "message")
        return
    for line in response.iter_lines():
        if clock() > deadline:  # one that trickles would never be silent for long enough
            raise ChatModelError("the chat model took too long")
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data and data != "[DONE]":
            yield _to_text(data, "delta")


def _to_text(data: str, part: str) -> str:
    try:
        choices = json.loads(data).get("choices") or [{}]
        content = choices[0].get(part, {}).get("content")
    except (ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        raise ChatModelError("the chat model's server answered something else than a chat completion") from error
    return content if isinstance(content, str) else ""
