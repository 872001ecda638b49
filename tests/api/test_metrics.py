"""Every figure that an operator needs is there, and moves."""

from datetime import timedelta

import pytest
import requests
import sqlalchemy as sa

from database.connect import transaction, utc_now
from database.tables import jobs
from pipeline.engines.scripted_engine import Fault
from service.worker_port import watch_worker
from settings import Settings
from tests.api.conftest import OpenDoor
from tests.server import free_port
from tests.service.running_services import running, scripted, submit
from tests.service.test_worker import wait_for


def test_metrics_of_finished_work(open_door: OpenDoor) -> None:
    door = open_door(scripted({2: Fault.RAISE}), page_attempts=1, anonymous_pages_per_day=4)
    assert door.post(3).json()["status"] == "done"
    assert door.post(9).status_code == 402
    assert door.metric("ocr_jobs_submitted_total") == 1
    assert door.metric("ocr_jobs_refused_total", code="quota_exceeded") == 1
    assert door.metric("ocr_jobs_ended_total", state="done") == 1
    assert door.metric("ocr_pages_read_total", engine="scripted") == 2
    assert door.metric("ocr_page_failures_total", code="engine_failed") == 1
    assert door.metric("ocr_page_seconds_count", engine="scripted") == 2
    assert door.metric("ocr_job_seconds_count") == 1
    # One page of three failed.
    assert door.metric("ocr_credits_refunded_total") == 1
    for status in ("200", "402"):
        labels = {"method": "POST", "route": "/api/v1/ocr", "status": status}
        assert door.metric("ocr_request_seconds_count", **labels) == 1
    text = door.client.get("/metrics").text
    assert "# TYPE ocr_queued_pages gauge" in text


def test_metrics_of_waiting_cancelled_and_expired_work(open_door: OpenDoor) -> None:
    door = open_door(worker_in_server=False, inline_max_pages=0)
    job = door.post(3).json()["uuid"]
    door.post(4)
    assert door.metric("ocr_queued_pages") == 7
    assert door.metric("ocr_open_jobs", state="pending") == 2
    door.client.post(f"/api/v1/ocr/{job}/cancel/", headers=door.headers())
    assert door.metric("ocr_credits_refunded_total") == 3
    assert door.metric("ocr_queued_pages") == 4
    with transaction(door.services.engine) as connection:
        connection.execute(sa.update(jobs).values(expires_at=utc_now() - timedelta(seconds=1)))
    door.services.janitor.sweep()
    assert door.metric("ocr_jobs_expired_total") == 2


def test_lost_leases_are_counted(tmp_path: object, open_door: OpenDoor) -> None:
    door = open_door(scripted(seconds=0.2), lease_s=30.0, inline_max_pages=0)
    job = door.post(20).json()["uuid"]
    wait_for(lambda: door.get(f"ocr/{job}/").json()["status"] == "processing")
    with transaction(door.services.engine) as connection:
        # As if this worker had been silent for too long and another had taken the job and died.
        connection.execute(sa.update(jobs).values(claim_token=jobs.c.claim_token + 1, lease_until=utc_now()))
    wait_for(lambda: door.metric("ocr_leases_lost_total") == 1)
    wait_for(lambda: door.metric("ocr_jobs_resumed_total") == 1)


def test_livez_fails_when_the_loop_is_dead(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    door = open_door()
    assert door.client.get("/livez").status_code == 200
    assert door.services.worker is not None
    door.services.worker.stop(0.0)
    answer = door.client.get("/livez")
    assert (answer.status_code, answer.json()) == (503, {"status": "dead"})


def test_a_worker_alone_can_be_watched(tmp_path, migrated_sqlite) -> None:
    port = free_port()
    url = f"sqlite:///{tmp_path / 'watched.sqlite'}"
    place = f"http://127.0.0.1:{port}"
    settings = {"worker_metrics_port": port, "metrics_token": "secret"}
    with running(tmp_path / "data", url, scripted(), **settings) as services, watch_worker(services):
        submit(services, 2)
        wait_for(lambda: services.metrics.registry.get_sample_value("ocr_job_seconds_count") == 1)
        assert requests.get(f"{place}/livez", timeout=30).text == "ok\n"
        assert requests.get(f"{place}/metrics", timeout=30).status_code == 404
        told = requests.get(f"{place}/metrics", headers={"Authorization": "Bearer secret"}, timeout=30)
        assert 'ocr_pages_read_total{engine="scripted"} 2.0' in told.text
        services.worker.stop(0.0)
        assert requests.get(f"{place}/livez", timeout=30).status_code == 503
    assert Settings.from_values({}).worker.worker_metrics_port == 0
