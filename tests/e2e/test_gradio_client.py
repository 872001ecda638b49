"""docs/gradio-client.md against a real server; what is refused there; and what a payload may not name."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.server import ROOT, RunningServer, start_server

SNIPPETS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "gradio-client.md").read_text(encoding="utf-8"), re.S)
ENDPOINTS = {"/ocr", "/result", "/download", "/chat", "/history"}

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


def connect(server: RunningServer, token: str | None = None) -> Client:
    headers = {"Authorization": f"Bearer {token}"} if token else None
    return Client(f"{server.url}/", headers=headers, verbose=False)


@pytest.fixture(scope="module")
def receipt(server: RunningServer, token: str, samples: Path) -> str:
    """The id of a job that belongs to the token's account."""
    job = connect(server, token).predict(handle_file(str(samples / "receipt.png")), api_name="/ocr")
    assert job["status"] == "done"
    uuid: str = job["uuid"]
    return uuid


def call(server: RunningServer, endpoint: str, data: list[Any], **headers: str) -> str:
    """What a handler says to a request made by hand, as server-sent text."""
    url = f"{server.url}/gradio_api/call/{endpoint}"
    event = requests.post(url, json={"data": data}, headers=headers, timeout=60).json()["event_id"]
    return requests.get(f"{url}/{event}", headers=headers, timeout=60).text


def upload_folders() -> set[Path]:
    from gradio.utils import get_upload_folder

    return {path for path in Path(get_upload_folder()).rglob("receipt.png")}


def test_documented_snippets(server: RunningServer, token: str, samples: Path, tmp_path: Path) -> None:
    script = "\n".join(SNIPPETS).replace("http://localhost:7860", server.url).replace("YOUR_API_TOKEN", token)
    script = script.replace("invoice.pdf", str(samples / "invoice.pdf"))
    (tmp_path / "script.py").write_text(script, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=250, check=False
    )
    assert finished.returncode == 0, finished.stderr
    assert "INVOICE" in finished.stdout.upper()
    assert "job_not_found" in finished.stdout
    assert (tmp_path / "invoice.docx").read_bytes().startswith(b"PK")


def test_only_these_endpoints_are_named(server: RunningServer) -> None:
    described = connect(server).view_api(return_format="dict", print_info=False)
    assert set(described["named_endpoints"]) == ENDPOINTS


def test_the_answer_is_that_of_rest(server: RunningServer, token: str, receipt: str) -> None:
    said = connect(server, token).predict(receipt, api_name="/result")
    rest = requests.get(f"{server.ocr}{receipt}/", headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
    assert {name: said[name] for name in rest if name != "usage"} == {
        name: value for name, value in rest.items() if name != "usage"
    }


def test_the_upload_is_gone_once_read(receipt: str) -> None:
    assert receipt
    assert upload_folders() == set()


def test_the_same_file_from_many_at_once(server: RunningServer, token: str, samples: Path) -> None:
    client = connect(server, token)
    jobs = [client.submit(handle_file(str(samples / "invoice.pdf")), api_name="/ocr") for _ in range(6)]
    answers = [job.result(timeout=120) for job in jobs]
    assert {answer["status"] for answer in answers} == {"done"}
    assert len({answer["uuid"] for answer in answers}) == 6


def test_uploads_are_refused_and_counted_too(server: RunningServer) -> None:
    url = f"{server.url}/gradio_api/upload"
    sent = {"files": ("../../a b.png", b"x")}
    [unwelcome] = requests.post(url, files=sent, headers={"Authorization": "Bearer wrong"}, timeout=60).json()
    assert Path(unwelcome).read_bytes() == b""
    assert requests.post(url, files={"other": b"x"}, timeout=60).json()["code"] == "no_file"
    assert requests.post(f"{server.url}/es/gradio_api/upload", files=sent, timeout=60).status_code == 404
    [path] = requests.post(url, files=sent, timeout=60).json()
    assert path.endswith("/a_b.png")
    assert Path(path).read_bytes() == b"x"


@pytest.mark.parametrize(
    ("endpoint", "arguments"),
    [("/result", ()), ("/download", ("md",)), ("/history", ()), ("/chat", ("What is the total?",))],
)
def test_foreign_job_is_unknown(server: RunningServer, receipt: str, endpoint: str, arguments: tuple[str, ...]) -> None:
    other = server.create_account(f"other-{endpoint[1:]}@example.com")
    with pytest.raises(AppError) as refusal:
        connect(server, other).predict(receipt, *arguments, api_name=endpoint)
    assert refusal.value.title == "job_not_found"


def test_wrong_token_is_refused(server: RunningServer, receipt: str) -> None:
    with pytest.raises(AppError) as refusal:
        connect(server, "wrong").predict(receipt, api_name="/result")
    assert refusal.value.title == "invalid_token"


def test_chat_needs_a_token(server: RunningServer, receipt: str) -> None:
    with pytest.raises(AppError) as refusal:
        connect(server).predict(receipt, "What is the total?", api_name="/chat")
    assert refusal.value.title == "missing_token"


def test_only_uploads_are_read(server: RunningServer, token: str, samples: Path) -> None:
    """Neither files of the server nor addresses, however the payload says it."""
    here = str(samples / "receipt.png")
    meta = {"_type": "gradio.FileData"}
    for file in (
        {"path": here, "meta": meta},
        {"path": "http://127.0.0.1:1/a.png", "meta": meta},
        {"path": "https://example.com/a.png", "url": "https://example.com/a.png", "meta": meta},
        {"path": here},
        here,
        None,
    ):
        said = call(server, "ocr", [file, "", "auto", "", "", "", ""], Authorization=f"Bearer {token}")
        assert "event: error" in said, (file, said)


def test_limits_hold_here_too(tmp_path: Path, samples: Path) -> None:
    with start_server(tmp_path, ANONYMOUS_PAGES_PER_DAY="2", REQUESTS_PER_MINUTE="4") as server:
        client = connect(server)
        with pytest.raises(AppError) as over:
            client.predict(handle_file(str(samples / "report-3-pages.pdf")), api_name="/ocr")
        assert over.value.title == "quota_exceeded"
        assert "2 of 2" in str(over.value)
        titles = []
        for _ in range(3):
            with pytest.raises(AppError) as refusal:
                client.predict("0" * 32, api_name="/result")
            titles.append(refusal.value.title)
        assert titles == ["job_not_found", "job_not_found", "rate_limited"]


def test_closed_server_wants_tokens(tmp_path: Path, samples: Path) -> None:
    with start_server(tmp_path, ALLOW_ANONYMOUS="false") as server:
        with pytest.raises(AppError) as refusal:
            connect(server).predict(handle_file(str(samples / "receipt.png")), api_name="/ocr")
        assert refusal.value.title == "missing_token"
        with (samples / "receipt.png").open("rb") as file:
            answer = requests.post(f"{server.url}/app/jobs", files={"file": file}, timeout=60)
        assert (answer.status_code, answer.json()["code"]) == (401, "missing_token")


def call_privately(server: RunningServer, number: int, data: list[Any], event: dict[str, Any]) -> str:
    """Everything that the queue says to a handler of the page which somebody calls by its number."""
    session = {"session_hash": f"stranger{number}"}
    said = requests.post(
        f"{server.url}/gradio_api/queue/join",
        json={"data": data, "fn_index": number, "event_data": event, **session},
        timeout=60,
    )
    if not said.ok:
        return said.text
    # Ends by itself when nothing of this session is under way any more.
    with requests.get(f"{server.url}/gradio_api/queue/data", params=session, timeout=120, stream=True) as answer:
        lines = []
        for line in answer.iter_lines(decode_unicode=True):
            lines.append(line)
            if "process_completed" in line or "close_stream" in line:
                break
        return "\n".join(lines)


def test_private_handlers_called_by_number_give_nothing_away(server: RunningServer, token: str, receipt: str) -> None:
    """As a stranger, with the id of somebody's job wherever a handler takes something."""
    mine = requests.get(f"{server.ocr}{receipt}/", headers={"Authorization": f"Bearer {token}"}, timeout=60).json()
    secret = mine["text"].split()[0]
    said = json.dumps({"job": receipt})
    handlers = requests.get(f"{server.url}/config", timeout=60).json()["dependencies"]
    private = [one for one in handlers if one["api_visibility"] == "private" and one["backend_fn"]]
    assert len(private) >= 5
    answers = {}
    for one in private:
        inputs = [said if index == 0 else receipt for index, _ in enumerate(one["inputs"])]
        answers[one["id"]] = call_privately(server, one["id"], inputs, {"job": receipt, "id": "json"})
    assert all(answers.values())
    for number, answer in answers.items():
        assert secret not in answer, number
        assert token not in answer, number
    assert any("no longer here" in answer for answer in answers.values()), "the way in was found, and it was shut"


def test_private_handlers_are_not_described(server: RunningServer) -> None:
    config = requests.get(f"{server.url}/config", timeout=60).json()
    for dependency in config["dependencies"]:
        is_ours = f"/{dependency['api_name']}" in ENDPOINTS
        assert is_ours or dependency["api_visibility"] == "private", json.dumps(dependency)[:300]
