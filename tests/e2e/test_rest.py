"""The REST door as a client meets it: jobs of every size, every spelling of an id, and nobody else's documents."""

import time
import uuid
from pathlib import Path

import pytest
import requests

from tests.server import RunningServer

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def post(server: RunningServer, path: Path, token: str | None = None, **fields: str) -> requests.Response:
    with path.open("rb") as content:
        headers = bearer(token) if token else {}
        return requests.post(server.ocr, headers=headers, files={"file": content}, data=fields, timeout=200)


@pytest.fixture(scope="module")
def job(server: RunningServer, token: str, samples: Path) -> dict:
    return post(server, samples / "receipt.png", token).json()


@pytest.mark.parametrize(("name", "pages"), [("receipt.png", 1), ("letter.png", 1), ("report-3-pages.pdf", 3)])
def test_short_documents_come_back_finished(server: RunningServer, samples: Path, name: str, pages: int) -> None:
    answer = post(server, samples / name)
    body = answer.json()
    assert (answer.status_code, body["status"], body["page_count"]) == (200, "done", pages)
    assert [page["index"] for page in body["pages"]] == list(range(pages))
    assert body["text"]
    for page in body["pages"]:
        for block in page["blocks"]:
            left, top, right, bottom = block["bbox"]
            assert 0 <= left <= right <= page["width"]
            assert 0 <= top <= bottom <= page["height"]


def test_long_documents_are_polled(server: RunningServer, token: str, samples: Path) -> None:
    answer = post(server, samples / "book-12-pages.pdf", token)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "2"
    place = server.url + answer.headers["Location"]
    deadline = time.monotonic() + 120
    while (body := requests.get(place, headers=bearer(token), timeout=60).json())["status"] != "done":
        assert body["status"] in ("pending", "processing")
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert body["page_count"] == len(body["pages"]) == body["progress"]["done"] == 12


def test_every_spelling_of_an_id_and_path(server: RunningServer, token: str, job: dict) -> None:
    dashed = str(uuid.UUID(job["uuid"]))
    for spelling in (job["uuid"], dashed, dashed.upper()):
        for path in (f"{server.ocr}{spelling}/", f"{server.ocr}{spelling}"):
            assert requests.get(path, headers=bearer(token), timeout=60).json()["uuid"] == job["uuid"]
            assert requests.get(path, params={"api_token": token}, timeout=60).json()["uuid"] == job["uuid"]


@pytest.mark.parametrize("stranger", ["anonymous", "other account"])
def test_somebody_elses_job_is_404_everywhere(server: RunningServer, job: dict, stranger: str, token: str) -> None:
    headers = {}
    if stranger == "other account":
        headers = bearer(server.create_account(f"{uuid.uuid4().hex}@example.com"))
    base, chat = f"{server.ocr}{job['uuid']}/", f"{server.url}/api/v1/chat/{job['uuid']}/"
    answers = [
        requests.get(base, headers=headers, timeout=60),
        requests.get(f"{base}download/", headers=headers, timeout=60),
        requests.get(f"{base}events/", headers=headers, timeout=60),
        requests.get(f"{base}pages/1/image/", headers=headers, timeout=60),
        requests.post(f"{base}cancel/", headers=headers, timeout=60),
        requests.delete(base, headers=headers, timeout=60),
    ]
    assert [answer.status_code for answer in answers] == [404] * len(answers)
    wanted = 401 if stranger == "anonymous" else 404
    assert requests.post(chat, headers=headers, json={"message": "?"}, timeout=60).status_code == wanted
    assert requests.get(f"{chat}history/", headers=headers, timeout=60).status_code == wanted
    assert requests.get(base, headers=bearer(token), timeout=60).ok


def test_the_same_idempotency_key_is_charged_once(server: RunningServer, token: str, samples: Path) -> None:
    headers = bearer(token) | {"Idempotency-Key": uuid.uuid4().hex}
    content = (samples / "receipt.png").read_bytes()
    jobs = [
        requests.post(server.ocr, headers=headers, files={"file": content}, timeout=200).json()["uuid"]
        for _ in range(2)
    ]
    assert jobs[0] == jobs[1]
    other = requests.post(server.ocr, headers=headers, files={"file": content + b" "}, timeout=200)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


@pytest.mark.parametrize("format", ["txt", "md", "docx", "pdf", "csv", "json", "xlsx", "hocr", "alto"])
def test_downloads(server: RunningServer, token: str, job: dict, format: str) -> None:
    answer = requests.get(
        f"{server.ocr}{job['uuid']}/download/", headers=bearer(token), params={"format": format}, timeout=200
    )
    assert answer.ok
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="receipt.')
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 0


def test_deleted_is_gone(server: RunningServer, samples: Path) -> None:
    place = f"{server.ocr}{post(server, samples / 'receipt.png').json()['uuid']}/"
    assert requests.delete(place, timeout=60).status_code == 204
    assert requests.get(place, timeout=60).status_code == 404
    assert requests.get(f"{place}download/", timeout=60).status_code == 404


def test_unknown_methods_and_paths_have_the_one_shape(server: RunningServer) -> None:
    for answer in (requests.put(server.ocr, timeout=30), requests.get(f"{server.url}/api/v1/ocr/nothing/", timeout=30)):
        assert answer.status_code in (404, 405)
        assert {"error", "code", "status", "detail"} <= answer.json().keys()


def test_logs_hold_no_text_names_or_tokens(server: RunningServer, token: str, samples: Path) -> None:
    files = {"file": ("geheimer-name.png", (samples / "receipt.png").read_bytes())}
    job = requests.post(f"{server.ocr}?api_token={token}", files=files, timeout=200).json()
    written = server.log.read_text(errors="replace")
    assert job["uuid"] in written
    for secret in (token, "geheimer-name", "LINDENHOF", "Rye bread"):
        assert secret not in written
