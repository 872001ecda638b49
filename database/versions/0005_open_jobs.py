"""The queue has an index of its own: a claim walks it from the front, however many jobs wait behind or have ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("state IN ('pending', 'processing')")


def upgrade() -> None:
    op.create_index(
        "ix_jobs_open", "jobs", ["queue_rank", "id"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN
    )
