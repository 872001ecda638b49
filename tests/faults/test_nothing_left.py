"""A document that was read, asked about, corrected and downloaded leaves nothing behind, whatever died in between.

A real server reads real documents in which a marker stands; then every file it may have written is searched.
"""

import io
import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from fpdf import FPDF

from tests.model_server import LONG_TEXT, dribble, serve_model
from tests.server import RunningServer, list_files, start_server

MARKER = "Zebrafinch4711"
FORMATS = ("txt", "md", "docx", "pdf", "csv", "json", "xlsx", "hocr", "alto")
DEADLINE_S = 120.0

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def make_document(pages: int = 1) -> bytes:
    """Born-digital, so that the marker stands in the text, the upload's bytes and the answers alike."""
    pdf = FPDF()
    pdf.set_compression(False)
    pdf.set_font("helvetica", size=14)
    for number in range(1, pages + 1):
        pdf.add_page()
        pdf.multi_cell(0, 10, f"Invoice {number} of {MARKER} Limited.\nThe total of {MARKER} is 215.00 USD.")
    return bytes(pdf.output())


def post(server: RunningServer, token: str, content: bytes, **fields: str) -> dict:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"{MARKER}-{len(content)}-{fields}"}
    files = {"file": (f"{MARKER}.pdf", io.BytesIO(content))}
    answer = requests.post(server.ocr, headers=headers, files=files, data=fields, timeout=DEADLINE_S)
    assert answer.ok, answer.text
    return answer.json()


def use(server: RunningServer, token: str, job: str) -> None:
    """Everything that makes copies: downloads, pictures, questions."""
    headers = {"Authorization": f"Bearer {token}"}
    place = f"{server.ocr}{job}/"
    for name in FORMATS:
        answer = requests.get(f"{place}download/", params={"format": name}, headers=headers, timeout=DEADLINE_S)
        assert answer.ok, answer.text
    assert requests.get(f"{place}pages/1/image/", headers=headers, timeout=DEADLINE_S).ok
    question = {"message": f"What is the total of {MARKER}?"}
    chat = f"{server.url}/api/v1/chat/{job}/"
    answer = requests.post(chat, json=question, headers=headers, timeout=DEADLINE_S)
    assert MARKER in answer.json()["message"]["content"], answer.text
    assert MARKER in requests.get(f"{chat}history/", headers=headers, timeout=DEADLINE_S).text


def places_of_marker(*folders: Path) -> list[Path]:
    needles = [MARKER.encode(), MARKER.lower().encode(), MARKER.encode("utf-16-le")]
    found = []
    for path in list_files(*folders):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # deleted while we look
            continue
        found += [path for needle in needles if needle in content]
    return found


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def job_folders(data_dir: Path) -> list[str]:
    folder = data_dir / "files" / "jobs"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def kill(server: RunningServer) -> None:
    """``kill -9`` of the server; what it wrote to its log is kept."""
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    shutil.copy(server.log, server.data_dir / "killed.log")


def let_expire(data_dir: Path, job: str) -> None:
    with sqlite3.connect(data_dir / "ocr-chat.sqlite") as connection:
        changed = connection.execute("UPDATE jobs SET expires_at = '2020-01-01 00:00:00' WHERE id = ?", [job])
        assert changed.rowcount == 1
    connection.close()


def test_nothing_is_left_anywhere(tmp_path: Path) -> None:
    data, temporary = tmp_path / "data", tmp_path / "tmp"
    temporary.mkdir()
    settings = {"TMPDIR": str(temporary), "LOG_LEVEL": "debug", "MAX_INLINE_WAIT_S": "60"}
    with start_server(data, **settings) as server:
        token = server.create_account("owner@example.com")
        expiring = post(server, token, make_document())["uuid"]
        deleted = post(server, token, make_document(2))["uuid"]
        use(server, token, expiring)
        use(server, token, deleted)
        unkept = post(server, token, make_document(3), retain="false")
        assert MARKER in unkept["text"]
        assert unkept["uuid"] not in job_folders(data)
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.delete(f"{server.ocr}{deleted}/", headers=headers, timeout=DEADLINE_S).status_code == 204
        assert deleted not in job_folders(data)
        broken_off = post(server, token, make_document(60))["uuid"]
        kill(server)
    assert places_of_marker(data)
    let_expire(data, expiring)
    with start_server(data, **settings) as server:
        place = f"{server.ocr}{broken_off}/"
        wait_for(lambda: requests.get(place, headers=headers, timeout=60).json()["status"] == "done", "not read again")
        wait_for(lambda: job_folders(data) == [broken_off], "the expired job is still there")
        assert requests.delete(place, headers=headers, timeout=DEADLINE_S).status_code == 204
        wait_for(lambda: job_folders(data) == [], "the deleted job is still there")
        wait_for(lambda: places_of_marker(data, temporary) == [], str(places_of_marker(data, temporary)))
    assert places_of_marker(data, temporary) == []


def drafts_of(server: RunningServer, token: str, job: str) -> list[str]:
    answer = requests.get(f"{server.ocr}{job}/", headers={"Authorization": f"Bearer {token}"}, timeout=DEADLINE_S)
    return [draft["text"] for draft in answer.json()["drafts"]]


def wait_for_end(place: str, headers: dict[str, str]) -> dict:
    """What the first request says that finds the job ended: of an unkept one there is no second."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        answer: dict = requests.get(place, headers=headers, timeout=DEADLINE_S).json()
        if answer.get("status") not in ("pending", "processing") or time.monotonic() > deadline:
            return answer


def test_nothing_is_left_of_what_a_model_was_writing(tmp_path: Path) -> None:
    """The server is killed while the text of pages can be seen, and the jobs end in every way there is."""
    data, temporary = tmp_path / "data", tmp_path / "tmp"
    temporary.mkdir()
    hurry = threading.Event()
    with serve_model(lambda _: dribble(f"{MARKER} {LONG_TEXT}", hurry)) as model:
        settings = {"TMPDIR": str(temporary), "LOG_LEVEL": "debug", "VLM_URL": model.url, "VLM_PAGE_S": "300"}
        settings |= {"VLM_PROFILE": "instruct", "INLINE_MAX_PAGES": "0", "LEASE_S": "5"}
        with start_server(data, **settings) as server:
            token = server.create_account("owner@example.com", "--plan", "paid", "--credits", "100")
            headers = {"Authorization": f"Bearer {token}"}
            kept, unkept, cancelled = (
                post(server, token, make_document(), tier="vlm", retain=retain, language=language)["uuid"]
                for retain, language in (("true", "en"), ("false", "en"), ("false", "de"))
            )
            for job in (kept, unkept, cancelled):
                wait_for(lambda job=job: MARKER in "".join(drafts_of(server, token, job)), "no draft is shown")
            kill(server)
        wait_for(lambda: model.under_way == 0, "a page of the killed server is still being read")
        drafts = [path for path in places_of_marker(data) if path.suffix == ".draft"]
        assert {path.parts[-3] for path in drafts} == {kept, unkept, cancelled}
        with start_server(data, **settings) as server:
            wait_for(lambda: model.under_way == 3, "not read again")
            requests.post(f"{server.ocr}{cancelled}/cancel/", headers=headers, timeout=DEADLINE_S).raise_for_status()
            wait_for(lambda: cancelled not in job_folders(data), "the cancelled job is still there")
            hurry.set()
            for job in (kept, unkept):
                answer = wait_for_end(f"{server.ocr}{job}/?wait=60", headers)
                assert (answer["status"], answer["drafts"]) == ("done", [])
                assert answer["text"] == f"{MARKER} {LONG_TEXT}"
            wait_for(lambda: job_folders(data) == [kept], "the job that was not to be kept is still there")
            wait_for(lambda: not any(path.suffix == ".draft" for path in list_files(data)), "a draft outlives its page")
            # Of a cancelled job the row is still there, and with it the file's name.
            for job in (kept, cancelled):
                assert requests.delete(f"{server.ocr}{job}/", headers=headers, timeout=DEADLINE_S).status_code == 204
            wait_for(lambda: places_of_marker(data, temporary) == [], str(places_of_marker(data, temporary)))
    assert places_of_marker(data, temporary) == []
