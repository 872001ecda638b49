"""Every order of reserve, finish, cancel, expire, pay and the passing of time leaves the balance right.

A model of a few lines says what is right; hypothesis looks for an order in which the ledger disagrees.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from database.connect import open_engine, reading, transaction
from errors import QuotaExceededError
from quota.audit import find_discrepancies
from quota.expiry import delete_expired
from tests.postgres import PostgresCluster
from tests.quota.payers import FakeClock, FakePayer, make_ledger, make_payer

DAY_CAP, MONTH_CAP, PAYMENT = 20, 30, 10
START = datetime(2026, 7, 30, 20, 0, tzinfo=UTC)


@dataclass
class ModelJob:
    """``period_part`` of its ``credits`` came out of the day or month, the rest out of what was bought."""

    payer: str
    period: str
    credits: int
    period_part: int
    charged: int | None = None

    @property
    def weight(self) -> int:
        return self.credits if self.charged is None else self.charged

    @property
    def period_weight(self) -> int:
        return min(self.weight, self.period_part)


class LedgerMachine(RuleBasedStateMachine):
    """``open_database`` is set by the test: it gives an engine on an empty database with the newest schema."""

    open_database: Callable[[], sa.Engine]

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.engine = self.open_database()
        self.clock = FakeClock(START)
        self.ledger = make_ledger(self.clock, day=DAY_CAP, month=MONTH_CAP)
        with transaction(self.engine) as connection:
            self.payers = {"account": make_payer(connection), "address": FakePayer()}
        self.model: dict[str, ModelJob] = {}
        self.payments: set[str] = set()
        self.made = 0

    def period(self, payer: str) -> str:
        return f"{self.clock.now:%Y-%m}" if payer == "account" else f"{self.clock.now:%Y-%m-%d}"

    def period_used(self, payer: str) -> int:
        now = (payer, self.period(payer))
        return sum(job.period_weight for job in self.model.values() if (job.payer, job.period) == now)

    def credits_used(self) -> int:
        return sum(job.weight - job.period_weight for job in self.model.values())

    def credits_bought(self) -> int:
        return PAYMENT * len(self.payments)

    @rule(target=jobs, payer=st.sampled_from(["account", "address"]), credits=st.integers(0, 25))
    def reserve(self, payer: str, credits: int) -> str:
        self.made += 1
        name = f"job{self.made}"
        period_left = (MONTH_CAP if payer == "account" else DAY_CAP) - self.period_used(payer)
        left = period_left + (self.credits_bought() - self.credits_used() if payer == "account" else 0)
        if credits > left:
            with pytest.raises(QuotaExceededError, match=f"you have {left} of"), transaction(self.engine) as connection:
                self.ledger.reserve(connection, name, self.payers[payer], credits)
            return name
        with transaction(self.engine) as connection:
            self.ledger.reserve(connection, name, self.payers[payer], credits)
        self.model[name] = ModelJob(payer, self.period(payer), credits, min(credits, period_left))
        return name

    @rule(job=jobs)
    def reserve_again(self, job: str) -> None:
        if job in self.model:
            with transaction(self.engine) as connection:
                self.ledger.reserve(connection, job, self.payers[self.model[job].payer], self.model[job].credits)

    @rule(job=jobs, read=st.integers(0, 30))
    def finish(self, job: str, read: int) -> None:
        with transaction(self.engine) as connection:
            charged = self.ledger.settle(connection, job, read, pages=read)
        if job not in self.model:
            assert charged == 0
            return
        known = self.model[job]
        if known.charged is None:
            known.charged = min(read, known.credits)
        assert charged == known.charged

    @rule(job=jobs)
    def cancel(self, job: str) -> None:
        with transaction(self.engine) as connection:
            self.ledger.refund(connection, job)
        if job in self.model and self.model[job].charged is None:
            self.model[job].charged = 0

    @rule()
    def expire(self) -> None:
        """A crash left reservations behind; the janitor finds and ends them."""
        with transaction(self.engine) as connection:
            found = self.ledger.find_open_jobs(connection, self.clock.now + timedelta(seconds=1))
            assert set(found) == {name for name, job in self.model.items() if job.charged is None}
            for job in found:
                self.ledger.refund(connection, job)
        for name in found:
            self.model[name].charged = 0

    @rule(payment=st.sampled_from("abc"))
    def pay(self, payment: str) -> None:
        account = self.payers["account"].account
        assert account is not None
        with transaction(self.engine) as connection:
            is_new = self.ledger.grant(connection, account.id, PAYMENT, payment)
        assert is_new == (payment not in self.payments)
        self.payments.add(payment)

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.clock.advance(hours=hours)

    @rule()
    def sweep(self) -> None:
        """Anonymous days that are over are forgotten, unless a job of that day is still open."""
        with transaction(self.engine) as connection:
            delete_expired(connection, now=self.clock.now, anonymous_before=self.clock.now)
        over = {job.period for job in self.model.values() if job.payer == "address"} - {self.period("address")}
        is_open = {job.period for job in self.model.values() if job.charged is None}
        self.model = {name: job for name, job in self.model.items() if job.period not in over - is_open}

    @rule(job=jobs)
    def roll_back(self, job: str) -> None:
        """A process dies before it commits: nothing happened."""
        with self.engine.connect() as connection:
            self.ledger.settle(connection, job, 1)
            connection.rollback()

    @invariant()
    def balances_are_right(self) -> None:
        with reading(self.engine) as connection:
            month, credits = self.ledger.levels(connection, self.payers["account"])
            (day,) = self.ledger.levels(connection, self.payers["address"])
            assert find_discrepancies(connection) == ()
        assert month.used == self.period_used("account")
        assert (credits.used, credits.cap) == (self.credits_used(), self.credits_bought())
        assert day.used == self.period_used("address")

    def teardown(self) -> None:
        self.engine.dispose()


def search(name: str, open_database: Callable[[], sa.Engine], examples: int) -> None:
    machine = type(name, (LedgerMachine,), {"open_database": staticmethod(open_database)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_on_sqlite(migrated_sqlite: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:

        def open_database() -> sa.Engine:
            path = Path(tempfile.mkdtemp(dir=folder)) / "x.sqlite"
            shutil.copy(migrated_sqlite, path)
            return open_engine(f"sqlite:///{path}")

        search("SqliteLedger", open_database, examples=50)


@pytest.mark.postgres
def test_on_postgresql(postgres: PostgresCluster) -> None:
    search("PostgresLedger", lambda: open_engine(postgres.make_database()), examples=15)
