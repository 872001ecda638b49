"""The three clients of the published API page, unchanged but for host, token and id."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server import RunningServer

PUBLISHED = Path(__file__).parent / "published"

pytestmark = [pytest.mark.e2e, pytest.mark.ocr]


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    shutil.copy(samples / "invoice.pdf", tmp_path / "invoice.pdf")
    return tmp_path


def published(name: str, server: RunningServer, token: str) -> str:
    text = (PUBLISHED / name).read_text(encoding="utf-8")
    return text.replace("https://ocr.chat", server.url).replace("YOUR_API_TOKEN", token)


def test_python_client(server: RunningServer, token: str, folder: Path) -> None:
    (folder / "client.py").write_text(published("client.py.txt", server, token), encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "client.py"], cwd=folder, capture_output=True, text=True, check=True, timeout=200
    )
    assert "INVOICE" in finished.stdout.upper()
    assert (folder / "result.docx").read_bytes().startswith(b"PK")


def test_node_client(server: RunningServer, token: str, folder: Path) -> None:
    (folder / "client.mjs").write_text(published("client.mjs.txt", server, token), encoding="utf-8")
    finished = subprocess.run(
        ["node", "client.mjs"], cwd=folder, capture_output=True, text=True, check=True, timeout=200
    )
    assert "INVOICE" in finished.stdout.upper()


def test_curl_client(server: RunningServer, token: str, folder: Path) -> None:
    submit, poll, download = re.split(r"^# \d\..*$", published("submit.sh", server, token), flags=re.M)[1:]
    job = json.loads(run_shell(submit, folder))
    assert job["status"] == "done"
    assert json.loads(run_shell(poll.replace("UUID", job["uuid"]), folder))["text"] == job["text"]
    run_shell(download.replace("UUID", job["uuid"]), folder)
    assert (folder / "result.md").read_text(encoding="utf-8").strip() == job["markdown"].strip()


def test_curl_chat(server: RunningServer, token: str, folder: Path) -> None:
    submit = re.split(r"^# \d\..*$", published("submit.sh", server, token), flags=re.M)[1]
    job = json.loads(run_shell(submit, folder))
    chat = published("chat.sh", server, token).replace("9f2c1b7e4a...", job["uuid"])
    answer = json.loads(run_shell(chat, folder))
    assert answer["conversation"]
    assert answer["message"]["role"] == "assistant"
    for citation in answer["message"]["citations"]:
        assert citation["snippet"].strip("… ")
        assert 1 <= citation["page"] <= job["page_count"]


def run_shell(command: str, folder: Path) -> str:
    finished = subprocess.run(
        ["bash", "-ec", command], cwd=folder, capture_output=True, text=True, check=True, timeout=200
    )
    return finished.stdout
