"""A hundred clients at once and a queue that holds ten pages: ten are taken, the others are told so honestly."""

from pathlib import Path

import pytest
import requests

from bench.upload_storm import blow, read_used_credits
from tests.server import start_server

CLIENTS, PLACES, MEGABYTES = 100, 10, 2.0
MEMORY_BYTES = 180_000_000
"""Less than the clients send together: what they send is not held in memory."""


@pytest.mark.e2e
@pytest.mark.slow
def test_a_hundred_uploads_at_once(tmp_path: Path) -> None:
    # Without a worker nothing leaves the queue, so what fits is known.
    settings = {"WORKER_IN_SERVER": "false", "INLINE_MAX_PAGES": "0", "MAX_QUEUED_PAGES": str(PLACES)}
    with start_server(tmp_path, **settings) as server:
        storm = blow(server, CLIENTS, MEGABYTES)
        assert storm.statuses == {202: PLACES, 503: CLIENTS - PLACES}
        assert storm.honest
        assert read_used_credits(server) == PLACES
        assert sorted(path.name for path in (tmp_path / "files" / "jobs").iterdir()) == sorted(storm.accepted)
        assert storm.peak_bytes - storm.idle_bytes < MEMORY_BYTES
        metrics = requests.get(f"{server.url}/metrics", timeout=60).text
        assert f'ocr_jobs_refused_total{{code="queue_full"}} {CLIENTS - PLACES}.0' in metrics
        assert f"ocr_queued_pages {PLACES}.0" in metrics
