"""What a payer is told: what a job cost, what is used of how much, and why more is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from errors import QuotaExceededError
from quota.buckets import Level, Scope


@dataclass(frozen=True, slots=True)
class Usage:
    """``cost`` of one job, and where its payer stands: ``used`` (reserved credits included) of ``cap``.

    An account's numbers add up its month and its bought credits. ``cap`` and ``remaining`` are None when nothing is
    metered. ``resets_at`` is when the period's allowance comes back; None when there is no such allowance.
    """

    cost: int
    used: int
    cap: int | None
    remaining: int | None
    scope: Scope
    resets_at: datetime | None


def to_usage(levels: Sequence[Level], *, cost: int, metered: bool) -> Usage:
    return Usage(
        cost=cost,
        used=sum(level.used for level in levels),
        cap=sum(level.cap for level in levels) if metered else None,
        remaining=remaining(levels) if metered else None,
        scope=_deciding_scope(levels),
        resets_at=_resets_at(levels),
    )


def remaining(levels: Sequence[Level]) -> int:
    return sum(level.remaining for level in levels)


def to_error(levels: Sequence[Level], required: int) -> QuotaExceededError:
    """The 402 for ``required`` credits that the buckets don't have."""
    scope = _deciding_scope(levels)
    left, cap = remaining(levels), sum(level.cap for level in levels)
    next_period = levels[0].cap + remaining(levels[1:])
    return QuotaExceededError(
        f"This needs {_count(required)}; you have {left} of {cap} left{_PERIODS[scope]}.",
        remedy=_to_remedy(scope, _resets_at(levels) if required <= next_period else None),
        details={
            "used": sum(level.used for level in levels),
            "cap": cap,
            "scope": str(scope),
            "required": required,
            "remaining": left,
            "resets_at": _resets_at(levels),
        },
    )


_PERIODS = {Scope.ANONYMOUS_DAY: " today", Scope.ACCOUNT_MONTH: " this month", Scope.CREDITS: ""}


def _count(credits: int) -> str:
    return "1 credit" if credits == 1 else f"{credits} credits"


def _to_remedy(scope: Scope, helps_at: datetime | None) -> str:
    """``helps_at`` is when waiting helps; None when it never does."""
    if scope is Scope.ANONYMOUS_DAY:
        advice = "Sign up for a free account, which has more"
        return f"{advice}." if helps_at is None else f"{advice}, or come back tomorrow (UTC)."
    if helps_at is None:
        return "Buy credits."
    return f"Buy credits, or come back on {helps_at:%Y-%m-%d}, when the monthly ones return."


def _deciding_scope(levels: Sequence[Level]) -> Scope:
    """The bucket that pays last; bought credits only count for those who ever had some."""
    last = levels[-1]
    if last.bucket.scope is Scope.CREDITS and last.cap == 0:
        return levels[0].bucket.scope
    return last.bucket.scope


def _resets_at(levels: Sequence[Level]) -> datetime | None:
    return levels[0].bucket.resets_at if levels[0].cap > 0 else None
