"""One index for the queue: with two, PostgreSQL sorts all that wait whenever its statistics were made on a quiet day."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_jobs_state_queue_rank", "jobs")
