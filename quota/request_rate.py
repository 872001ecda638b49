"""How many requests one caller may make in a window of time.

Two counters of the same shape: in memory (a sliding window of the ``limits`` package) for one web process, and as rows
in SQL (a fixed window) for several that share a database and for what must outlive a restart, such as sign-ups.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import sqlalchemy as sa
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from database.connect import insert_into, transaction, utc_now
from database.tables import request_counters
from errors import RateLimitedError


@dataclass(frozen=True, slots=True)
class Window:
    """What the ``RateLimit`` headers (draft-ietf-httpapi-ratelimit-headers) say.

    ``remaining`` of ``limit`` requests are left in a window of ``window_s`` seconds, which ends in ``resets_in_s``.
    """

    limit: int
    window_s: int
    remaining: int
    resets_in_s: int


class RequestRate(Protocol):
    def count(self, key: str) -> Window | None:
        """Count one request of ``key``; None when there is no limit.

        Raises RateLimitedError, with ``retry_after_s`` and the window's values, for one too many.
        """


class UnlimitedRequestRate:
    def count(self, key: str) -> None:  # noqa: ARG002 - the protocol's name
        return None


class MemoryRequestRate:
    """Counts in this process."""

    def __init__(self, limit: int, *, window_s: int = 60) -> None:
        self._item: RateLimitItem = RateLimitItemPerSecond(limit, window_s)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, key: str) -> Window:
        allowed = self._limiter.hit(self._item, key)
        stats = self._limiter.get_window_stats(self._item, key)
        window_s = self._item.get_expiry()
        resets_in_s = min(window_s, max(1, math.ceil(stats.reset_time - time.time())))
        window = Window(self._item.amount, window_s, max(0, int(stats.remaining)) if allowed else 0, resets_in_s)
        return _admit(window, allowed=allowed)


class SqlRequestRate:
    """Counts in the database, by one upsert a request; takes a connection of its own."""

    def __init__(
        self, engine: sa.Engine, name: str, limit: int, *, window_s: int = 60, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._name = name
        self._limit = limit
        self._window_s = window_s
        self._clock = clock

    def count(self, key: str) -> Window:
        now = self._clock()
        ends = now + timedelta(seconds=self._window_s)
        with transaction(self._engine) as connection:
            row = connection.execute(_count_one(connection, f"{self._name}:{key}", now, ends)).one()
        resets_in_s = max(1, math.ceil((row.expires_at - now).total_seconds()))
        window = Window(self._limit, self._window_s, max(0, self._limit - row.requests), resets_in_s)
        return _admit(window, allowed=row.requests <= self._limit)


def _count_one(connection: sa.Connection, key: str, now: datetime, ends: datetime) -> sa.Executable:
    old = request_counters.c
    is_over = old.expires_at <= now
    statement: sa.Executable = (
        insert_into(connection, request_counters)
        .values(key=key, count=1, expires_at=ends)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={
                "count": sa.case((is_over, 1), else_=old["count"] + 1),
                "expires_at": sa.case((is_over, sa.literal(ends, old.expires_at.type)), else_=old.expires_at),
            },
        )
        .returning(old["count"].label("requests"), old.expires_at)
    )
    return statement


def _admit(window: Window, *, allowed: bool) -> Window:
    if allowed:
        return window
    raise RateLimitedError(
        details={
            "retry_after_s": window.resets_in_s,
            "limit": window.limit,
            "window_s": window.window_s,
            "remaining": 0,
        }
    )
