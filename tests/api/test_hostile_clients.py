"""Clients that race, lie, flood and pry: nobody is charged twice, nothing is kept, nothing breaks."""

import socket
import threading
from collections.abc import Callable
from typing import TypeVar

import pytest

from tests.api.conftest import OpenDoor
from tests.server import RunningServer, start_server
from tests.service.running_services import make_pdf, scripted, stored_files
from tests.service.test_worker import wait_for

Answer = TypeVar("Answer")
KEY = {"Idempotency-Key": "the same"}
BODIES = (
    b"",
    b"[]",
    b"null",
    b'{"pages": "3"}',
    b'{"pages": true}',
    b'{"pages": 1, "tier": 5}',
    b'{"pages": 1' + b"9" * 5000 + b"}",
    b'{"pages": 1, "tier": "\\ud800"}',
    b"[" * 100_000,
)
FILES = {"file": ("letter.pdf", make_pdf(2), "application/pdf")}


def at_once(count: int, act: Callable[[], Answer]) -> list[Answer]:
    answers: list[Answer] = []
    barrier = threading.Barrier(count)

    def run() -> None:
        barrier.wait()
        answers.append(act())

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


class TestRaces:
    def test_the_same_key_at_once_is_one_job(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False, inline_max_pages=0)
        headers = door.headers() | KEY
        answers = at_once(8, lambda: door.client.post("/api/v1/ocr/", files=FILES, headers=headers).json())
        assert len({answer["uuid"] for answer in answers}) == 1
        assert door.post(1).json()["usage"]["used"] == 3

    def test_keys_of_others_are_not_mine(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False, inline_max_pages=0)
        callers = [
            door.headers(token=door.make_account("a@example.org")),
            door.headers(token=door.make_account("b@example.org")),
            door.headers(),
            door.headers("198.51.100.7"),
        ]
        jobs = {
            door.client.post("/api/v1/ocr/", files=FILES, headers=caller | KEY).json()["uuid"] for caller in callers
        }
        assert len(jobs) == len(callers)

    def test_cancelling_at_once_refunds_once(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False, inline_max_pages=0)
        job, other = door.post(5).json()["uuid"], door.post(3).json()["uuid"]
        path = f"/api/v1/ocr/{job}/cancel/"
        answers = at_once(8, lambda: door.client.post(path, headers=door.headers()).json())
        assert {answer["error"]["code"] for answer in answers} == {"job_cancelled"}
        assert door.get(f"ocr/{other}/").json()["usage"]["used"] == 3
        assert door.metric("ocr_credits_refunded_total") == 5

    def test_deleting_at_once_and_while_a_page_is_read(self, open_door: OpenDoor) -> None:
        door = open_door(scripted(seconds=0.5), inline_max_pages=0)
        job = door.post(6).json()["uuid"]
        wait_for(lambda: door.get(f"ocr/{job}/").json()["progress"]["done"] >= 1)
        path = f"/api/v1/ocr/{job}/"
        statuses = {
            answer.status_code for answer in at_once(4, lambda: door.client.delete(path, headers=door.headers()))
        }
        assert statuses <= {204, 404}
        assert door.get(f"ocr/{job}/").status_code == 404
        # The worker goes on with others; what the page in work still wrote is swept up.
        done = door.post(1).json()["uuid"]
        assert door.get(f"ocr/{done}/", wait=60).json()["usage"]["used"] == 1
        assert door.services.worker is not None
        door.services.worker.stop(10.0)
        door.services.closing.stop()
        assert {name.split("/")[1] for name in stored_files(door.services)} == {done}


class TestLies:
    def test_page_ranges(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False)
        for pages in ("-1", "0", "0-3", "3-2", "1e9", "9" * 30, "2-" + "9" * 30, "٣", "1,2", "..", "9"):
            answer = door.post(2, pages=pages)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field"), pages
        assert door.services.files.list_jobs() == {}

    def test_page_lists_of_downloads(self, open_door: OpenDoor) -> None:
        door = open_door()
        job = door.post(1).json()["uuid"]
        for pages in ("-1", "0", "9" * 5000, "1-" + "9" * 5000, "²", "1,,2", "7-3"):
            answer = door.get(f"ocr/{job}/download/", format="txt", pages=pages)
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field"), pages

    def test_a_form_where_json_is_wanted_is_told_so(self, open_door: OpenDoor) -> None:
        door = open_door()
        answer = door.client.post("/api/v1/estimate/", files={"file": ("a.pdf", b"%PDF", "application/pdf")})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")
        assert answer.json()["error"] == "The body must be a JSON object."

    def test_bodies_of_estimates(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False)
        for body in BODIES:
            headers = {"Content-Type": "application/json"}
            answer = door.client.post("/api/v1/estimate/", content=body, headers=headers)
            assert answer.status_code == 400, body[:40]
            assert {"error", "code"} <= answer.json().keys()

    @pytest.mark.parametrize(
        "name", ["../../etc/passwd", "a\r\nSet-Cookie: x=1.pdf", "x" * 3000, "\u202etxt.pdf", "\x00.pdf"]
    )
    def test_file_names_are_labels(self, open_door: OpenDoor, name: str) -> None:
        door = open_door()
        files = {"file": (name, make_pdf(1))}
        answer = door.client.post("/api/v1/ocr/", files=files, headers=door.headers())
        assert answer.status_code == 200, answer.text
        job = answer.json()
        assert len(job["file_name"]) <= 255
        download = door.get(f"ocr/{job['uuid']}/download/", format="txt")
        assert download.status_code == 200
        assert "Set-Cookie" not in download.headers
        assert "/" not in download.headers["Content-Disposition"].split("filename=")[1].split(";")[0]

    def test_a_key_that_is_too_long(self, open_door: OpenDoor) -> None:
        door = open_door(worker_in_server=False)
        headers = door.headers() | {"Idempotency-Key": "k" * 201}
        assert door.client.post("/api/v1/ocr/", files=FILES, headers=headers).status_code == 400


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("hostile")
    with start_server(folder, MAX_UPLOAD_MB="1", WORKER_IN_SERVER="false", TMPDIR=str(folder)) as running:
        yield running


def talk(server: RunningServer, *pieces: bytes) -> tuple[bytes, int]:
    """What the server answers to raw bytes, and how many of them it took."""
    host, port = server.url.removeprefix("http://").split(":")
    sent = 0
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                sent += len(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            return connection.recv(65536), sent
        except ConnectionResetError:
            return b"", sent


def is_well(server: RunningServer) -> bool:
    return talk(server, b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")[0].startswith(b"HTTP/1.1 200")


@pytest.mark.e2e
class TestFloods:
    def test_an_endless_upload_is_cut_off_before_it_fills_the_disk(self, small_server: RunningServer) -> None:
        head = (
            b"POST /api/v1/ocr/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        )
        start = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n'
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        answer, sent = talk(small_server, head, b"%x\r\n%s\r\n" % (len(start), start), *([chunk] * 1600))
        assert not answer or answer.startswith(b"HTTP/1.1 400")
        assert sent < 60_000_000
        assert sum(path.stat().st_size for path in small_server.data_dir.rglob("*") if path.is_file()) < 5_000_000
        assert is_well(small_server)

    def test_a_declared_giant_is_refused_at_once(self, small_server: RunningServer) -> None:
        head = b"POST /api/v1/ocr/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n"
        answer, _ = talk(small_server, head, *([b"x" * 0x10000] * 200))
        head_of_answer, _, body = answer.partition(b"\r\n\r\n")
        # The reset that ends the flood may overtake all of the answer or the end of it.
        assert not answer or head_of_answer.startswith(b"HTTP/1.1 400")
        assert not body or b"file_too_large" in body
        assert is_well(small_server)

    def test_huge_headers(self, small_server: RunningServer) -> None:
        answer, _ = talk(small_server, b"GET /api/v1/ocr/ HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n")
        assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
        assert is_well(small_server)

    def test_a_client_that_hangs_up_in_the_middle_leaves_nothing(self, small_server: RunningServer) -> None:
        host, port = small_server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(
                b"POST /api/v1/ocr/ HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n"
                b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
                b'Content-Disposition: form-data; name="file"; filename="x.pdf"\r\n\r\n' + b"x" * 100_000
            )
        assert is_well(small_server)
        jobs = small_server.data_dir / "files" / "jobs"
        assert not jobs.exists() or not list(jobs.iterdir())
