"""The limit of requests a minute, by account or by address."""

import sqlalchemy as sa

from quota.addresses import hash_address
from quota.request_rate import MemoryRequestRate, RequestRate, SqlRequestRate, UnlimitedRequestRate, Window
from service.callers import Caller

__all__ = ["CallerRate", "Window", "build_caller_rate"]


class CallerRate:
    """Counts what callers ask for; an account has one count, whichever token or address it comes with."""

    def __init__(self, rate: RequestRate, *, salt: bytes) -> None:
        self._rate = rate
        self._salt = salt

    def count(self, caller: Caller) -> Window | None:
        """Count one request; None when there is no limit. Raises RateLimitedError for one too many."""
        if caller.account is not None:
            return self._rate.count(f"account:{caller.account.id}")
        return self._rate.count(f"address:{hash_address(caller.address, self._salt)}")


def build_caller_rate(engine: sa.Engine, requests_per_minute: int, *, salt: bytes) -> CallerRate:
    """Web processes that share a PostgreSQL share the counts too; with SQLite there is one, which counts in memory."""
    if requests_per_minute == 0:
        return CallerRate(UnlimitedRequestRate(), salt=salt)
    if engine.dialect.name == "sqlite":
        return CallerRate(MemoryRequestRate(requests_per_minute), salt=salt)
    return CallerRate(SqlRequestRate(engine, "requests", requests_per_minute), salt=salt)
