"""What a worker that stops does with the jobs it still holds."""

from collections.abc import Iterable

import sqlalchemy as sa
import structlog

from database.connect import transaction, utc_now
from service.held_job import HeldJob
from service.job_claims import JobClaims

_log = structlog.get_logger("worker")


def hand_back(engine: sa.Engine, claims: JobClaims, jobs: Iterable[HeldJob]) -> None:
    """Stop what still runs and put the jobs back into the queue; failing that, their leases run out by themselves."""
    jobs = sorted(jobs, key=lambda each: each.id)
    for held in jobs:
        held.stop()
    if not jobs:
        return
    try:
        with transaction(engine) as connection:
            for held in jobs:
                if claims.renew(connection, held.claim, now=utc_now()):
                    if not held.has_document:  # else its page is read again, for it has not been kept as such
                        claims.record_pages(connection, held.claim, held.outcomes)
                    claims.unstart_pages(connection, held.claim, list(held.in_flight))
                    claims.hand_back(connection, held.claim)
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        _log.warning("not_handed_back", error=type(error).__name__)
    for held in jobs:
        _log.info("job_handed_back", job_id=held.id, unread=len(held.failures))
