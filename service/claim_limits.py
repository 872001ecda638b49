"""How many jobs a worker takes from the queue, and which of them it leaves to others."""

from dataclasses import dataclass
from datetime import timedelta

POLL_S = 0.3
"""How soon a worker with room for more notices a job that another process accepted; of its own one it is told."""

PATIENCE = timedelta(seconds=2)
"""A busy worker leaves an ordinary job to idle ones for this long."""

_SPARE_JOBS = 4


@dataclass(frozen=True, slots=True)
class ClaimLimit:
    """``count`` jobs at most; ordinary ones only after waiting for ``patience``, any of them only for ``left_for``."""

    count: int
    express_only: bool
    patience: timedelta | None
    left_for: timedelta | None


def find_claim_limit(*, slots: int, free: int, idle: int, held: int, waiting: int) -> ClaimLimit | None:
    """None when there is no room for more.

    The worker reads ``slots`` pages at once, may hand out ``free`` more, of which ``idle`` would be begun at once, or
    nearly so; it holds ``held`` jobs, of which ``waiting`` pages are not yet handed out.
    """
    room = slots + _SPARE_JOBS - held
    if room + 2 * slots <= 0:
        return None
    is_hungry = waiting < free
    count = idle if is_hungry and idle else free
    return ClaimLimit(
        min(count, room) if room > 0 else count,
        express_only=room <= 0,
        patience=None if is_hungry else PATIENCE,
        left_for=timedelta(seconds=POLL_S) if is_hungry and not idle else None,
    )
