"""Buckets of credits: one row counts what one payer used and reserved in one period, or of what was bought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa

from database.connect import insert_into
from database.tables import credit_buckets
from quota.accounts import Account
from quota.addresses import hash_address
from quota.plans import Plans


class Scope(StrEnum):
    """The words of the API."""

    ANONYMOUS_DAY = "anonymous_day"
    ACCOUNT_MONTH = "account_month"
    CREDITS = "credits"


class Payer(Protocol):
    """Who pays: the account, or without one the address."""

    @property
    def account(self) -> Account | None: ...
    @property
    def address(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Bucket:
    """``allowance`` is the period's cap; None for bought credits, whose cap is what the row says was granted."""

    id: str
    scope: Scope
    account_id: str | None
    allowance: int | None
    resets_at: datetime | None


@dataclass(frozen=True, slots=True)
class Level:
    """How full a bucket is. ``used`` includes what is reserved."""

    bucket: Bucket
    used: int
    cap: int

    @property
    def remaining(self) -> int:
        """Never negative, also when the cap was lowered below what had been used."""
        return max(0, self.cap - self.used)


# What every job asks for is put together once: that takes as long as the database needs for it.
_ROWS = sa.select(credit_buckets).where(credit_buckets.c.id.in_(sa.bindparam("ids", expanding=True)))
_GIVE_BACK = (
    sa.update(credit_buckets)
    .where(credit_buckets.c.id == sa.bindparam("bucket"))
    .values(
        reserved=credit_buckets.c.reserved - sa.bindparam("no_longer_reserved", type_=sa.BigInteger),
        used=credit_buckets.c.used + sa.bindparam("newly_used", type_=sa.BigInteger),
    )
)


def buckets_of(payer: Payer, plans: Plans, salt: bytes, now: datetime) -> tuple[Bucket, ...]:
    """In the order in which they pay: an account's month first, for it is lost at the month's end, then its credits."""
    if payer.account is None:
        day = f"{now:%Y-%m-%d}"
        key = hash_address(payer.address, salt, period=day)
        tomorrow = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
        name = f"{Scope.ANONYMOUS_DAY}:{day}:{key}"
        return (Bucket(name, Scope.ANONYMOUS_DAY, None, plans.anonymous.period_credits, tomorrow),)
    account = payer.account
    name = f"{Scope.ACCOUNT_MONTH}:{now:%Y-%m}:{account.id}"
    allowance = plans.get_plan(account.plan).period_credits
    month = Bucket(name, Scope.ACCOUNT_MONTH, account.id, allowance, next_month(now))
    return (month, credits_bucket(account.id))


def credits_bucket(account_id: str) -> Bucket:
    return Bucket(f"{Scope.CREDITS}:{account_id}", Scope.CREDITS, account_id, None, None)


def next_month(now: datetime) -> datetime:
    """The first moment of the next month, UTC."""
    return datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)


def add_missing(connection: sa.Connection, bucket: Bucket) -> None:
    """Make the bucket's row unless it is there."""
    connection.execute(
        insert_into(connection, credit_buckets)
        .values(id=bucket.id, scope=bucket.scope, account_id=bucket.account_id, resets_at=bucket.resets_at)
        .on_conflict_do_nothing()
    )


def take(connection: sa.Connection, bucket: Bucket, credits: int, *, metered: bool) -> bool:
    """Reserve ``credits`` by one conditional UPDATE; False, and nothing changed, where they or the row are missing."""
    bucket_row = credit_buckets.c
    cap = bucket_row.granted if bucket.allowance is None else sa.literal(bucket.allowance, sa.BigInteger)
    statement = sa.update(credit_buckets).where(bucket_row.id == bucket.id)
    if metered:
        statement = statement.where(bucket_row.used + bucket_row.reserved + credits <= cap)
    taken = connection.execute(statement.values(reserved=bucket_row.reserved + credits).returning(bucket_row.id))
    return taken.one_or_none() is not None


def read_levels(connection: sa.Connection, buckets: Sequence[Bucket], *, lock: bool = False) -> tuple[Level, ...]:
    """One level a bucket, in the same order; a bucket without row is empty. ``lock`` keeps the rows until the end.

    Rows are locked one after the other in the order given, which is the same everywhere, so nobody waits in a circle.
    """
    if not lock:
        ids = [bucket.id for bucket in buckets]
        rows = {row.id: row for row in connection.execute(_ROWS, {"ids": ids})}
        return tuple(_to_level(bucket, rows.get(bucket.id)) for bucket in buckets)
    levels = []
    for bucket in buckets:
        query = sa.select(credit_buckets).where(credit_buckets.c.id == bucket.id).with_for_update()
        levels.append(_to_level(bucket, connection.execute(query).one_or_none()))
    return tuple(levels)


def _to_level(bucket: Bucket, row: sa.Row[*tuple[Any, ...]] | None) -> Level:
    if row is None:
        return Level(bucket, 0, bucket.allowance or 0)
    return Level(bucket, row.used + row.reserved, row.granted if bucket.allowance is None else bucket.allowance)


def give_back(connection: sa.Connection, bucket_id: str, *, reserved: int, used: int = 0) -> None:
    """End a reservation of ``reserved`` credits, of which ``used`` are charged."""
    connection.execute(_GIVE_BACK, {"bucket": bucket_id, "no_longer_reserved": reserved, "newly_used": used})
