"""Remove what quota no longer needs; the janitor calls it now and then."""

from datetime import datetime

import sqlalchemy as sa

from database.tables import credit_buckets, ledger_entries, request_counters, reservations, sessions
from quota.buckets import Scope


def delete_expired(connection: sa.Connection, *, now: datetime, anonymous_before: datetime) -> int:
    """Sessions and request counters that ended, and anonymous days that ended before ``anonymous_before``.

    With a day go its entries and reservations, so that nothing about an address stays; days that still hold an open
    reservation stay. Accounts keep their ledger. Returns the number of rows deleted.
    """
    still_open = (
        sa.select(ledger_entries.c.bucket_id)
        .join(reservations, reservations.c.job_id == ledger_entries.c.job_id)
        .where(reservations.c.settled_at.is_(None))
    )
    days = sa.select(credit_buckets.c.id).where(
        credit_buckets.c.scope == Scope.ANONYMOUS_DAY,
        credit_buckets.c.resets_at <= anonymous_before,
        credit_buckets.c.id.not_in(still_open),
    )
    jobs = sa.select(ledger_entries.c.job_id).where(ledger_entries.c.bucket_id.in_(days))
    statements = (
        sa.delete(reservations).where(reservations.c.job_id.in_(jobs)),
        sa.delete(ledger_entries).where(ledger_entries.c.bucket_id.in_(days)),
        sa.delete(credit_buckets).where(credit_buckets.c.id.in_(days)),
        sa.delete(sessions).where(sessions.c.expires_at <= now),
        sa.delete(request_counters).where(request_counters.c.expires_at <= now),
    )
    return sum(connection.execute(statement).rowcount for statement in statements)
