"""Text that can be seen while a process of a Ray cluster reads a page: it comes through the storage."""

import threading
from pathlib import Path

import pytest

from bench.ray_nodes import RayNodes
from tests.model_server import LONG_TEXT, dribble, serve_model
from tests.service.running_services import ANYONE, running, wait
from tests.service.test_page_drafts import drafts_until, is_growing, submit, with_model

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("place", ["folder", "bucket"])
def test_a_page_s_text_grows_while_a_cluster_reads_it(
    ray_nodes: RayNodes, bucket_url: str, tmp_path: Path, place: str
) -> None:
    hurry = threading.Event()
    cluster = {"executor": "ray", "ray_address": ray_nodes.address}
    if place == "bucket":
        cluster["storage_url"] = bucket_url
    # The cluster has one CPU, which the actor that reads pages has taken.
    sizes = {"vlm_pages_in_flight": 1, "ray_model_cpus": 0.0, "lease_s": 30.0}
    with (
        serve_model(lambda _: dribble(LONG_TEXT, hurry)) as server,
        running(tmp_path / "data", "", with_model(server), vlm_url=server.url, **cluster, **sizes) as services,
    ):
        record = submit(services)
        seen = drafts_until(services, record.id, is_growing)
        assert all(LONG_TEXT.startswith(text) for text in seen)
        hurry.set()
        assert wait(services, record.id, timeout_s=200.0).document.text == LONG_TEXT
        services.jobs.delete(ANYONE, record.id)
        assert services.files.list("jobs") == []
