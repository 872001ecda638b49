"""From an uploaded picture to a job whose text a vision-language model of this program's own process read."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from rapidfuzz.distance import Levenshtein

from tests.server import ROOT, RunningServer, start_server

pytestmark = [pytest.mark.e2e]

CHECKPOINT = ROOT / "training/tiny_vlm/tiny-lightonocr-3"
PICTURES = sorted((ROOT / "tests/data/tiny_vlm").glob("*.png"))
MOST_ERRORS = 0.35


@pytest.fixture(scope="module")
def server_with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with start_server(tmp_path_factory.mktemp("tiny"), VLM_MODEL=str(CHECKPOINT), VLM_DEVICE="cpu") as running:
        yield running


def test_a_picture_becomes_text(server_with_model: RunningServer) -> None:
    token = server_with_model.create_account("tiny@example.com", "--plan", "paid", "--credits", "100")
    headers = {"Authorization": f"Bearer {token}"}
    errors = length = 0
    for path in PICTURES:
        expected = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
        with path.open("rb") as content:
            answer = requests.post(
                server_with_model.ocr, headers=headers, files={"file": content}, data={"tier": "vlm"}, timeout=250
            )
        body = finished(answer.json(), server_with_model, headers)
        page = body["pages"][0]
        assert page["engine"] == "tiny-lightonocr-3", body["notices"]
        assert page["blocks"][0]["confidence"] > 0.3
        errors += Levenshtein.distance(body["text"].strip(), expected)
        length += len(expected)
    assert errors <= MOST_ERRORS * length


def finished(body: dict, server: RunningServer, headers: dict[str, str]) -> dict:
    """The job when it is over; the model is loaded by the first page and may take its time."""
    while body["status"] in ("pending", "processing"):
        time.sleep(0.2)
        address = f"{server.ocr}{body['uuid']}/"
        body = requests.get(address, headers=headers, timeout=60).json()
    assert body["status"] == "done", body
    return body


def test_the_pictures_are_there() -> None:
    assert len(PICTURES) == 2
    assert all(Path(path).with_suffix(".txt").exists() for path in PICTURES)
