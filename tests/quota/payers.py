"""Payers and a clock for the tests of quota."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from quota.accounts import Account, create_account
from quota.ledger import Ledger
from quota.plans import Plan, PlanName, Plans

START = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
SALT = b"salt"


@dataclass(frozen=True)
class FakePayer:
    account: Account | None = None
    address: str = "203.0.113.7"


@dataclass
class FakeClock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)


def make_plans(*, day: int = 50, month: int = 500, metered: bool = True) -> Plans:
    return Plans(
        anonymous=Plan(PlanName.ANONYMOUS, 20, day),
        free=Plan(PlanName.FREE, 100, month),
        paid=Plan(PlanName.PAID, 1000, month),
        metered=metered,
    )


def make_ledger(clock: FakeClock | None = None, *, day: int = 50, month: int = 500, metered: bool = True) -> Ledger:
    return Ledger(make_plans(day=day, month=month, metered=metered), salt=SALT, clock=clock or FakeClock())


def make_payer(connection: sa.Connection, email: str = "a@example.org", plan: str = "free") -> FakePayer:
    return FakePayer(create_account(connection, email, password_hash=None, plan=plan, now=START))
