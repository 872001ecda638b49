"""Credits are reserved before the work, settled after it, and whatever happens twice counts once.

Three tables work together. ``credit_buckets`` hold what may be used and what was; ``reservations`` has one row a job,
and its insertion and its one change from open to settled are what makes repeats harmless; ``ledger_entries`` is the
append-only account of it all, one entry a (job, kind, bucket), from which every bucket can be computed again
(:mod:`quota.audit`).

Every method takes the connection of the caller's transaction, so that a job and its credits change together.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from database.connect import insert_into, utc_now
from database.tables import credit_buckets, ledger_entries, reservations
from errors import IdempotencyConflictError, InvalidFieldError
from quota.buckets import (
    Bucket,
    Level,
    Payer,
    Scope,
    add_missing,
    buckets_of,
    credits_bucket,
    give_back,
    read_levels,
    take,
)
from quota.plans import Plans
from quota.usage import Usage, remaining, to_error, to_usage

MAX_GRANT = 1_000_000_000


class EntryKind(StrEnum):
    RESERVE = "reserve"
    CHARGE = "charge"
    RELEASE = "release"
    GRANT = "grant"


# What every job asks for is put together once: that takes as long as the database needs for it.
_COST = sa.bindparam("cost", type_=sa.BigInteger)
_SETTLEMENT = (
    sa.update(reservations)
    .where(reservations.c.job_id == sa.bindparam("job"), reservations.c.settled_at.is_(None))
    .values(
        settled_at=sa.bindparam("now"),
        pages=sa.bindparam("read_pages"),
        charged=sa.case((reservations.c.credits < _COST, reservations.c.credits), else_=_COST),
    )
    .returning(reservations.c.charged)
)
_RESERVATION = sa.select(reservations).where(reservations.c.job_id == sa.bindparam("job"))
_RESERVED_PARTS = (
    sa.select(ledger_entries.c.bucket_id, ledger_entries.c.credits)
    .where(ledger_entries.c.job_id == sa.bindparam("job"), ledger_entries.c.kind == EntryKind.RESERVE)
    .order_by(ledger_entries.c.id)
)
_ADD_ENTRIES = ledger_entries.insert()


def _tell_nobody(_credits: int) -> None:
    """Nobody counts."""


class Ledger:
    """``salt`` is the key of the addresses' hashes; ``clock`` gives the time, UTC.

    ``on_released`` is told how many credits each end gave back, for the metrics; it must return at once.
    """

    def __init__(
        self,
        plans: Plans,
        *,
        salt: bytes,
        clock: Callable[[], datetime] = utc_now,
        on_released: Callable[[int], None] = _tell_nobody,
    ) -> None:
        self._plans = plans
        self._salt = salt
        self._clock = clock
        self._on_released = on_released

    def reserve(self, connection: sa.Connection, job_id: str, payer: Payer, credits: int) -> Usage:
        """Set ``credits`` aside for a job, or raise QuotaExceededError having changed nothing.

        A second call for the same job changes nothing. Raises ValueError for negative credits.
        """
        if credits < 0:
            raise ValueError("credits can't be negative")
        now = self._clock()
        buckets = buckets_of(payer, self._plans, self._salt, now)
        parts = self._take_all(connection, buckets, credits)
        if parts is None:
            return self._explain_refusal(connection, job_id, payer, buckets, credits)
        added = connection.execute(
            insert_into(connection, reservations)
            .values(job_id=job_id, account_id=_account_id(payer), credits=credits, reserved_at=now)
            .on_conflict_do_nothing()
            .returning(reservations.c.job_id)
        ).one_or_none()
        if added is None:
            for bucket_id, part in parts:
                give_back(connection, bucket_id, reserved=part)
            return self._usage_of_job(connection, job_id, payer)
        _write(connection, job_id, EntryKind.RESERVE, parts, now)
        return to_usage(read_levels(connection, buckets), cost=credits, metered=self._plans.metered)

    def settle(self, connection: sa.Connection, job_id: str, credits: int, *, pages: int = 0) -> int:
        """End a job's reservation: charge ``credits`` for ``pages`` pages read and release the rest.

        The first end counts; any later one changes nothing. Returns what the job was charged in all, which is never
        more than was reserved; 0 for a job that never reserved. Raises ValueError for negative credits.
        """
        if credits < 0:
            raise ValueError("credits can't be negative")
        now = self._clock()
        values = {"job": job_id, "now": now, "read_pages": pages, "cost": credits}
        charged = connection.execute(_SETTLEMENT, values).scalar_one_or_none()
        if charged is None:
            earlier = _find_reservation(connection, job_id)
            return 0 if earlier is None else int(earlier.charged)
        self._on_released(_end_parts(connection, job_id, charged, now))
        return int(charged)

    def refund(self, connection: sa.Connection, job_id: str) -> None:
        """Release all of a job's reservation; changes nothing when the job was settled before."""
        self.settle(connection, job_id, 0)

    def find_open_jobs(
        self, connection: sa.Connection, reserved_before: datetime, limit: int = 1000
    ) -> tuple[str, ...]:
        """Jobs whose reservation was made before a time and never ended, oldest first; the janitor ends them."""
        query = (
            sa.select(reservations.c.job_id)
            .where(reservations.c.settled_at.is_(None), reservations.c.reserved_at < reserved_before)
            .order_by(reservations.c.reserved_at)
            .limit(limit)
        )
        return tuple(connection.execute(query).scalars())

    def balance(self, connection: sa.Connection, payer: Payer, *, cost: int = 0) -> Usage:
        """Where a payer stands now; ``cost`` is what the answer shows as such."""
        return to_usage(self.levels(connection, payer), cost=cost, metered=self._plans.metered)

    def levels(self, connection: sa.Connection, payer: Payer) -> tuple[Level, ...]:
        """The payer's buckets one by one, in the order in which they pay."""
        return read_levels(connection, buckets_of(payer, self._plans, self._salt, self._clock()))

    def check(self, connection: sa.Connection, payer: Payer, credits: int) -> Usage:
        """As :meth:`balance` with ``credits`` as the cost; raises QuotaExceededError when reserving them would."""
        levels = self.levels(connection, payer)
        if self._plans.metered and remaining(levels) < credits:
            raise to_error(levels, credits)
        return to_usage(levels, cost=credits, metered=self._plans.metered)

    def find_usage(self, connection: sa.Connection, job_id: str, payer: Payer) -> Usage | None:
        """What a job cost (while it works: what is reserved for it), and where stands who pays for it.

        ``payer`` is who asks: for an account's job its account, of which today's buckets are shown; a job without
        account shows the day and address that it was sent from. None for a job that never reserved.
        """
        if _find_reservation(connection, job_id) is None:
            return None
        return self._usage_of_job(connection, job_id, payer)

    def grant(self, connection: sa.Connection, account_id: str, credits: int, payment_id: str) -> bool:
        """Add bought credits once a payment; False when this payment had been counted before.

        Raises InvalidFieldError for credits outside 1..1,000,000,000 or a payment id outside 1..200 characters, and
        IdempotencyConflictError when the payment id was used for another account or number.
        """
        if not 1 <= credits <= MAX_GRANT:
            raise InvalidFieldError("Credits must be from 1 to 1,000,000,000.", details={"field": "credits"})
        if not 1 <= len(payment_id) <= 200:
            raise InvalidFieldError("A payment id has 1 to 200 characters.", details={"field": "payment_id"})
        bucket = credits_bucket(account_id)
        add_missing(connection, bucket)
        entry = {"bucket_id": bucket.id, "payment_id": payment_id, "kind": EntryKind.GRANT, "credits": credits}
        added = connection.execute(
            insert_into(connection, ledger_entries)
            .values(**entry, at=self._clock())
            .on_conflict_do_nothing(index_elements=["payment_id"])
            .returning(ledger_entries.c.id)
        ).one_or_none()
        if added is None:
            earlier = connection.execute(
                sa.select(ledger_entries.c.bucket_id, ledger_entries.c.credits).where(
                    ledger_entries.c.payment_id == payment_id
                )
            ).one()
            if tuple(earlier) != (bucket.id, credits):
                raise IdempotencyConflictError("This payment id was used for another account or number of credits.")
            return False
        connection.execute(
            sa.update(credit_buckets)
            .where(credit_buckets.c.id == bucket.id)
            .values(granted=credit_buckets.c.granted + credits)
        )
        return True

    def _take_all(
        self, connection: sa.Connection, buckets: Sequence[Bucket], credits: int
    ) -> list[tuple[str, int]] | None:
        """(bucket id, credits) of each bucket that pays; None, and nothing taken, when they don't hold enough."""
        metered = self._plans.metered and credits > 0
        if take(connection, buckets[0], credits, metered=metered):
            return [(buckets[0].id, credits)]
        # The first of its period, or the first bucket alone can't pay.
        for bucket in buckets:
            add_missing(connection, bucket)
        if not metered:
            take(connection, buckets[0], credits, metered=False)
            return [(buckets[0].id, credits)]
        parts, left = [], credits
        for level in read_levels(connection, buckets, lock=True):
            part = min(left, level.remaining)
            left -= part
            if part:
                parts.append((level.bucket, part))
        if left:
            return None
        for bucket, part in parts:
            if not take(connection, bucket, part, metered=True):
                raise RuntimeError(f"bucket {bucket.id} changed although it was locked")
        return [(bucket.id, part) for bucket, part in parts]

    def _explain_refusal(
        self, connection: sa.Connection, job_id: str, payer: Payer, buckets: Sequence[Bucket], credits: int
    ) -> Usage:
        """The usage of a job that has its reservation already; raises QuotaExceededError for a new one."""
        if _find_reservation(connection, job_id) is None:
            raise to_error(read_levels(connection, buckets), credits)
        return self._usage_of_job(connection, job_id, payer)

    def _usage_of_job(self, connection: sa.Connection, job_id: str, payer: Payer) -> Usage:
        row = connection.execute(_RESERVATION, {"job": job_id}).one()
        if row.account_id is None:
            levels = read_levels(connection, self._anonymous_buckets(connection, job_id))
        else:
            levels = self.levels(connection, payer)
        cost = row.credits if row.charged is None else row.charged
        return to_usage(levels, cost=cost, metered=self._plans.metered)

    def _anonymous_buckets(self, connection: sa.Connection, job_id: str) -> tuple[Bucket, ...]:
        allowance = self._plans.anonymous.period_credits
        rows = connection.execute(
            sa.select(credit_buckets.c.id, credit_buckets.c.resets_at)
            .join(ledger_entries, ledger_entries.c.bucket_id == credit_buckets.c.id)
            .where(ledger_entries.c.job_id == job_id, ledger_entries.c.kind == EntryKind.RESERVE)
        )
        return tuple(Bucket(row.id, Scope.ANONYMOUS_DAY, None, allowance, row.resets_at) for row in rows)


def _end_parts(connection: sa.Connection, job_id: str, charged: int, now: datetime) -> int:
    """How many credits were released. Buckets are charged in the order in which they paid: bought credits come back."""
    parts = connection.execute(_RESERVED_PARTS, {"job": job_id}).all()
    charges, releases, left = [], [], charged
    for bucket_id, reserved in parts:
        used = min(left, reserved)
        left -= used
        give_back(connection, bucket_id, reserved=reserved, used=used)
        charges.append((bucket_id, used))
        releases.append((bucket_id, reserved - used))
    _write(connection, job_id, EntryKind.CHARGE, [each for each in charges if each[1]], now)
    _write(connection, job_id, EntryKind.RELEASE, [each for each in releases if each[1]], now)
    return sum(credits for _, credits in releases)


def _write(
    connection: sa.Connection, job_id: str, kind: EntryKind, parts: Sequence[tuple[str, int]], now: datetime
) -> None:
    rows = [
        {"bucket_id": bucket_id, "job_id": job_id, "kind": kind, "credits": credits, "at": now}
        for bucket_id, credits in parts
    ]
    if rows:
        # As parameters: an INSERT with all rows in its VALUES would be compiled anew each time.
        connection.execute(_ADD_ENTRIES, rows)


def _find_reservation(connection: sa.Connection, job_id: str) -> sa.Row[*tuple[Any, ...]] | None:
    return connection.execute(_RESERVATION, {"job": job_id}).one_or_none()


def _account_id(payer: Payer) -> str | None:
    return None if payer.account is None else payer.account.id
