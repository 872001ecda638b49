"""From an uploaded picture to a job whose text was read by a real model behind ``transformers serve``."""

from pathlib import Path

import pytest
import requests

from tests.server import start_server
from tests.tiny_pictures import CHECKPOINT, upload_pictures
from tests.transformers_serve import serve_checkpoint

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_pictures_become_text_through_a_server(tmp_path: Path) -> None:
    with (
        serve_checkpoint(CHECKPOINT, tmp_path / "serve") as url,
        start_server(tmp_path / "data", VLM_URL=url, VLM_MODEL=str(CHECKPOINT)) as server,
    ):
        engines = requests.get(f"{server.url}/api/v1/engines/", timeout=30).json()
        assert (engines[1]["kind"], engines[1]["licence"]) == ("served", "Apache-2.0")
        for job in upload_pictures(server, "vlm"):
            assert job["engine"] == "tiny-lightonocr-3", job["notices"]
            # `transformers serve` tells no probabilities.
            assert job["mean_confidence"] is None
            assert job["usage"]["cost"] == 3
