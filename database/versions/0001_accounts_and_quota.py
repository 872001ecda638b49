"""Accounts, tokens, sessions; buckets of credits, reservations, the ledger; request counters."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

time = sa.DateTime(timezone=True)
serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_accounts()
    _make_quota()
    op.create_table(
        "request_counters",
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_request_counters"),
    )
    op.create_index("ix_request_counters_expires_at", "request_counters", ["expires_at"])


def _account_id(table: str, *, nullable: bool = False) -> sa.Column:
    key = sa.ForeignKey("accounts.id", ondelete="CASCADE", name=f"fk_{table}_account_id")
    return sa.Column("account_id", sa.String(32), key, nullable=nullable)


def _make_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("plan", sa.String(16), nullable=False),
        sa.Column("created_at", time, nullable=False),
        sa.Column("disabled_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("email", name="uq_accounts_email"),
    )
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), nullable=False),
        _account_id("tokens"),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("sealed", sa.String(255)),
        sa.Column("created_at", time, nullable=False),
        sa.Column("last_used_at", time),
        sa.Column("revoked_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
        sa.UniqueConstraint("digest", name="uq_tokens_digest"),
    )
    op.create_index("ix_tokens_account_id", "tokens", ["account_id"])
    op.create_table(
        "sessions",
        sa.Column("digest", sa.String(64), nullable=False),
        _account_id("sessions"),
        sa.Column("created_at", time, nullable=False),
        sa.Column("expires_at", time, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_sessions"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _make_quota() -> None:
    op.create_table(
        "credit_buckets",
        sa.Column("id", sa.String(120), nullable=False),
        sa.Column("scope", sa.String(20), nullable=False),
        _account_id("credit_buckets", nullable=True),
        sa.Column("granted", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("reserved", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("used", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("resets_at", time),
        sa.PrimaryKeyConstraint("id", name="pk_credit_buckets"),
        sa.CheckConstraint(
            "granted >= 0 AND reserved >= 0 AND used >= 0", name=op.f("ck_credit_buckets_not_negative")
        ),
    )
    op.create_index("ix_credit_buckets_account_id", "credit_buckets", ["account_id"])
    op.create_index("ix_credit_buckets_resets_at", "credit_buckets", ["resets_at"])
    op.create_table(
        "reservations",
        sa.Column("job_id", sa.String(64), nullable=False),
        _account_id("reservations", nullable=True),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("charged", sa.BigInteger),
        sa.Column("pages", sa.Integer),
        sa.Column("reserved_at", time, nullable=False),
        sa.Column("settled_at", time),
        sa.PrimaryKeyConstraint("job_id", name="pk_reservations"),
        sa.CheckConstraint(
            "credits >= 0 AND (charged IS NULL OR (charged >= 0 AND charged <= credits))",
            name=op.f("ck_reservations_in_range"),
        ),
    )
    op.create_index("ix_reservations_account_id_settled_at", "reservations", ["account_id", "settled_at"])
    unsettled = sa.text("settled_at IS NULL")
    op.create_index(
        "ix_reservations_open", "reservations", ["reserved_at"], sqlite_where=unsettled, postgresql_where=unsettled
    )
    bucket = sa.ForeignKey("credit_buckets.id", ondelete="CASCADE", name="fk_ledger_entries_bucket_id")
    op.create_table(
        "ledger_entries",
        sa.Column("id", serial, autoincrement=True, nullable=False),
        sa.Column("bucket_id", sa.String(120), bucket, nullable=False),
        sa.Column("job_id", sa.String(64)),
        sa.Column("payment_id", sa.String(200)),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("payment_id", name="uq_ledger_entries_payment_id"),
        sa.UniqueConstraint("job_id", "kind", "bucket_id", name="uq_ledger_entries_job_id_kind_bucket_id"),
        sa.CheckConstraint("credits >= 0", name=op.f("ck_ledger_entries_not_negative")),
    )
    op.create_index("ix_ledger_entries_bucket_id", "ledger_entries", ["bucket_id"])
