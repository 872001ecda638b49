"""Chat through a real server: upload, ask, stream, transcript, forget."""

import json

import pytest
import requests

from tests.e2e.lease import open_lease_chat
from tests.server import RunningServer

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def chat(server: RunningServer, headers: dict[str, str]) -> str:
    """The chat route of a job that has read the lease."""
    return open_lease_chat(server, headers)


def test_an_answer_cites_its_page(chat: str, headers: dict[str, str]) -> None:
    answered = requests.post(chat, json={"message": "How much is the monthly rent?"}, headers=headers, timeout=120)
    assert answered.status_code == 200
    message = answered.json()["message"]
    assert message["role"] == "assistant"
    assert "$1,250.00" in message["content"]
    assert "(p. 1)" in message["content"]
    place = message["citations"][0]
    assert place["page"] == 1
    assert "$1,250.00" in place["snippet"]
    left, top, right, bottom = place["bbox"]
    assert 0 <= left < right
    assert 0 <= top < bottom
    transcript = requests.get(f"{chat}history/", headers=headers, timeout=30).json()
    assert transcript["conversation"] == answered.json()["conversation"]
    assert [one["role"] for one in transcript["messages"]][-2:] == ["user", "assistant"]


def test_sentences_are_streamed_and_then_the_message(chat: str, headers: dict[str, str]) -> None:
    streamed = requests.post(
        chat,
        json={"message": "May the tenant keep a dog?"},
        headers=headers | {"Accept": "text/event-stream"},
        timeout=120,
        stream=True,
    )
    assert streamed.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in streamed.iter_lines(decode_unicode=True) if line]
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event")]
    data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data")]
    assert events[-1] == "message"
    assert set(events[:-1]) == {"sentence"}
    assert all(one["text"] in data[-1]["message"]["content"] for one in data[:-1])


def test_off_topic_is_refused_and_forgetting_forgets(chat: str, headers: dict[str, str]) -> None:
    asked = {"message": "Which moons of Jupiter did Galileo discover?"}
    message = requests.post(chat, json=asked, headers=headers, timeout=120).json()["message"]
    assert message["refused"] is True
    assert message["citations"] == []
    assert requests.delete(chat, headers=headers, timeout=30).status_code == 204
    assert requests.get(f"{chat}history/", headers=headers, timeout=30).json()["messages"] == []


def test_who_may_not_ask(chat: str, headers: dict[str, str]) -> None:
    assert requests.post(chat, json={"message": "rent?"}, timeout=30).status_code == 401
    unknown = chat.replace(chat.rstrip("/").rsplit("/", 1)[1], "0" * 32)
    assert requests.post(unknown, json={"message": "rent?"}, headers=headers, timeout=30).status_code == 404
    asked = requests.post(
        chat, json={"message": "rent?"}, headers=headers | {"Accept": "text/event-stream"}, timeout=60
    )
    assert asked.status_code == 200
    empty = requests.post(chat, json={"message": " "}, headers=headers, timeout=30)
    assert empty.status_code == 400
    assert empty.json()["code"] == "invalid_field"
