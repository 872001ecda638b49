"""The tests of the REST door against a cluster, by settings alone; ``make test-cluster`` runs all there are."""

import json
import uuid
from pathlib import Path

import pytest
import requests

from tests.e2e.test_rest import (
    bearer,
    job,
    post,
    test_deleted_is_gone,
    test_downloads,
    test_every_spelling_of_an_id_and_path,
    test_logs_hold_no_text_names_or_tokens,
    test_long_documents_are_polled,
    test_short_documents_come_back_finished,
    test_somebody_elses_job_is_404_everywhere,
    test_the_same_idempotency_key_is_charged_once,
)
from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.ocr, pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(600)]

__all__ = [
    "job",
    "test_deleted_is_gone",
    "test_downloads",
    "test_every_spelling_of_an_id_and_path",
    "test_logs_hold_no_text_names_or_tokens",
    "test_long_documents_are_polled",
    "test_short_documents_come_back_finished",
    "test_somebody_elses_job_is_404_everywhere",
    "test_the_same_idempotency_key_is_charged_once",
]


def test_progress_of_another_process_is_told(server: RunningServer, token: str, samples: Path) -> None:
    place = server.url + post(server, samples / "book-12-pages.pdf", token).headers["Location"]
    with requests.get(f"{place}events/", headers=bearer(token), stream=True, timeout=200) as answer:
        lines = answer.iter_lines(decode_unicode=True)
        seen = [json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:")]
    assert seen[-1]["status"] == "done"
    assert seen[-1]["progress"] == {"done": 12, "total": 12}


def test_accounts_and_tokens_hold_at_every_process(server: RunningServer) -> None:
    """Made at one process, known to all: connections take turns."""
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": "correct horse battery"}
    made = requests.post(f"{server.url}/api/v1/accounts/", json=account, timeout=60)
    assert made.ok, made.text
    own = bearer(made.json()["token"])
    for _ in range(4):
        assert (
            requests.get(f"{server.url}/api/v1/account/", headers=own, timeout=60).json()["email"] == account["email"]
        )


def test_chat_answers_from_every_process(server: RunningServer, token: str, job: dict) -> None:
    chat = f"{server.url}/api/v1/chat/{job['uuid']}/"
    for _ in range(2):
        answer = requests.post(chat, headers=bearer(token), json={"message": "What is the total?"}, timeout=300)
        assert answer.ok, answer.text
        assert answer.json()["message"]["citations"]
    messages = requests.get(f"{chat}history/", headers=bearer(token), timeout=60).json()
    assert len(messages["messages"]) == 4
