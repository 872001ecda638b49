"""Job rows as the doors and the janitor need them. What a worker does with them is in :mod:`service.job_claims`.

Functions of :class:`JobStore` take the connection of the caller's transaction, so that a job and its credits change
together.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from database.tables import IS_OPEN, job_pages, jobs
from pipeline.options import OcrOptions
from service.job_record import JobRecord, JobState, PageRecord, PageState, options_to_json

AGEING_S = 300.0
"""A job of one class waits at most this much longer than an equally old one of the class before it."""

_OPEN = (JobState.PENDING, JobState.PROCESSING)
_IS_OPEN = sa.text(f"jobs.{IS_OPEN}")
_EXPRESS_PRIORITY = 0

# What every job asks for is put together once: that takes as long as the database needs for it.
_ADD_JOB, _ADD_PAGES = jobs.insert(), job_pages.insert()
_FIND = sa.select(jobs).where(jobs.c.id == sa.bindparam("job"))
_PAGES = sa.select(job_pages).where(job_pages.c.job_id == sa.bindparam("job")).order_by(job_pages.c.number)
_WAITING_PAGES = sa.select(sa.func.coalesce(sa.func.sum(jobs.c.page_count - jobs.c.pages_done), 0)).where(_IS_OPEN)


@dataclass(frozen=True, slots=True)
class NewJob:
    """``priority`` is 0 (paid), 1 (free) or 2 (anonymous); ``is_short`` a job whose caller waits for the answer."""

    id: str
    owner_id: str | None
    caller_key: str
    idempotency_key: str | None
    fingerprint: str
    options: OcrOptions
    source_name: str
    media_type: str
    suffix: str
    size_bytes: int
    page_numbers: range
    notices: tuple[str, ...]
    priority: int
    is_short: bool
    retain: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeyedJob:
    id: str
    fingerprint: str


class JobStore:
    def add(self, connection: sa.Connection, job: NewJob) -> None:
        """Raises sqlalchemy.exc.IntegrityError when the caller used the idempotency key before."""
        values = {
            "id": job.id,
            "owner_id": job.owner_id,
            "caller_key": job.caller_key,
            "idempotency_key": job.idempotency_key,
            "fingerprint": job.fingerprint,
            "state": JobState.PENDING,
            "options": options_to_json(job.options),
            "source_name": job.source_name,
            "media_type": job.media_type,
            "suffix": job.suffix,
            "size_bytes": job.size_bytes,
            "page_count": len(job.page_numbers),
            "notices": json.dumps(job.notices),
            "is_express": job.is_short or job.priority == _EXPRESS_PRIORITY,
            "weight": 2 ** (2 - job.priority),
            # One number orders the queue for good: nobody's place has to be computed again as time goes by.
            "queue_rank": job.created_at.timestamp() + job.priority * AGEING_S,
            "retain": job.retain,
            "created_at": job.created_at,
        }
        # As parameters: put together with its values, the statement would cost as much again as running it.
        connection.execute(_ADD_JOB, values)
        rows = [{"job_id": job.id, "number": number, "state": PageState.WAITING} for number in job.page_numbers]
        connection.execute(_ADD_PAGES, rows)

    def find(self, connection: sa.Connection, job_id: str) -> JobRecord | None:
        row = connection.execute(_FIND, {"job": job_id}).mappings().one_or_none()
        return None if row is None else JobRecord.from_row(row)

    def find_by_key(self, connection: sa.Connection, caller_key: str, idempotency_key: str) -> KeyedJob | None:
        query = sa.select(jobs.c.id, jobs.c.fingerprint).where(
            jobs.c.caller_key == caller_key, jobs.c.idempotency_key == idempotency_key
        )
        row = connection.execute(query).one_or_none()
        return None if row is None else KeyedJob(row.id, row.fingerprint)

    def list_of_owner(self, connection: sa.Connection, owner_id: str, limit: int) -> list[JobRecord]:
        """Newest first."""
        query = sa.select(jobs).where(jobs.c.owner_id == owner_id).order_by(jobs.c.created_at.desc()).limit(limit)
        return [JobRecord.from_row(row) for row in connection.execute(query).mappings()]

    def list_pages(self, connection: sa.Connection, job_id: str) -> list[PageRecord]:
        return [PageRecord.from_row(row) for row in connection.execute(_PAGES, {"job": job_id}).mappings()]

    def count_waiting_pages(self, connection: sa.Connection) -> int:
        """Pages of all jobs that are neither read nor given up."""
        return int(connection.execute(_WAITING_PAGES).scalar_one())

    def count_jobs(self, connection: sa.Connection) -> dict[str, int]:
        """Open jobs by state."""
        query = sa.select(jobs.c.state, sa.func.count()).where(_IS_OPEN).group_by(jobs.c.state)
        return {state: count for state, count in connection.execute(query)}

    def find_queue_position(self, connection: sa.Connection, record: JobRecord) -> int | None:
        """1 is next; None when the job isn't waiting."""
        if record.state is not JobState.PENDING:
            return None
        query = sa.select(sa.func.count()).where(
            _IS_OPEN, jobs.c.state == JobState.PENDING, jobs.c.queue_rank < record.queue_rank
        )
        return int(connection.execute(query).scalar_one()) + 1

    def cancel(self, connection: sa.Connection, job_id: str, *, now: datetime, expires_at: datetime) -> bool:
        """Move an open job to ``cancelled`` and fence its worker off. False when it had ended before."""
        statement = (
            sa.update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state.in_(_OPEN))
            .values(
                state=JobState.CANCELLED,
                claim_token=jobs.c.claim_token + 1,
                worker_id=None,
                lease_until=None,
                finished_at=now,
                expires_at=expires_at,
                error_code="job_cancelled",
                error_message="The job was cancelled.",
            )
        )
        return connection.execute(statement).rowcount == 1

    def delete(self, connection: sa.Connection, job_ids: Iterable[str]) -> None:
        """The rows with all they say; a worker that has such a job is fenced off."""
        chosen = list(job_ids)
        connection.execute(sa.delete(job_pages).where(job_pages.c.job_id.in_(chosen)))
        connection.execute(sa.delete(jobs).where(jobs.c.id.in_(chosen)))

    def expire_now(self, connection: sa.Connection, job_id: str, *, now: datetime) -> None:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(expires_at=now))

    def find_expired(self, connection: sa.Connection, now: datetime, limit: int) -> list[str]:
        query = sa.select(jobs.c.id).where(jobs.c.expires_at <= now).order_by(jobs.c.expires_at).limit(limit)
        return list(connection.execute(query).scalars())

    def find_states(self, connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, JobState]:
        """States of those of the jobs that exist."""
        query = sa.select(jobs.c.id, jobs.c.state).where(jobs.c.id.in_(job_ids))
        return {job_id: JobState(state) for job_id, state in connection.execute(query)}

    def find_overdue(self, connection: sa.Connection, created_before: datetime, limit: int) -> list[str]:
        """Open jobs whose upload has been here for too long."""
        query = (
            sa.select(jobs.c.id)
            .where(_IS_OPEN, jobs.c.created_at < created_before)
            .order_by(jobs.c.created_at)
            .limit(limit)
        )
        return list(connection.execute(query).scalars())

    def give_up_waiting_pages(self, connection: sa.Connection, job_id: str, *, code: str, message: str) -> bool:
        """Every page that was not read counts as failed, and whoever worked on the job is fenced off.

        The job goes back into the queue, where a worker finds nothing to read and ends it. False when there was
        nothing to give up.
        """
        connection.execute(sa.select(jobs.c.id).where(jobs.c.id == job_id).with_for_update())
        given_up = connection.execute(
            sa.update(job_pages)
            .where(job_pages.c.job_id == job_id, job_pages.c.state == PageState.WAITING)
            .values(state=PageState.FAILED, error_code=code, error_message=message)
        ).rowcount
        if not given_up:
            return False
        connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state.in_(_OPEN))
            .values(
                pages_done=jobs.c.pages_done + given_up,
                pages_failed=jobs.c.pages_failed + given_up,
                claim_token=jobs.c.claim_token + 1,
                lease_until=None,
                state=JobState.PENDING,
            )
        )
        return True
