"""Leases, fencing and the order of the queue, on both databases."""

import threading
import uuid
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction, utc_now
from pipeline.options import OcrOptions
from service.job_claims import Claim, FailedPageOutcome, JobClaims, JobEnding, ReadPageOutcome
from service.job_record import JobState, PageState
from service.job_store import AGEING_S, JobStore, NewJob

NOW = utc_now()
LEASE_S = 10.0
AFTER_LEASE = NOW + timedelta(seconds=LEASE_S + 1)


def add(
    engine: sa.Engine,
    *,
    pages: int = 3,
    priority: int = 2,
    at: datetime = NOW,
    is_short: bool = False,
    options: OcrOptions | None = None,
) -> str:
    job_id = uuid.uuid4().hex
    job = NewJob(
        id=job_id,
        owner_id=None,
        caller_key="address:x",
        idempotency_key=None,
        fingerprint="0" * 64,
        options=options or OcrOptions(),
        source_name="a.pdf",
        media_type="application/pdf",
        suffix=".pdf",
        size_bytes=1,
        page_numbers=range(1, pages + 1),
        notices=(),
        priority=priority,
        is_short=is_short,
        retain=True,
        created_at=at,
    )
    with transaction(engine) as connection:
        JobStore().add(connection, job)
    return job_id


def claim(
    engine: sa.Engine, worker: str = "w1", limit: int = 10, *, now: datetime = NOW, **more: object
) -> list[Claim]:
    with transaction(engine) as connection:
        return JobClaims(worker, LEASE_S).claim(connection, limit, now=now, **more)  # type: ignore[arg-type]


def record(engine: sa.Engine, claimed: Claim, *outcomes: ReadPageOutcome | FailedPageOutcome) -> bool:
    claims = JobClaims("w", LEASE_S)
    with transaction(engine) as connection:
        if not claims.renew(connection, claimed, now=NOW):
            return False
        claims.record_pages(connection, claimed, outcomes)
        return True


def read(number: int) -> ReadPageOutcome:
    return ReadPageOutcome(number, "scripted", "cpu", ())


def done(engine: sa.Engine, job_id: str) -> tuple[int, int]:
    with reading(engine) as connection:
        found = JobStore().find(connection, job_id)
    assert found is not None
    return found.pages_done, found.pages_failed


def test_paid_before_free_before_anonymous_and_oldest_first(engine: sa.Engine) -> None:
    second = timedelta(seconds=1)
    late_paid = add(engine, priority=0, at=NOW + 2 * second)
    anonymous = add(engine, priority=2, at=NOW)
    free = add(engine, priority=1, at=NOW + second)
    early_paid = add(engine, priority=0, at=NOW + second)
    assert [each.job.id for each in claim(engine)] == [early_paid, late_paid, free, anonymous]
    assert claim(engine) == []


def test_nobody_starves(engine: sa.Engine) -> None:
    old = add(engine, priority=2, at=NOW - timedelta(seconds=2 * AGEING_S + 1))
    add(engine, priority=0)
    assert claim(engine, limit=1)[0].job.id == old


def test_an_old_anonymous_job_is_read_while_paid_ones_keep_coming(engine: sa.Engine) -> None:
    """One job a minute can be worked on, and every minute another paid one comes."""
    anonymous = add(engine, priority=2, at=NOW)
    for minute in range(30):
        now = NOW + timedelta(minutes=minute)
        add(engine, priority=0, at=now)
        taken = claim(engine, limit=1, now=now)
        if taken[0].job.id == anonymous:
            break
        with transaction(engine) as connection:
            # What was taken is done; its lease must not run out.
            JobStore().delete(connection, [taken[0].job.id])
    assert timedelta(minutes=minute) <= timedelta(seconds=2 * AGEING_S + 60)


def test_a_busy_worker_leaves_jobs_to_others(engine: sa.Engine) -> None:
    book = add(engine, pages=300)
    letter = add(engine, pages=1, is_short=True)
    paid = add(engine, pages=300, priority=0)
    assert {each.job.id for each in claim(engine, express_only=True)} == {letter, paid}
    assert claim(engine, waiting_since=NOW - timedelta(seconds=2)) == []
    assert [each.job.id for each in claim(engine, waiting_since=NOW)] == [book]


def test_a_worker_whose_places_are_taken_leaves_new_jobs_to_others(engine: sa.Engine) -> None:
    paid = add(engine, priority=0, is_short=True)
    assert claim(engine, left_since=NOW - timedelta(seconds=1)) == []
    assert [each.job.id for each in claim(engine, left_since=NOW)] == [paid]


def test_each_job_is_claimed_once_by_many(engine: sa.Engine) -> None:
    wanted = {add(engine) for _ in range(30)}
    taken: list[str] = []

    def work(name: str) -> None:
        while claims := claim(engine, name, 2):
            taken.extend(each.job.id for each in claims)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 30
    assert set(taken) == wanted


def test_a_lease_that_ran_out_goes_to_another_and_fences_the_first(engine: sa.Engine) -> None:
    job_id = add(engine)
    first = claim(engine, "w1")[0]
    assert record(engine, first, read(1))
    assert claim(engine, "w2") == []
    second = claim(engine, "w2", now=AFTER_LEASE)[0]
    assert second.token == first.token + 1
    assert not record(engine, first, read(2))
    assert done(engine, job_id) == (1, 0)
    with transaction(engine) as connection:
        waiting = JobClaims("w2", LEASE_S).find_waiting_pages(connection, job_id)
    assert [number for number, _, _ in waiting] == [2, 3]
    assert record(engine, second, read(2), read(3))
    assert done(engine, job_id) == (3, 0)


def test_a_page_told_twice_counts_once(engine: sa.Engine) -> None:
    job_id = add(engine)
    claimed = claim(engine)[0]
    for _ in range(3):
        assert record(engine, claimed, read(1), FailedPageOutcome(2, "engine_failed", "No.", is_final=True))
    assert record(engine, claimed, read(2))
    assert done(engine, job_id) == (2, 1)


def test_a_failed_try_is_counted_and_the_page_stays(engine: sa.Engine) -> None:
    job_id = add(engine)
    claimed = claim(engine)[0]
    with transaction(engine) as connection:
        JobClaims("w", LEASE_S).start_pages(connection, claimed, [1, 2])
    assert record(engine, claimed, FailedPageOutcome(1, "page_timeout", "Slow.", is_final=False))
    with transaction(engine) as connection:
        claims = JobClaims("w", LEASE_S)
        claims.unstart_pages(connection, claimed, [2])
        assert claims.find_waiting_pages(connection, job_id) == [(1, 1, 1), (2, 0, 0), (3, 0, 0)]
    assert done(engine, job_id) == (0, 0)


@pytest.mark.parametrize("what", ["cancel", "delete", "give_up"])
def test_what_happens_to_a_job_fences_its_worker(engine: sa.Engine, what: str) -> None:
    job_id = add(engine)
    claimed = claim(engine)[0]
    assert record(engine, claimed, read(1))
    store = JobStore()
    with transaction(engine) as connection:
        if what == "cancel":
            assert store.cancel(connection, job_id, now=NOW, expires_at=NOW)
            assert not store.cancel(connection, job_id, now=NOW, expires_at=NOW)
        elif what == "delete":
            store.delete(connection, [job_id])
        else:
            assert store.give_up_waiting_pages(connection, job_id, code="upload_expired", message="Late.")
            assert not store.give_up_waiting_pages(connection, job_id, code="upload_expired", message="Late.")
    assert not record(engine, claimed, read(2))
    if what == "give_up":
        assert done(engine, job_id) == (3, 2)
        with reading(engine) as connection:
            states = [page.state for page in store.list_pages(connection, job_id)]
        assert states == [PageState.READ, PageState.FAILED, PageState.FAILED]
        assert claim(engine)[0].job.id == job_id


def test_an_ended_job_is_never_claimed_again(engine: sa.Engine) -> None:
    job_id = add(engine)
    claimed = claim(engine)[0]
    with transaction(engine) as connection:
        claims = JobClaims("w", LEASE_S)
        assert claims.renew(connection, claimed, now=NOW)
        claims.end(connection, claimed, JobEnding(JobState.DONE, ("Good.",), NOW, NOW))
        assert not claims.renew(connection, claimed, now=NOW)
    assert claim(engine, now=AFTER_LEASE) == []
    with reading(engine) as connection:
        found = JobStore().find(connection, job_id)
    assert found is not None
    assert (found.state, found.notices) == (JobState.DONE, ("Good.",))
    with transaction(engine) as connection:
        assert not JobStore().cancel(connection, job_id, now=NOW, expires_at=NOW)


def test_a_job_that_was_handed_back_keeps_its_place(engine: sa.Engine) -> None:
    first, second = add(engine), add(engine, at=NOW + timedelta(seconds=1))
    claimed = claim(engine, limit=1)[0]
    with transaction(engine) as connection:
        JobClaims("w", LEASE_S).hand_back(connection, claimed)
    assert [each.job.id for each in claim(engine)] == [first, second]
