"""Jobs and their pages."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

time = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_jobs()
    op.create_table(
        "job_pages",
        sa.Column(
            "job_id",
            sa.String(32),
            sa.ForeignKey("jobs.id", ondelete="CASCADE", name="fk_job_pages_job_id"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("starts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("engine", sa.String(80)),
        sa.Column("tier", sa.String(8)),
        sa.Column("error_code", sa.String(40)),
        sa.Column("error_message", sa.Text),
        sa.Column("notices", sa.Text, nullable=False, server_default="[]"),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_job_pages"),
    )


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column(
            "owner_id", sa.String(32), sa.ForeignKey("accounts.id", ondelete="CASCADE", name="fk_jobs_owner_id")
        ),
        sa.Column("caller_key", sa.String(64), nullable=False),
        sa.Column("idempotency_key", sa.String(200)),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("options", sa.Text, nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("suffix", sa.String(10), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("page_count", sa.Integer, nullable=False),
        sa.Column("pages_done", sa.Integer, nullable=False, server_default="0"),
        sa.Column("pages_failed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("notices", sa.Text, nullable=False, server_default="[]"),
        sa.Column("is_express", sa.Boolean, nullable=False),
        sa.Column("weight", sa.Integer, nullable=False),
        sa.Column("queue_rank", sa.Double, nullable=False),
        sa.Column("retain", sa.Boolean, nullable=False),
        sa.Column("claim_token", sa.Integer, nullable=False, server_default="0"),
        sa.Column("worker_id", sa.String(64)),
        sa.Column("lease_until", time),
        sa.Column("created_at", time, nullable=False),
        sa.Column("started_at", time),
        sa.Column("finished_at", time),
        sa.Column("expires_at", time),
        sa.Column("error_code", sa.String(40)),
        sa.Column("error_message", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("caller_key", "idempotency_key", name="uq_jobs_caller_key_idempotency_key"),
        sa.CheckConstraint(
            "pages_failed <= pages_done AND pages_done <= page_count", name=op.f("ck_jobs_pages_in_range")
        ),
    )
    op.create_index("ix_jobs_state_queue_rank", "jobs", ["state", "queue_rank"])
    op.create_index("ix_jobs_owner_id_created_at", "jobs", ["owner_id", "created_at"])
    op.create_index("ix_jobs_expires_at", "jobs", ["expires_at"])
