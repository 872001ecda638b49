"""Every order of claiming, reading, ending, cancelling, deleting, expiring, crashing and settling again leaves the
balance right: a model of a few lines says what is charged, hypothesis looks for an order in which the rows disagree.
"""

import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from database.connect import reading, transaction, utc_now
from database.tables import jobs as job_rows
from errors import JobNotFoundError
from pipeline.options import OcrOptions
from quota.audit import find_discrepancies
from service.job_claims import Claim, FailedPageOutcome, JobClaims, ReadPageOutcome
from service.job_store import NewJob
from service.wiring import build_services
from settings import Settings
from tests.postgres import PostgresCluster
from tests.service.running_services import ANYONE, scripted

LEASE_S = 1000.0
PAST = timedelta(days=1)


@dataclass
class ModelJob:
    """``token`` is the newest claim's; ``charged`` None while the job is open."""

    pages: int
    token: int = 0
    is_processing: bool = False
    read: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    charged: int | None = None
    is_there: bool = True

    @property
    def is_settled(self) -> bool:
        return len(self.read) + len(self.failed) == self.pages

    def has(self, claim: Claim) -> bool:
        return self.is_there and self.is_processing and self.charged is None and self.token == claim.token

    def close(self, charged: int) -> None:
        if self.charged is None:
            self.charged = charged
        self.is_processing = False


class JobMachine(RuleBasedStateMachine):
    """``make_database`` is set by the test: it gives the URL of an empty database with the newest schema."""

    make_database: Callable[[], str]

    job_ids = Bundle("job_ids")
    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ocr-chat-jobs-"))
        values = {"data_dir": self.folder, "database_url": self.make_database(), "anonymous_pages_per_day": 10**6}
        self.services = build_services(Settings.from_values(values), reader=scripted(), with_worker=False)
        self.worker = JobClaims("w", LEASE_S)
        self.model: dict[str, ModelJob] = {}

    @rule(target=job_ids, pages=st.integers(1, 4))
    def submit(self, pages: int) -> str:
        job_id = uuid.uuid4().hex
        job = NewJob(
            id=job_id,
            owner_id=None,
            caller_key="address:x",
            idempotency_key=None,
            fingerprint="0" * 64,
            options=OcrOptions(),
            source_name="a.pdf",
            media_type="application/pdf",
            suffix=".pdf",
            size_bytes=1,
            page_numbers=range(1, pages + 1),
            notices=(),
            priority=2,
            is_short=True,
            retain=True,
            created_at=utc_now(),
        )
        with transaction(self.services.engine) as connection:
            self.services.metering.ledger.reserve(connection, job_id, ANYONE, pages)
            self.services.store.add(connection, job)
        self.model[job_id] = ModelJob(pages)
        return job_id

    @rule(target=claims, limit=st.integers(1, 2))
    def claim(self, limit: int) -> tuple[Claim, ...]:
        with transaction(self.services.engine) as connection:
            taken = self.worker.claim(connection, limit, now=utc_now())
        for each in taken:
            job = self.model[each.job.id]
            assert job.charged is None
            assert job.is_there
            job.token, job.is_processing = each.token, True
        return tuple(taken)

    @rule(claims=claims, number=st.integers(1, 4), is_read=st.booleans())
    def finish_page(self, claims: tuple[Claim, ...], number: int, is_read: bool) -> None:
        for claim in claims:
            job = self.model[claim.job.id]
            outcome = (
                ReadPageOutcome(number, "scripted", "cpu", ())
                if is_read
                else FailedPageOutcome(number, "engine_failed", "It failed.", is_final=True)
            )
            with transaction(self.services.engine) as connection:
                is_ours = self.worker.renew(connection, claim, now=utc_now())
                assert is_ours == job.has(claim)
                if is_ours:
                    self.worker.record_pages(connection, claim, [outcome])
            if is_ours and number <= job.pages and number not in job.read | job.failed:
                (job.read if is_read else job.failed).add(number)

    @rule(claims=claims)
    def end(self, claims: tuple[Claim, ...]) -> None:
        """A worker ends a job once all its pages are settled; one whose claim is lost may come at any time."""
        for claim in claims:
            job = self.model[claim.job.id]
            is_ours = job.has(claim)
            if is_ours and not job.is_settled:
                continue
            assert self.services.closing.end(self.worker, claim, None) == is_ours
            if is_ours:
                job.close(len(job.read))

    @rule(claims=consumes(claims))
    def hand_back(self, claims: tuple[Claim, ...]) -> None:
        for claim in claims:
            with transaction(self.services.engine) as connection:
                self.worker.hand_back(connection, claim)
            if self.model[claim.job.id].has(claim):
                self.model[claim.job.id].is_processing = False

    @rule()
    def all_workers_die(self) -> None:
        with transaction(self.services.engine) as connection:
            connection.execute(
                sa.update(job_rows).where(job_rows.c.lease_until.is_not(None)).values(lease_until=utc_now() - PAST)
            )

    @rule(job_id=job_ids)
    def cancel(self, job_id: str) -> None:
        job = self.model[job_id]
        if not job.is_there:
            with pytest.raises(JobNotFoundError):
                self.services.jobs.cancel(ANYONE, job_id)
            return
        self.services.jobs.cancel(ANYONE, job_id)
        job.close(0)

    @rule(job_id=job_ids)
    def delete(self, job_id: str) -> None:
        if self.model[job_id].is_there:
            self.services.jobs.delete(ANYONE, job_id)
            self.forget(job_id)

    @rule()
    def expire(self) -> None:
        """Retention is over for every job that has ended."""
        with transaction(self.services.engine) as connection:
            connection.execute(
                sa.update(job_rows).where(job_rows.c.expires_at.is_not(None)).values(expires_at=utc_now() - PAST)
            )
        self.services.janitor.remove_expired()
        for job_id, job in self.model.items():
            if job.charged is not None:
                self.forget(job_id)

    @rule()
    def uploads_are_too_old(self) -> None:
        """What is unread is given up; the next worker ends the job."""
        with transaction(self.services.engine) as connection:
            connection.execute(sa.update(job_rows).values(created_at=utc_now() - PAST))
        self.services.janitor.end_overdue()
        for job in self.model.values():
            if job.is_there and job.charged is None and not job.is_settled:
                job.failed |= set(range(1, job.pages + 1)) - job.read
                job.token, job.is_processing = job.token + 1, False

    @rule(job_id=job_ids, credits=st.integers(0, 9))
    def settle_again(self, job_id: str, credits: int) -> None:
        """A late, repeated or crashed second end of a job that has ended changes nothing."""
        if self.model[job_id].charged is None:
            return
        with transaction(self.services.engine) as connection:
            charged = self.services.metering.ledger.settle(connection, job_id, credits)
            self.services.metering.ledger.refund(connection, job_id)
        assert charged == self.model[job_id].charged

    @rule()
    def release_orphans(self) -> None:
        self.services.janitor.release_reservations(timedelta())

    @invariant()
    def the_balance_is_right(self) -> None:
        wanted = sum(job.pages if job.charged is None else job.charged for job in self.model.values())
        with reading(self.services.engine) as connection:
            assert self.services.metering.ledger.balance(connection, ANYONE).used == wanted
            assert find_discrepancies(connection) == ()
            for job_id, job in self.model.items():
                found = self.services.store.find(connection, job_id)
                assert (found is not None) == job.is_there
                if found is not None:
                    assert found.state.is_final == (job.charged is not None)
                    assert (found.pages_done, found.pages_failed) == (len(job.read | job.failed), len(job.failed))

    def forget(self, job_id: str) -> None:
        self.model[job_id].close(0)
        self.model[job_id].is_there = False

    def teardown(self) -> None:
        self.services.closing.stop()
        self.services.engine.dispose()
        shutil.rmtree(self.folder)


def search(name: str, make_database: Callable[[], str], examples: int) -> None:
    machine = type(name, (JobMachine,), {"make_database": staticmethod(make_database)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.slow
def test_on_sqlite(migrated_sqlite: Path, tmp_path: Path) -> None:
    def make_database() -> str:
        path = Path(tempfile.mkdtemp(dir=tmp_path)) / "x.sqlite"
        shutil.copy(migrated_sqlite, path)
        return f"sqlite:///{path}"

    search("SqliteJobs", make_database, examples=30)


@pytest.mark.slow
@pytest.mark.postgres
def test_on_postgresql(postgres: PostgresCluster) -> None:
    search("PostgresJobs", postgres.make_database, examples=10)
