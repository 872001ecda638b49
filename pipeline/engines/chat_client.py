"""Talking to an OpenAI-compatible server (vLLM, llama.cpp, ``transformers serve``, an inference endpoint).

Answers are streamed, so that a model which repeats itself, or is slower than the page may take, is stopped. Servers
differ in what they know: one that refuses log probabilities, schemas or template options is asked again without them.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

from errors import EngineFailedError, EngineUnavailableError, OcrChatError, PageTimeoutError
from pipeline.vlm.parsing import Stop, TokenLogprob, VlmOutput
from pipeline.vlm.repetition import LoopDetector

Message = Mapping[str, Any]
"""``{"role": ..., "content": ...}``; the content is a text or a list of parts."""

_CONNECT_S = 5.0
_REFUSED = (400, 422)
_REFUSED_KEY = (401, 403)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question. ``budget_s`` bounds the whole answer; ``extras`` are members that not every server knows."""

    messages: Sequence[Message]
    budget_s: float
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    wants_logprobs: bool = False
    schema: Mapping[str, Any] | None = None
    extras: Mapping[str, Any] = field(default_factory=dict)


class ChatClient:
    """``url`` ends in ``/v1``; ``source`` is the setting that names the server, for messages to the administrator.

    ``model`` empty takes the first one that the server lists. Used by one thread at a time.
    """

    def __init__(self, url: str, *, model: str = "", key: str = "", source: str = "VLM_URL", retries: int = 2) -> None:
        self._source = source
        self._model = model
        self._is_plain = False
        self._deadline = float("inf")
        # trust_env off: a proxy variable must not send a page somewhere else.
        self._http = httpx2.Client(trust_env=False, event_hooks={"request": [self._check_deadline]})
        self._openai = OpenAI(base_url=url, api_key=key or "none", max_retries=retries, http_client=self._http)

    def close(self) -> None:
        self._openai.close()

    def get_model(self) -> str:
        """The model's id. Raises EngineUnavailableError when the server lists none or can't be reached."""
        if not self._model:
            self._deadline = time.monotonic() + 4 * _CONNECT_S
            try:
                listed = [entry.id for entry in self._openai.models.list(timeout=2 * _CONNECT_S).data or ()]
            except (openai.OpenAIError, httpx2.HTTPError) as error:
                raise self._to_error(error) from error
            if not listed:
                raise EngineUnavailableError(
                    f"The server of {self._source} lists no model.", remedy="Name the model in VLM_MODEL."
                )
            self._model = listed[0]
        return self._model

    def ask(self, request: ChatRequest, on_text: Callable[[str], None] | None = None) -> VlmOutput:
        """The answer, or as much of it as came until it was stopped; ``on_text`` gets its pieces as they come.

        Raises EngineUnavailableError when the server can't be reached or refuses us, PageTimeoutError when nothing
        came in time, EngineFailedError for any other failure. Failures that may pass are tried again, with growing
        pauses.
        """
        model = self.get_model()
        self._deadline = time.monotonic() + request.budget_s
        try:
            stream = self._open(model, request)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            raise self._to_error(error) from error
        try:
            return self._read(stream, request, on_text)
        except (openai.APITimeoutError, httpx2.TimeoutException) as error:
            raise self._to_error(error) from error
        except (openai.OpenAIError, httpx2.HTTPError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise EngineFailedError(f"The server of {self._source} broke off its answer.") from error

    def _open(self, model: str, request: ChatRequest) -> Stream[ChatCompletionChunk]:
        body: dict[str, Any] = {
            "model": model,
            "messages": list(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
            "stream": True,
            "timeout": httpx2.Timeout(request.budget_s, connect=_CONNECT_S),
        }
        more = _optional_members(request)
        if more and not self._is_plain:
            try:
                return self._openai.chat.completions.create(**body, **more)
            except openai.APIStatusError as error:
                if error.status_code not in _REFUSED:
                    raise
            stream = self._openai.chat.completions.create(**body)
            self._is_plain = True
            return stream
        return self._openai.chat.completions.create(**body)

    def _read(
        self, stream: Stream[ChatCompletionChunk], request: ChatRequest, on_text: Callable[[str], None] | None
    ) -> VlmOutput:
        answer = _Answer()
        loops = LoopDetector()
        with stream:
            for chunk in stream:
                for choice in chunk.choices or ():
                    piece = (choice.delta.content if choice.delta else None) or ""
                    answer.add(piece, _to_logprobs(choice.logprobs))
                    if piece and on_text is not None:
                        on_text(piece)
                    if choice.finish_reason == "length":
                        answer.stopped = Stop.LENGTH
                    if piece and loops.feed(piece):
                        answer.stopped = Stop.LOOP
                if answer.stopped is Stop.LOOP:
                    break
                if time.monotonic() > self._deadline:
                    answer.stopped = Stop.TIME
                    break
        return answer.to_output(has_logprobs=request.wants_logprobs)

    def _check_deadline(self, request: httpx2.Request) -> None:
        # The client tries again after a time-out too; by then the page's time is over.
        if time.monotonic() > self._deadline:
            raise httpx2.ReadTimeout("the time for this answer is over", request=request)

    def _to_error(self, error: Exception) -> OcrChatError:
        if isinstance(error, (openai.APITimeoutError, httpx2.TimeoutException)):
            return PageTimeoutError(f"The server of {self._source} did not answer in time.")
        if isinstance(error, (openai.APIConnectionError, httpx2.ConnectError)):
            return EngineUnavailableError(
                f"The server of {self._source} can't be reached.", remedy=f"Start it, or correct {self._source}."
            )
        if isinstance(error, openai.APIStatusError):
            return self._to_status_error(error.status_code)
        return EngineFailedError(f"The server of {self._source} gave no answer that can be read.")

    def _to_status_error(self, status: int) -> OcrChatError:
        key = self._source.replace("URL", "KEY")
        if status in _REFUSED_KEY:
            return EngineUnavailableError(f"The server of {self._source} refuses our key.", remedy=f"Correct {key}.")
        if status == 404:
            return EngineUnavailableError(
                f"The server of {self._source} has no model '{self._model}'.",
                remedy=f"Correct {self._source.replace('URL', 'MODEL')}; the URL ends in /v1.",
            )
        return EngineFailedError(f"The server of {self._source} answered with status {status}.")


@dataclass(slots=True)
class _Answer:
    """An answer as it comes. Log probabilities are kept only while they tell of the very same text."""

    pieces: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    stopped: Stop = Stop.END

    def add(self, piece: str, logprobs: Sequence[TokenLogprob]) -> None:
        self.pieces.append(piece)
        self.logprobs.extend(logprobs)

    def to_output(self, *, has_logprobs: bool) -> VlmOutput:
        text = "".join(self.pieces)
        tells = has_logprobs and bool(self.logprobs) and "".join(one.text for one in self.logprobs) == text
        return VlmOutput(text, tuple(self.logprobs) if tells else None, self.stopped)


def _optional_members(request: ChatRequest) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if request.wants_logprobs:
        members["logprobs"] = True
    if request.schema is not None:
        named = {"name": "answer", "strict": True, "schema": dict(request.schema)}
        members["response_format"] = {"type": "json_schema", "json_schema": named}
    if request.extras:
        members["extra_body"] = dict(request.extras)
    return members


def _to_logprobs(found: Any) -> list[TokenLogprob]:
    return [TokenLogprob(entry.token, entry.logprob) for entry in getattr(found, "content", None) or ()]
