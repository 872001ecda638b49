"""From an uploaded picture to a job whose text was read by a real model behind ``transformers serve``."""

from pathlib import Path

import pytest
import requests
from rapidfuzz.distance import Levenshtein

from tests.e2e.test_tiny_model import CHECKPOINT, MOST_ERRORS, PICTURES
from tests.server import start_server
from tests.transformers_serve import serve_checkpoint

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_picture_becomes_text_through_a_server(tmp_path: Path) -> None:
    with (
        serve_checkpoint(CHECKPOINT, tmp_path / "serve") as url,
        start_server(tmp_path / "data", VLM_URL=url, VLM_MODEL=str(CHECKPOINT)) as server,
    ):
        engines = requests.get(f"{server.url}/api/v1/engines/", timeout=30).json()
        assert (engines[1]["kind"], engines[1]["licence"]) == ("served", "Apache-2.0")
        errors = length = 0
        for path in PICTURES:
            with path.open("rb") as content:
                answer = requests.post(server.ocr, files={"file": content}, data={"tier": "vlm"}, timeout=250)
            job = answer.json()
            assert job["status"] == "done", job
            expected = path.with_suffix(".txt").read_text(encoding="utf-8").strip()
            assert job["engine"] == "tiny-lightonocr-3", job["notices"]
            errors += Levenshtein.distance(job["text"].strip(), expected)
            length += len(expected)
            # `transformers serve` tells no probabilities.
            assert job["mean_confidence"] is None
            assert job["usage"]["cost"] == 3
        assert errors <= MOST_ERRORS * length
