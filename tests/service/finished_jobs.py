"""Jobs to ask questions about."""

from typing import Any

from database.connect import utc_now
from errors import JobNotFinishedError, JobNotFoundError
from pipeline.options import OcrOptions
from service.callers import Account, Caller
from service.job_record import JobRecord, JobState, options_to_json

LEASE_JOB, RECEIPT_JOB, PENDING_JOB = "a" * 32, "b" * 32, "c" * 32


class FinishedJobs:
    """Knows three jobs of one account, one of them unfinished."""

    def __init__(self, owner: Account) -> None:
        self._owner = owner

    def require_done(self, caller: Caller, job_id: str) -> JobRecord:
        if job_id not in (LEASE_JOB, RECEIPT_JOB, PENDING_JOB):
            raise JobNotFoundError
        if caller.account is None or caller.account.id != self._owner.id:
            raise JobNotFoundError
        if job_id == PENDING_JOB:
            raise JobNotFinishedError
        return to_record(job_id, self._owner.id)


def to_record(job_id: str, owner_id: str | None) -> JobRecord:
    now = utc_now()
    return JobRecord(
        id=job_id,
        owner_id=owner_id,
        state=JobState.DONE,
        options=OcrOptions(),
        source_name="paper.pdf",
        media_type="application/pdf",
        suffix=".pdf",
        size_bytes=1,
        page_count=1,
        pages_done=1,
        pages_failed=0,
        notices=(),
        retain=True,
        is_express=True,
        weight=1,
        queue_rank=0.0,
        created_at=now,
        started_at=now,
        finished_at=now,
        expires_at=None,
        error_code=None,
        error_message=None,
    )


def to_row(job_id: str, owner_id: str) -> dict[str, Any]:
    return {
        "id": job_id,
        "owner_id": owner_id,
        "caller_key": "k",
        "fingerprint": "f",
        "state": "done",
        "options": options_to_json(OcrOptions()),
        "source_name": "paper.pdf",
        "media_type": "application/pdf",
        "suffix": ".pdf",
        "size_bytes": 1,
        "page_count": 1,
        "is_express": True,
        "weight": 1,
        "queue_rank": 0.0,
        "retain": True,
        "created_at": utc_now(),
    }
