"""How a worker takes jobs, and why no page is ever counted twice.

A claim is a job with a *fencing token*, the number of times the job has been claimed. Everything that a worker writes
is conditional on the token still being the newest one, in the same transaction, so a worker that was believed dead
(stopped machine, long pause) can't count a page or end a job that somebody else has taken over.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import ReturningUpdate

from database.tables import IS_OPEN, job_pages, jobs
from service.job_record import JobRecord, JobState, PageState


@dataclass(frozen=True, slots=True)
class Claim:
    job: JobRecord
    token: int


@dataclass(frozen=True, slots=True)
class ReadPageOutcome:
    number: int
    engine: str
    tier: str
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedPageOutcome:
    """One failed try; ``is_final`` gives the page up."""

    number: int
    code: str
    message: str
    is_final: bool


PageOutcome = ReadPageOutcome | FailedPageOutcome


@dataclass(frozen=True, slots=True)
class JobEnding:
    """``state`` is DONE or FAILED; the error members go with FAILED."""

    state: JobState
    notices: tuple[str, ...]
    finished_at: datetime
    expires_at: datetime
    error_code: str | None = None
    error_message: str | None = None


class JobClaims:
    """The claims of one worker. ``lease_s`` is how long it may be silent before others take its jobs."""

    def __init__(self, worker_id: str, lease_s: float) -> None:
        self._worker_id = worker_id
        self._lease = timedelta(seconds=lease_s)

    def claim(
        self,
        connection: sa.Connection,
        limit: int,
        *,
        now: datetime,
        express_only: bool = False,
        waiting_since: datetime | None = None,
        left_since: datetime | None = None,
    ) -> list[Claim]:
        """Take up to ``limit`` waiting or orphaned jobs, first in the queue first.

        ``express_only`` leaves all but short and paid jobs to others, ``waiting_since`` those of the rest that came
        later than that, ``left_since`` all that came later than that. One statement: two workers never get the same
        job, and on PostgreSQL they don't wait for each other.
        """
        statement = _to_claim(express_only, waiting_since is not None, left_since is not None)
        values = {
            "limit": limit,
            "now": now,
            "waiting_since": waiting_since,
            "left_since": left_since,
            "worker": self._worker_id,
            "lease": now + self._lease,
        }
        if connection.dialect.name == "postgresql":
            # It would gather and sort all that wait, while its statistics are from a day when nobody waited.
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        rows = connection.execute(statement, values).mappings()
        claims = [Claim(JobRecord.from_row(row), row["claim_token"]) for row in rows]
        return sorted(claims, key=lambda claim: claim.job.queue_rank)

    def find_waiting_pages(self, connection: sa.Connection, job_id: str) -> list[tuple[int, int, int]]:
        """(number, starts, failures) of the pages that are still to be read, by number."""
        rows = connection.execute(_WAITING_PAGES, {"job": job_id})
        return [(row.number, row.starts, row.failures) for row in rows]

    def renew(self, connection: sa.Connection, claim: Claim, *, now: datetime) -> bool:
        """Lock the job's row and prolong the lease.

        False when the lease is lost: the job was cancelled, deleted or taken over, and nothing done for it counts.
        The other methods that write are called after it, in the same transaction.
        """
        values = {"job": claim.job.id, "token": claim.token, "lease": now + self._lease}
        return connection.execute(_RENEWAL, values).rowcount == 1

    def start_pages(self, connection: sa.Connection, claim: Claim, numbers: Sequence[int]) -> None:
        """Count a try of each page before it begins, so that one which kills its worker is noticed."""
        connection.execute(_START, {"job": claim.job.id, "numbers": numbers})

    def unstart_pages(self, connection: sa.Connection, claim: Claim, numbers: Sequence[int]) -> None:
        """Pages that were handed back untried."""
        connection.execute(
            sa.update(job_pages)
            .where(
                job_pages.c.job_id == claim.job.id,
                job_pages.c.number.in_(numbers),
                job_pages.c.state == PageState.WAITING,
            )
            .values(starts=job_pages.c.starts - 1)
        )

    def record_pages(self, connection: sa.Connection, claim: Claim, outcomes: Sequence[PageOutcome]) -> None:
        """Count each page once, however often it is told; pages of which the same is said are one statement."""
        alike: dict[PageOutcome, list[int]] = {}
        for outcome in outcomes:
            alike.setdefault(replace(outcome, number=0), []).append(outcome.number)
        read = failed = 0
        for outcome, numbers in alike.items():
            values = _to_values(outcome) | {"job": claim.job.id, "numbers": numbers}
            if isinstance(outcome, ReadPageOutcome):
                read += connection.execute(_SETTLEMENT, values).rowcount
            elif outcome.is_final:
                failed += connection.execute(_GIVING_UP, values).rowcount
            else:
                connection.execute(_FAILED_TRY, values)
        if read or failed:
            counts = {"job": claim.job.id, "settled": read + failed, "given_up": failed}
            connection.execute(_PROGRESS, counts)

    def end(self, connection: sa.Connection, claim: Claim, ending: JobEnding) -> None:
        """Move the job to its final state."""
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == claim.job.id)
            .values(
                state=ending.state,
                notices=json.dumps(ending.notices),
                worker_id=None,
                lease_until=None,
                finished_at=ending.finished_at,
                expires_at=ending.expires_at,
                error_code=ending.error_code,
                error_message=ending.error_message,
            )
        )

    def hand_back(self, connection: sa.Connection, claim: Claim) -> None:
        """Put the job back into the queue, at its old place, for anybody."""
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == claim.job.id, jobs.c.claim_token == claim.token, jobs.c.state == JobState.PROCESSING)
            .values(state=JobState.PENDING, worker_id=None, lease_until=None)
        )


# Statements are put together once: that takes as long as the database needs for them.

_TIME = jobs.c.lease_until.type
_WAITING_PAGES = (
    sa.select(job_pages.c.number, job_pages.c.starts, job_pages.c.failures)
    .where(job_pages.c.job_id == sa.bindparam("job"), job_pages.c.state == PageState.WAITING)
    .order_by(job_pages.c.number)
)
_RENEWAL = (
    sa.update(jobs)
    .where(
        jobs.c.id == sa.bindparam("job"),
        jobs.c.claim_token == sa.bindparam("token"),
        jobs.c.state == JobState.PROCESSING,
    )
    .values(lease_until=sa.bindparam("lease", type_=_TIME))
)

_OF_PAGES = (
    job_pages.c.job_id == sa.bindparam("job"),
    job_pages.c.number.in_(sa.bindparam("numbers", expanding=True)),
)
_START = sa.update(job_pages).where(*_OF_PAGES).values(starts=job_pages.c.starts + 1)
_OF_WAITING_PAGES = sa.update(job_pages).where(*_OF_PAGES, job_pages.c.state == PageState.WAITING)
_SETTLEMENT = _OF_WAITING_PAGES.values(
    state=PageState.READ,
    engine=sa.bindparam("read_by"),
    tier=sa.bindparam("read_at"),
    notices=sa.bindparam("said"),
    error_code=None,
    error_message=None,
)
_FAILED_TRY = _OF_WAITING_PAGES.values(
    failures=job_pages.c.failures + 1, error_code=sa.bindparam("code"), error_message=sa.bindparam("message")
)
_GIVING_UP = _FAILED_TRY.values(state=PageState.FAILED)
_PROGRESS = (
    sa.update(jobs)
    .where(jobs.c.id == sa.bindparam("job"))
    .values(
        pages_done=jobs.c.pages_done + sa.bindparam("settled"),
        pages_failed=jobs.c.pages_failed + sa.bindparam("given_up"),
    )
)


@cache
def _to_claim(express_only: bool, has_waiting_since: bool, has_left_since: bool) -> ReturningUpdate[Any]:
    now = sa.bindparam("now", type_=_TIME)
    waiting = sa.or_(
        jobs.c.state == JobState.PENDING,
        sa.and_(jobs.c.state == JobState.PROCESSING, jobs.c.lease_until < now),
    )
    chosen = (
        sa.select(jobs.c.id)
        .where(sa.text(f"jobs.{IS_OPEN}"), waiting)
        .order_by(jobs.c.queue_rank, jobs.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
    if express_only:
        chosen = chosen.where(jobs.c.is_express)
    elif has_waiting_since:
        moment = sa.bindparam("waiting_since", type_=_TIME)
        chosen = chosen.where(sa.or_(jobs.c.is_express, jobs.c.created_at <= moment))
    if has_left_since:
        chosen = chosen.where(jobs.c.created_at <= sa.bindparam("left_since", type_=_TIME))
    # A common table expression runs once; PostgreSQL may run a plain subquery, LIMIT and all, several times.
    first = chosen.with_for_update(skip_locked=True).cte("first")
    return (
        sa.update(jobs)
        .where(jobs.c.id.in_(sa.select(first.c.id)))
        .values(
            state=JobState.PROCESSING,
            claim_token=jobs.c.claim_token + 1,
            worker_id=sa.bindparam("worker"),
            lease_until=sa.bindparam("lease", type_=_TIME),
            started_at=sa.func.coalesce(jobs.c.started_at, now),
        )
        .returning(jobs)
    )


def _to_values(outcome: PageOutcome) -> dict[str, object]:
    if isinstance(outcome, ReadPageOutcome):
        return {"read_by": outcome.engine, "read_at": outcome.tier, "said": json.dumps(outcome.notices)}
    return {"code": outcome.code, "message": outcome.message}
