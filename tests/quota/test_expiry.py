"""What the janitor forgets, and what it keeps."""

from datetime import timedelta

import sqlalchemy as sa

from database.connect import transaction
from database.tables import credit_buckets, ledger_entries, reservations
from quota.audit import find_discrepancies
from quota.expiry import delete_expired
from tests.quota.payers import FakeClock, FakePayer, make_ledger, make_payer


def test_past_days_of_addresses_go_and_accounts_stay(engine: sa.Engine) -> None:
    clock = FakeClock()
    ledger = make_ledger(clock)
    with transaction(engine) as connection:
        payer = make_payer(connection)
        for job, who in (("account", payer), ("address", FakePayer())):
            ledger.reserve(connection, job, who, 5)
            ledger.settle(connection, job, 5)
        clock.advance(days=3)
        ledger.reserve(connection, "today", FakePayer(), 5)
        assert delete_expired(connection, now=clock.now, anonymous_before=clock.now - timedelta(days=2)) == 4
        assert set(connection.execute(sa.select(reservations.c.job_id)).scalars()) == {"account", "today"}
        assert set(connection.execute(sa.select(ledger_entries.c.job_id)).scalars()) == {"account", "today"}
        assert len(connection.execute(sa.select(credit_buckets.c.id)).all()) == 3
        assert ledger.find_usage(connection, "address", FakePayer()) is None
        assert find_discrepancies(connection) == ()


def test_a_day_with_an_open_job_waits_for_it(engine: sa.Engine) -> None:
    clock = FakeClock()
    ledger = make_ledger(clock)
    with transaction(engine) as connection:
        ledger.reserve(connection, "open", FakePayer(), 0)
        ledger.reserve(connection, "done", FakePayer(), 5)
        ledger.settle(connection, "done", 5)
        clock.advance(days=9)
        assert delete_expired(connection, now=clock.now, anonymous_before=clock.now) == 0
        ledger.refund(connection, "open")
        assert delete_expired(connection, now=clock.now, anonymous_before=clock.now) > 0
        assert connection.execute(sa.select(credit_buckets)).all() == []
