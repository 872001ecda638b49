"""Jobs through the service's front door, with real processes and a scripted engine, on both databases."""

import asyncio
import io
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from database.connect import reading
from errors import (
    BrokenFileError,
    EngineUnavailableError,
    FileTooLargeError,
    IdempotencyConflictError,
    InvalidFieldError,
    JobCancelledError,
    JobFailedError,
    JobNotFinishedError,
    JobNotFoundError,
    PageNotFoundError,
    QueueFullError,
    QuotaExceededError,
    TooManyPagesError,
    UnsupportedTypeError,
)
from pipeline.engines.scripted_engine import Fault
from pipeline.options import OcrOptions, Tier
from quota.accounts import Account
from quota.audit import find_discrepancies
from quota.plans import PlanName
from service.callers import Caller
from service.job_files import document_key
from service.job_record import JobState
from service.job_views import JobView
from service.wiring import Services
from tests.service.running_services import ANYONE, StartServices, scripted, stored_files, submit, wait


def used(services: Services, caller: Caller = ANYONE) -> int:
    with reading(services.engine) as connection:
        assert find_discrepancies(connection) == ()
        return services.metering.ledger.balance(connection, caller).used


def make_account(services: Services, email: str = "a@example.org", plan: PlanName = PlanName.FREE) -> Account:
    return services.accounts.create_account(email, plan=plan).account


def test_a_job_from_upload_to_document(start_services: StartServices) -> None:
    services = start_services(scripted(text="Dear reader"))
    record = submit(services, 3)
    view = wait(services, record.id)
    assert view.record.state is JobState.DONE
    assert view.document is not None
    assert [page.number for page in view.document.pages] == [1, 2, 3]
    assert [page.text for page in view.document.pages] == ["Dear reader"] * 3
    assert view.document.source_name == "letter.pdf"
    assert view.progress == (3, 3)
    assert view.usage is not None
    assert (view.usage.cost, view.usage.used) == (3, 3)
    assert view.record.expires_at is not None
    assert view.record.expires_at > datetime.now(UTC)
    assert services.jobs.get(ANYONE, record.id).markdown.strip()
    services.closing.stop()
    assert stored_files(services) == [f"jobs/{record.id}/document.json", f"jobs/{record.id}/source"]


@pytest.mark.parametrize("fault", [Fault.RAISE, Fault.CRASH, Fault.HANG, Fault.EAT_MEMORY])
def test_a_poison_page_fails_alone_and_costs_nothing(start_services: StartServices, fault: Fault) -> None:
    # Only the page that hangs shall run out of time, however slow the machine is.
    timeout_s = 5.0 if fault is Fault.HANG else 100.0
    services = start_services(
        scripted({2: fault}), page_attempts=2, page_timeout_s=timeout_s, page_memory_mb=600, lease_s=30.0
    )
    view = wait(services, submit(services, 4).id)
    assert view.record.state is JobState.DONE
    assert view.document is not None
    assert [page.number for page in view.document.pages] == [1, 3, 4]
    codes = {
        Fault.RAISE: {"engine_failed"},
        Fault.CRASH: {"page_crashed"},
        Fault.HANG: {"page_timeout"},
        Fault.EAT_MEMORY: {"page_crashed", "engine_failed"},
    }
    assert [error.page_number for error in view.document.page_errors] == [2]
    assert view.document.page_errors[0].code in codes[fault]
    assert any("Page 2 could not be read" in notice for notice in view.notices)
    assert used(services) == 3
    with reading(services.engine) as connection:
        pages = services.store.list_pages(connection, view.record.id)
    assert [page.failures for page in pages] == [0, 2, 0, 0]


def test_a_job_of_which_nothing_was_read_fails_and_is_refunded(start_services: StartServices) -> None:
    services = start_services(scripted({1: Fault.RAISE, 2: Fault.RAISE}), page_attempts=1)
    view = wait(services, submit(services, 2).id)
    assert view.record.state is JobState.FAILED
    assert view.record.error_code == "engine_failed"
    assert view.document is None
    assert used(services) == 0
    with pytest.raises(JobFailedError):
        services.jobs.require_done(ANYONE, view.record.id)
    services.closing.stop()
    assert stored_files(services) == []


def test_a_page_that_ends_while_its_job_is_removed_leaves_nothing(start_services: StartServices) -> None:
    services = start_services(scripted())
    record = submit(services)
    wait(services, record.id)
    services.removal.add_hook(lambda job_id: services.files.write(document_key(job_id), b"late"))
    services.jobs.delete(ANYONE, record.id)
    assert stored_files(services) == []


def test_only_the_range_is_read_and_charged(start_services: StartServices) -> None:
    services = start_services()
    view = wait(services, submit(services, 5, options=OcrOptions(page_range=(4, 9))).id)
    assert view.document is not None
    assert [page.number for page in view.document.pages] == [4, 5]
    assert used(services) == 2
    with pytest.raises(InvalidFieldError, match="no page 6"):
        submit(services, 5, options=OcrOptions(page_range=(6, 7)))


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"<html></html>", UnsupportedTypeError), (b"%PDF-1.7\nnonsense", BrokenFileError)],
)
def test_what_is_refused_leaves_nothing(start_services: StartServices, content: bytes, error: type[Exception]) -> None:
    services = start_services()
    with pytest.raises(error):
        services.jobs.submit(ANYONE, io.BytesIO(content), "x.pdf", OcrOptions())
    assert stored_files(services) == []
    assert used(services) == 0


def test_limits_are_checked_before_anything_is_charged(start_services: StartServices) -> None:
    services = start_services(
        with_worker=False, anonymous_max_pages=4, anonymous_pages_per_day=6, max_queued_pages=7, max_upload_mb=0.05
    )
    with pytest.raises(TooManyPagesError):
        submit(services, 5)
    with pytest.raises(FileTooLargeError):
        services.jobs.submit(ANYONE, io.BytesIO(b"%PDF" + bytes(60_000)), "x.pdf", OcrOptions())
    submit(services, 4)
    with pytest.raises(QuotaExceededError):
        submit(services, 3)
    submit(services, 2)
    with pytest.raises(QueueFullError):
        submit(services, 2, caller=Caller(None, "203.0.113.10"))
    assert used(services) == 6
    assert len(stored_files(services)) == 2


def test_a_missing_vlm_is_said_before_anything_is_stored(start_services: StartServices) -> None:
    services = start_services(vlm_required=True)
    with pytest.raises(EngineUnavailableError):
        submit(services, options=OcrOptions(tier=Tier.VLM))
    assert stored_files(services) == []


def test_a_vlm_page_read_by_another_engine_costs_what_that_costs(start_services: StartServices) -> None:
    services = start_services()
    view = wait(services, submit(services, 2, options=OcrOptions(tier=Tier.VLM)).id)
    assert view.usage is not None
    assert view.usage.cost == 2
    assert used(services) == 2


def test_the_same_key_gives_the_same_job(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    first = submit(services, 2, key="k1")
    assert submit(services, 2, key="k1").id == first.id
    assert submit(services, 2, key="k1", caller=Caller(None, "198.51.100.1")).id != first.id
    with pytest.raises(IdempotencyConflictError):
        submit(services, 3, key="k1")
    with pytest.raises(IdempotencyConflictError):
        submit(services, 2, key="k1", options=OcrOptions(language="de"))
    assert used(services) == 2


def test_a_repeated_request_finds_its_job_in_a_full_queue(start_services: StartServices) -> None:
    services = start_services(with_worker=False, max_queued_pages=2)
    first = submit(services, 2, key="k1")
    assert submit(services, 2, key="k1").id == first.id
    for key in (None, "k2"):
        with pytest.raises(QueueFullError):
            submit(services, 2, key=key)


def test_the_same_key_at_the_same_moment_is_charged_once(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(submit(services, 2, key="k").id)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 6
    assert len(set(ids)) == 1
    assert used(services) == 2
    assert stored_files(services) == [f"jobs/{ids[0]}/upload"]


def test_cancelling_refunds_and_removes(start_services: StartServices) -> None:
    services = start_services(scripted(seconds=0.2))
    record = submit(services, 20)
    while services.jobs.get(ANYONE, record.id).record.pages_done < 2:
        pass
    view = services.jobs.cancel(ANYONE, record.id)
    assert view.record.state is JobState.CANCELLED
    assert view.record.error_code == "job_cancelled"
    assert used(services) == 0
    assert services.jobs.cancel(ANYONE, record.id).record.state is JobState.CANCELLED
    with pytest.raises(JobCancelledError):
        services.jobs.require_done(ANYONE, record.id)
    # The worker goes on with others, and what its last pages wrote is swept up.
    done = wait(services, submit(services, 1).id)
    services.worker.stop(5.0)  # type: ignore[union-attr]
    services.closing.stop()
    assert {name.split("/")[1] for name in stored_files(services)} == {done.record.id}


def test_a_finished_job_can_not_be_cancelled(start_services: StartServices) -> None:
    services = start_services()
    record = submit(services)
    wait(services, record.id)
    assert services.jobs.cancel(ANYONE, record.id).record.state is JobState.DONE
    assert used(services) == 1


@pytest.mark.parametrize("is_finished", [True, False])
def test_deleting_removes_everything_at_once(start_services: StartServices, is_finished: bool) -> None:
    services = start_services(scripted(), with_worker=is_finished)
    record = submit(services, 2)
    if is_finished:
        wait(services, record.id)
        services.closing.stop()
    services.jobs.delete(ANYONE, record.id)
    with pytest.raises(JobNotFoundError):
        services.jobs.get(ANYONE, record.id)
    assert stored_files(services) == []
    assert used(services) == (2 if is_finished else 0)


def test_somebody_elses_job_is_not_found(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    mine = Caller(make_account(services), "203.0.113.1")
    other = Caller(make_account(services, "b@example.org"), "203.0.113.1")
    record = submit(services, caller=mine)
    assert services.jobs.get(mine, record.id).record.owner_id == mine.account.id  # type: ignore[union-attr]
    for stranger in (other, ANYONE):
        for call in (services.jobs.get, services.jobs.cancel, services.jobs.delete, services.jobs.require_done):
            with pytest.raises(JobNotFoundError):
                call(stranger, record.id)
    assert [view.record.id for view in services.jobs.list(mine)] == [record.id]
    assert services.jobs.list(other) == services.jobs.list(ANYONE) == []
    with pytest.raises(JobNotFoundError):
        services.jobs.get(mine, "0" * 32)


def test_the_queue_is_shown(start_services: StartServices) -> None:
    services = start_services(with_worker=False)
    anonymous = submit(services)
    free = submit(services, caller=Caller(make_account(services), ""))
    paid = submit(services, caller=Caller(make_account(services, "p@example.org", PlanName.PAID), ""))
    positions = {
        record.id: services.jobs.get(Caller(owner, ""), record.id).queue_position
        for record, owner in (
            (anonymous, None),
            (free, services.accounts.get_account("a@example.org")),
            (paid, services.accounts.get_account("p@example.org")),
        )
    }
    assert positions == {paid.id: 1, free.id: 2, anonymous.id: 3}
    with pytest.raises(JobNotFinishedError):
        services.jobs.require_done(ANYONE, anonymous.id)


def test_pages_appear_while_the_job_works(start_services: StartServices) -> None:
    services = start_services(scripted(seconds=0.15))
    record = submit(services, 8)

    async def watch() -> list[JobView]:
        return [view async for view in services.jobs.events(ANYONE, record.id)]

    seen: list[int] = []

    def look() -> None:
        while not (view := services.jobs.get(ANYONE, record.id)).record.state.is_final:
            seen.append(len(view.document.pages) if view.document else 0)

    looker = threading.Thread(target=look)
    looker.start()
    views = asyncio.run(watch())
    looker.join()
    assert views[-1].record.state is JobState.DONE
    done = [view.progress[0] for view in views]
    assert done == sorted(done)
    assert len(set(done)) >= 4
    assert seen == sorted(seen)
    assert any(0 < count < 8 for count in seen)


def test_one_page_does_not_wait_for_a_book(start_services: StartServices) -> None:
    services = start_services(scripted(seconds=0.1), page_processes=1)
    book = submit(services, 60)
    while services.jobs.get(ANYONE, book.id).record.pages_done < 1:
        pass
    letter = wait(services, submit(services, 1).id)
    assert letter.record.state is JobState.DONE
    assert services.jobs.get(ANYONE, book.id).record.pages_done < 30


def test_zero_retention_is_delivered_once(start_services: StartServices) -> None:
    services = start_services()
    record = submit(services, 2, retain=False)
    view = wait(services, record.id)
    assert view.document is not None
    assert len(view.document.pages) == 2
    with pytest.raises(JobNotFoundError):
        services.jobs.get(ANYONE, record.id)
    services.closing.stop()
    assert stored_files(services) == []
    assert used(services) == 2


def test_pictures_of_pages(start_services: StartServices) -> None:
    services = start_services()
    record = submit(services, 2)
    wait(services, record.id)
    whole = services.jobs.page_image(ANYONE, record.id, 2)
    assert whole.media_type == "image/webp"
    assert whole.data[:4] == b"RIFF"
    assert services.jobs.page_image(ANYONE, record.id, 2).data == whole.data
    assert services.jobs.page_image(ANYONE, record.id, 1, width_px=300).data != whole.data
    with pytest.raises(PageNotFoundError):
        services.jobs.page_image(ANYONE, record.id, 3)


def test_without_kept_sources_there_are_no_pictures(start_services: StartServices) -> None:
    services = start_services(keep_page_source=False)
    record = submit(services)
    wait(services, record.id)
    services.closing.stop()
    assert stored_files(services) == [f"jobs/{record.id}/document.json"]
    with pytest.raises(PageNotFoundError):
        services.jobs.page_image(ANYONE, record.id, 1)


def test_an_estimate_charges_nothing(start_services: StartServices) -> None:
    services = start_services(with_worker=False, anonymous_pages_per_day=10, anonymous_max_pages=20)
    assert services.jobs.estimate(ANYONE, 4).to_json() | {"resets_at": None} == {
        "pages": 4,
        "cost": 4,
        "allowed": True,
        "reason": None,
        "used": 0,
        "cap": 10,
        "remaining": 10,
        "scope": "anonymous_day",
        "resets_at": None,
    }
    # Without a model tier vlm is careful reading, at the price of tier cpu; a translation costs what the tier says.
    assert services.jobs.estimate(ANYONE, 4, "vlm").cost == 4
    assert services.jobs.estimate(ANYONE, 4, tool="translate").cost == 12
    assert not services.jobs.estimate(ANYONE, 4, tool="translate").allowed
    assert not services.jobs.estimate(ANYONE, 21).allowed
    assert used(services) == 0


def test_a_stopped_server_hands_its_pages_back(
    tmp_path: Path, start_services: StartServices, database_url: str
) -> None:
    services = start_services(scripted(seconds=0.3), shutdown_grace_s=0.0)
    record = submit(services, 12)
    while services.jobs.get(ANYONE, record.id).record.pages_done < 2:
        pass
    services.stop()
    again = start_services(scripted())
    view = wait(again, record.id)
    assert view.record.state is JobState.DONE
    assert view.document is not None
    assert [page.number for page in view.document.pages] == list(range(1, 13))
    with reading(again.engine) as connection:
        assert [page.starts for page in again.store.list_pages(connection, record.id)] == [1] * 12
    assert used(again) == 12


def test_readiness_and_metrics(start_services: StartServices) -> None:
    services = start_services()
    assert services.check_readiness() == {"database": None, "storage": None}
    assert services.is_alive()
    wait(services, submit(services, 2).id)
    text = services.render_metrics()[0].decode()
    assert 'ocr_pages_read_total{engine="scripted"} 2.0' in text
    assert "ocr_queued_pages 0.0" in text
