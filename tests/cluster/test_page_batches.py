"""Pages that a model in a process of a Ray cluster reads side by side."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rapidfuzz.distance import Levenshtein

from bench.ray_nodes import RayNodes
from database.connect import reading
from pipeline.options import OcrOptions, Tier
from pipeline.vlm.config import VlmConfig, VlmKind
from service.job_store import JobStore
from tests.service.running_services import ANYONE, running, scripted, wait
from tests.tiny_pictures import CHECKPOINT, MOST_ERRORS, draw_pictures

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_cluster_reads_batches(ray_nodes: RayNodes, tmp_path: Path) -> None:
    pictures = list(draw_pictures())[:5]
    stream = io.BytesIO()
    first, *others = [picture.image for picture in pictures]
    first.save(stream, "TIFF", save_all=True, append_images=others)
    model = VlmConfig(VlmKind.TRANSFORMERS, str(CHECKPOINT), device="cpu", batch_pages=3)
    # The cluster has one CPU, which the actor that reads pages has taken.
    cluster = {"executor": "ray", "ray_address": ray_nodes.address, "ray_model_cpus": 0.0, "lease_s": 30.0}
    with running(tmp_path / "data", "", replace(scripted(), dpi=None, vlm=model), **cluster) as services:
        record = services.jobs.submit(ANYONE, io.BytesIO(stream.getvalue()), "pages.tiff", OcrOptions(tier=Tier.VLM))
        view = wait(services, record.id, timeout_s=300.0)
        with reading(services.engine) as connection:
            tries = [(page.starts, page.failures) for page in JobStore().list_pages(connection, record.id)]
        (sizes,) = services.metrics.batch_pages.collect()
    assert view.document is not None
    assert {page.engine for page in view.document.pages} == {"tiny-lightonocr-3"}, view.document.notices
    read = zip(view.document.pages, pictures, strict=True)
    errors = sum(Levenshtein.distance(page.text.strip(), picture.text) for page, picture in read)
    assert errors <= MOST_ERRORS * sum(len(picture.text) for picture in pictures)
    assert view.usage is not None
    assert view.usage.cost == 15
    assert tries == [(1, 0)] * 5
    counted = {sample.name: sample.value for sample in sizes.samples if not sample.labels}
    assert (counted["ocr_batch_pages_count"], counted["ocr_batch_pages_sum"]) == (2, 5)
