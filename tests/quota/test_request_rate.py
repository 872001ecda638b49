"""Requests a minute, counted in memory and in the database."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from database.connect import reading, transaction
from database.tables import request_counters
from errors import RateLimitedError
from quota.expiry import delete_expired
from quota.request_rate import MemoryRequestRate, RequestRate, SqlRequestRate, UnlimitedRequestRate, Window
from tests.quota.payers import FakeClock


def test_a_window_in_the_database(engine: sa.Engine) -> None:
    clock = FakeClock()
    rate = SqlRequestRate(engine, "requests", 2, window_s=60, clock=clock)
    assert rate.count("a") == Window(limit=2, window_s=60, remaining=1, resets_in_s=60)
    clock.advance(seconds=20.5)
    assert rate.count("a") == Window(limit=2, window_s=60, remaining=0, resets_in_s=40)
    assert rate.count("b").remaining == 1
    with pytest.raises(RateLimitedError) as refusal:
        rate.count("a")
    assert refusal.value.details == {"retry_after_s": 40, "limit": 2, "window_s": 60, "remaining": 0}
    clock.advance(seconds=39.5)
    assert rate.count("a").remaining == 1


def test_limits_of_different_names_do_not_meet(engine: sa.Engine) -> None:
    assert SqlRequestRate(engine, "one", 1).count("a").remaining == 0
    assert SqlRequestRate(engine, "two", 1).count("a").remaining == 0


def test_two_processes_count_together(engine: sa.Engine) -> None:
    clock = FakeClock()
    rates = [SqlRequestRate(engine, "requests", 30, clock=clock) for _ in range(2)]
    refused: list[RateLimitedError] = []

    def ask(rate: SqlRequestRate) -> None:
        for _ in range(5):
            try:
                rate.count("a")
            except RateLimitedError as error:
                refused.append(error)

    threads = [threading.Thread(target=ask, args=(rates[n % 2],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 10


def test_counters_that_are_over_are_deleted(engine: sa.Engine) -> None:
    clock = FakeClock()
    SqlRequestRate(engine, "requests", 5, window_s=60, clock=clock).count("a")
    SqlRequestRate(engine, "requests", 5, window_s=3600, clock=clock).count("b")
    clock.advance(minutes=2)
    with transaction(engine) as connection:
        assert delete_expired(connection, now=clock.now, anonymous_before=clock.now - timedelta(days=2)) == 1
    with reading(engine) as connection:
        assert connection.execute(sa.select(request_counters.c.key)).scalars().all() == ["requests:b"]


def test_a_window_in_memory() -> None:
    rate = MemoryRequestRate(2, window_s=60)
    first, second = rate.count("a"), rate.count("a")
    assert (first.limit, first.window_s, first.remaining, second.remaining) == (2, 60, 1, 0)
    with pytest.raises(RateLimitedError) as refusal:
        rate.count("a")
    assert 1 <= refusal.value.details["retry_after_s"] <= 60
    assert rate.count("b").remaining == 1


def test_no_limit() -> None:
    rate: RequestRate = UnlimitedRequestRate()
    assert [rate.count("a") for _ in range(1000)] == [None] * 1000
