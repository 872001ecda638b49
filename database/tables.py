"""Every table, once. Migrations in ``versions/`` make them; a test compares the two.

Times are UTC (:class:`UtcTime`), ids ``uuid4().hex``, credits and pages whole numbers.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.engine import Dialect

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment in UTC; takes and gives aware datetimes on both databases (SQLite keeps them without zone)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Raises ValueError for a datetime without zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without zone can't be stored.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""Type of a primary key that counts up; SQLite wants it to be called INTEGER."""

# --- accounts -------------------------------------------------------------------------------------------------

accounts = Table(
    "accounts",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("email", sa.String(254), nullable=False, unique=True),
    Column("password_hash", sa.String(255)),  # None: no signing in, tokens only
    Column("plan", sa.String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("disabled_at", UtcTime),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", sa.String(80), nullable=False),
    Column("digest", sa.String(64), nullable=False, unique=True),  # SHA-256, hexadecimal
    Column("sealed", sa.String(255)),  # the copy that the account page shows; None once revoked
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", sa.String(64), primary_key=True),  # SHA-256 of the session id, hexadecimal
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# --- quota ----------------------------------------------------------------------------------------------------

credit_buckets = Table(
    "credit_buckets",
    metadata,
    Column("id", sa.String(120), primary_key=True),  # quota.buckets writes it: scope, period, owner
    Column("scope", sa.String(20), nullable=False),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column(
        "granted", sa.BigInteger, nullable=False, server_default="0"
    ),  # bought credits; periods take their cap from settings
    Column("reserved", sa.BigInteger, nullable=False, server_default="0"),
    Column("used", sa.BigInteger, nullable=False, server_default="0"),
    Column("resets_at", UtcTime, index=True),  # None: never
    sa.CheckConstraint("granted >= 0 AND reserved >= 0 AND used >= 0", name="not_negative"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("job_id", sa.String(64), primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("credits", sa.BigInteger, nullable=False),
    Column("charged", sa.BigInteger),  # None until settled
    Column("pages", sa.Integer),  # pages really read; None until settled
    Column("reserved_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    sa.CheckConstraint("credits >= 0 AND (charged IS NULL OR (charged >= 0 AND charged <= credits))", name="in_range"),
    sa.Index("ix_reservations_account_id_settled_at", "account_id", "settled_at"),
    sa.Index(
        "ix_reservations_open",
        "reserved_at",
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    ),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("bucket_id", ForeignKey("credit_buckets.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("job_id", sa.String(64)),
    Column("payment_id", sa.String(200), unique=True),
    Column("kind", sa.String(16), nullable=False),  # quota.ledger.EntryKind
    Column("credits", sa.BigInteger, nullable=False),
    Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("job_id", "kind", "bucket_id"),
    sa.CheckConstraint("credits >= 0", name="not_negative"),
)

request_counters = Table(
    "request_counters",
    metadata,
    Column("key", sa.String(120), primary_key=True),
    Column("count", sa.Integer, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# --- jobs -----------------------------------------------------------------------------------------------------

IS_OPEN = "state IN ('pending', 'processing')"
"""Of a query on jobs that shall walk the index of those that have not ended; only literal values are recognised."""

jobs = Table(
    "jobs",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("owner_id", ForeignKey("accounts.id", ondelete="CASCADE")),  # None: anonymous, reachable by id
    Column("caller_key", sa.String(64), nullable=False),  # whose idempotency keys these are
    Column("idempotency_key", sa.String(200)),
    Column("fingerprint", sa.String(64), nullable=False),  # SHA-256 of content and options, hexadecimal
    Column("state", sa.String(12), nullable=False),  # service.job_record.JobState
    Column("options", sa.Text, nullable=False),  # JSON of OcrOptions
    Column("source_name", sa.Text, nullable=False),
    Column("media_type", sa.String(100), nullable=False),
    Column("suffix", sa.String(10), nullable=False),
    Column("size_bytes", sa.BigInteger, nullable=False),
    Column("page_count", sa.Integer, nullable=False),  # pages to read
    Column("pages_done", sa.Integer, nullable=False, server_default="0"),  # read or given up
    Column("pages_failed", sa.Integer, nullable=False, server_default="0"),
    Column("notices", sa.Text, nullable=False, server_default="[]"),  # JSON
    Column("is_express", sa.Boolean, nullable=False),  # short or paid: a worker has extra places for these
    Column("weight", sa.Integer, nullable=False),  # share of a worker's pages
    Column("queue_rank", sa.Double, nullable=False),  # lowest is next
    Column("retain", sa.Boolean, nullable=False),
    Column("claim_token", sa.Integer, nullable=False, server_default="0"),  # counts claims; an older one is fenced off
    Column("worker_id", sa.String(64)),
    Column("lease_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("started_at", UtcTime),
    Column("finished_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("error_code", sa.String(40)),
    Column("error_message", sa.Text),
    sa.UniqueConstraint("caller_key", "idempotency_key"),
    sa.CheckConstraint("pages_failed <= pages_done AND pages_done <= page_count", name="pages_in_range"),
    sa.Index(
        "ix_jobs_open",
        "queue_rank",
        "id",
        sqlite_where=sa.text(IS_OPEN),
        postgresql_where=sa.text(IS_OPEN),
    ),
    sa.Index("ix_jobs_owner_id_created_at", "owner_id", "created_at"),
    sa.Index("ix_jobs_expires_at", "expires_at"),
)

job_pages = Table(
    "job_pages",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", sa.Integer, primary_key=True, autoincrement=False),  # from 1
    Column("state", sa.String(8), nullable=False),  # service.job_record.PageState
    Column("starts", sa.Integer, nullable=False, server_default="0"),
    Column("failures", sa.Integer, nullable=False, server_default="0"),
    Column("engine", sa.String(80)),
    Column("tier", sa.String(8)),  # how it was really read, and so what it costs
    Column("error_code", sa.String(40)),
    Column("error_message", sa.Text),
    Column("notices", sa.Text, nullable=False, server_default="[]"),  # JSON
)

# --- chat -----------------------------------------------------------------------------------------------------

conversations = Table(
    "conversations",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcTime, nullable=False),
    sa.UniqueConstraint("job_id", "account_id"),
)

chat_messages = Table(
    "chat_messages",
    metadata,
    Column("id", serial, primary_key=True, autoincrement=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("role", sa.String(9), nullable=False),  # service.conversations.Role
    Column("content", sa.Text, nullable=False),
    Column("citations", sa.Text, nullable=False, server_default="[]"),  # JSON
    Column("refused", sa.Boolean, nullable=False),
    Column("engine", sa.String(120), nullable=False),  # what answered; "" for a question
    Column("created_at", UtcTime, nullable=False),
)

# --- corrections ----------------------------------------------------------------------------------------------

corrections = Table(
    "corrections",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("block_id", sa.String(40), primary_key=True),
    Column("piece", sa.Integer, primary_key=True, autoincrement=False),  # from 0; see pipeline.corrections
    Column("text", sa.Text, nullable=False),
    Column("corrected_at", UtcTime, nullable=False),
)
