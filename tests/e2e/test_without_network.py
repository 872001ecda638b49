"""A server that is cut off from the network does what it does otherwise, and says so where it can't.

Every process of it is cut off (``tests/e2e/cut_off``), which needs no rights on any machine. What native code does is
not seen that way; where user namespaces are allowed, this shows that it doesn't need a network either:
``unshare -rn sh -c 'ip link set lo up && python -m pytest tests/e2e/test_without_network.py'``.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from fpdf import FPDF
from PIL import Image, ImageDraw, ImageFont

from tests.retrieval.papers import LEASE
from tests.server import RunningServer, list_files, start_server
from tests.tiny_pictures import CHECKPOINT, upload_pictures

pytestmark = [pytest.mark.e2e]

CUT_OFF = Path(__file__).parent / "cut_off"
HUB = "huggingface.co"
QUESTION = "How much is the monthly rent?"


@contextmanager
def serve(folder: Path, *, with_network: bool, **settings: str) -> Iterator[RunningServer]:
    """Nothing but the network keeps it from asking the hub: no setting of its says that there is none."""
    (folder / "hub").mkdir(parents=True)
    patient = {"MAX_INLINE_WAIT_S": "280", "PAGE_TIMEOUT_S": "280"}
    settings = patient | {"HF_HUB_OFFLINE": "0", "HF_HUB_CACHE": str(folder / "hub")} | settings
    if not with_network:
        settings |= {"PYTHONPATH": str(CUT_OFF), "NETWORK_NOTES": str(notes_of(folder))}
    with start_server(folder / "data", **settings) as server:
        yield server


def notes_of(folder: Path) -> Path:
    return folder / "notes"


def wanted(folder: Path) -> set[str]:
    """The machines that the server asked for."""
    notes = notes_of(folder)
    return {line.split(" ", 2)[2] for line in notes.read_text().splitlines()} if notes.exists() else set()


def make_letter() -> bytes:
    """A page that says itself what stands on it, and one that was scanned."""
    scan = Image.new("L", (1240, 1754), 248)
    draw, font = ImageDraw.Draw(scan), ImageFont.load_default(34)
    for row, line in enumerate(["Dear tenant,", "the lift will be out of order on Monday, 4 May.", "Kind regards"]):
        draw.text((140, 180 + 70 * row), line, 24, font)
    pdf = FPDF(unit="pt", format="A4")
    pdf.set_font("helvetica", size=12)
    pdf.add_page()
    pdf.multi_cell(0, 16, LEASE[0])
    pdf.add_page()
    pdf.image(scan, 0, 0, 595, 842)
    return bytes(pdf.output())


def send(server: RunningServer, **headers: str) -> requests.Response:
    files = {"file": ("letter.pdf", io.BytesIO(make_letter()), "application/pdf")}
    return requests.post(server.ocr, files=files, data={"tier": "vlm"}, headers=headers, timeout=300)


def read_and_ask(server: RunningServer) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job and the answer to a question about it; the app's page is there too."""
    token = server.create_account("reader@example.com", "--plan", "paid", "--credits", "100")
    headers = {"Authorization": f"Bearer {token}"}
    job = send(server, **headers).json()
    assert job["status"] == "done", job
    assert requests.get(server.url, timeout=60).ok
    pdf = requests.get(f"{server.ocr}{job['uuid']}/download/?format=pdf", headers=headers, timeout=120)
    assert pdf.content.startswith(b"%PDF")
    chat = f"{server.url}/api/v1/chat/{job['uuid']}/"
    answered = requests.post(chat, json={"message": QUESTION}, headers=headers, timeout=300)
    assert answered.status_code == 200, answered.text
    return job, answered.json()["message"]


def without(said: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name not in names}


def comparable(job: dict[str, Any]) -> dict[str, Any]:
    """All that the paper and the price decide."""
    return without(job, "uuid", "created_at", "finished_at", "expires_at", "notices", "usage") | {
        "cost": job["usage"]["cost"]
    }


def environments(first: int) -> list[bytes]:
    """What a process and all that it started, and they, were started with."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may have ended
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    family, grown = {first}, 0
    while len(family) > grown:
        grown = len(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    found = []
    for pid in family:
        with suppress(OSError):
            found.append(Path(f"/proc/{pid}/environ").read_bytes())
    return [each for each in found if each]  # of one that is just ending there is nothing left


@pytest.fixture(scope="module")
def connected(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    with serve(tmp_path_factory.mktemp("connected"), with_network=True) as server:
        return read_and_ask(server)


def test_nothing_passes_where_there_is_no_network(tmp_path: Path) -> None:
    program = """
import socket
for host in ("192.0.2.1", "example.org"):
    try:
        socket.create_connection((host, 80), timeout=5)
    except OSError as error:
        print(type(error).__name__)
with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    print("here")
"""
    environment = os.environ | {"PYTHONPATH": str(CUT_OFF), "NETWORK_NOTES": str(notes_of(tmp_path))}
    finished = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == ["gaierror", "gaierror", "here"], finished.stderr
    assert wanted(tmp_path) == {"192.0.2.1", "example.org"}


def test_without_a_network_everything_is_the_same(
    tmp_path: Path, connected: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    with serve(tmp_path, with_network=False) as server:
        job, answer = read_and_ask(server)
        # Those that serve, hold the libraries, read pages and find passages.
        started_with = environments(server.process.pid)
        assert len(started_with) > 3
        assert all(str(CUT_OFF).encode() in each for each in started_with)
    there, answered = connected
    assert comparable(job) == comparable(there)
    assert job["notices"] == there["notices"]
    assert any("No vision-language model is available here" in notice for notice in job["notices"])
    assert (job["engine"], job["usage"]["cost"]) == ("pdf-text+embedded-careful", 2)
    assert "lift will be out of order" in job["text"]
    assert "$1,250.00" in answer["content"]
    places = [[without(place, "uuid", "job") for place in each["citations"]] for each in (answer, answered)]
    assert (answer["content"], places[0]) == (answered["content"], places[1])
    # It did not even try.
    assert wanted(tmp_path) == set()


def test_a_model_that_is_here_reads_without_a_network(tmp_path: Path) -> None:
    with serve(
        tmp_path, with_network=False, VLM_MODEL=str(CHECKPOINT), VLM_DEVICE="cpu", VLM_DOWNLOAD="true"
    ) as server:
        for job in upload_pictures(server, "vlm"):
            assert job["engine"] == "tiny-lightonocr-3", job["notices"]
    assert wanted(tmp_path) == set()


def test_a_model_that_can_not_be_fetched_changes_nothing_but_the_notices(
    tmp_path: Path, connected: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    model = {"VLM_MODEL": "lightonai/LightOnOCR-3-0.8B", "VLM_DOWNLOAD": "true", "VLM_BATCH_PAGES": "2"}
    with serve(tmp_path, with_network=False, **model) as server:
        job, answer = read_and_ask(server)
    assert comparable(job) == comparable(connected[0])
    assert answer["content"] == connected[1]["content"]
    for number in (1, 2):
        (notice,) = [notice for notice in job["notices"] if notice.startswith(f"Page {number}:")]
        assert "the model lightonai/LightOnOCR-3-0.8B is not on this machine" in notice
        assert "no connection to Hugging Face" in notice
        assert "price of tier cpu" in notice
    assert wanted(tmp_path) == {HUB}


def test_a_model_that_must_be_there_and_is_not_is_a_503(tmp_path: Path) -> None:
    with serve(tmp_path, with_network=False, VLM_REQUIRED="true") as server:
        token = server.create_account("reader@example.com", "--plan", "paid", "--credits", "100")
        answer = send(server, Authorization=f"Bearer {token}")
        assert answer.status_code == 503
        assert answer.json()["code"] == "engine_unavailable"
        assert not any(path.name == "upload" for path in list_files(tmp_path / "data"))
    assert wanted(tmp_path) == set()
