"""Connections to SQLite and PostgreSQL, and the two ways to use one: :func:`transaction` and :func:`reading`.

Rules that every caller relies on:

* a write transaction on SQLite takes the write lock at once (``BEGIN IMMEDIATE``), so it never fails half-way with
  "database is locked" after having read; on PostgreSQL it runs at READ COMMITTED, where a conditional ``UPDATE`` waits
  for the row and looks at its newest version;
* nobody takes a second connection while holding one (with a bounded pool that is a deadlock); it raises RuntimeError;
* what is deleted from SQLite is overwritten (``secure_delete``).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

BUSY_TIMEOUT_MS = 30_000
"""How long a writer of another process is waited for before SQLite gives up."""

POOL_SIZE = 10
POOL_OVERFLOW = 10
POOL_TIMEOUT_S = 60.0

_READ_ONLY = "ocr_chat_read_only"
_WRITE_TURN = "ocr_chat_write_turn"
_held = threading.local()


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_engine(url: str) -> sa.Engine:
    """An engine for ``sqlite:///PATH`` or ``postgresql://…`` (psycopg 3); the folder of a SQLite file is made.

    Raises ValueError for another kind of database and for ``:memory:``, which several threads can't share.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _open_sqlite(parsed)
    if backend == "postgresql":
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=POOL_SIZE,
            max_overflow=POOL_OVERFLOW,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,
            # Its errors would quote what was to be stored.
            hide_parameters=True,
            connect_args={"options": "-c timezone=UTC", "connect_timeout": 10},
        )
    raise ValueError(f"DATABASE_URL must be a sqlite:/// or postgresql:// address, not {backend}.")


def _open_sqlite(url: sa.URL) -> sa.Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError("The SQLite database must be a file.")
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    # SQLite gives its log the same mode: password hashes are nobody else's business.
    path.touch(mode=0o600, exist_ok=True)
    engine = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        # SQLite's writers sleep and try again, and the unlucky ones starve: with 40 threads the slowest write took
        # 1.4 to 2.7 s, and 0.3 to 1 s when the threads of a process take turns.
        execution_options={_WRITE_TURN: threading.Lock()},
    )
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own BEGIN comes late and is DEFERRED; _begin_sqlite issues ours.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        # FULL: a job that was answered with 202 is there after a power cut too.
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _log_ahead(connection)


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


@retry(
    retry=retry_if_exception(_is_busy),
    wait=wait_random(0.01, 0.1),
    stop=stop_after_delay(BUSY_TIMEOUT_MS / 1000),
    reraise=True,
)
def _log_ahead(connection: sqlite3.Connection) -> None:
    """For this change SQLite waits for nobody: of several processes that open a new file, all but one would fail."""
    connection.execute("PRAGMA journal_mode=WAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") == "AUTOCOMMIT":
        return
    connection.exec_driver_sql("BEGIN" if options.get(_READ_ONLY, False) else "BEGIN IMMEDIATE")


@contextmanager
def transaction(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One write transaction: committed when the block ends, rolled back when it raises.

    Raises RuntimeError when this thread holds a connection already.
    """
    turn = engine.get_execution_options().get(_WRITE_TURN, nullcontext())
    with _only_connection(), turn, engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One read-only transaction; on SQLite it waits for no writer and sees one moment.

    Raises RuntimeError when this thread holds a connection already.
    """
    with _only_connection(), engine.connect().execution_options(**{_READ_ONLY: True}) as connection:
        yield connection


@contextmanager
def _only_connection() -> Iterator[None]:
    if getattr(_held, "connection", False):
        raise RuntimeError("This thread holds a database connection already; pass it on instead of taking another.")
    _held.connection = True
    try:
        yield
    finally:
        _held.connection = False


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT of the connection's dialect, which has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def scrub(engine: sa.Engine, *tables: sa.Table) -> bool:
    """Leave nothing readable of what was deleted: SQLite's log is emptied, PostgreSQL's ``tables`` are vacuumed.

    False where SQLite could not: a reader of an older moment keeps the log alive. Try again soon then.
    """
    with _only_connection(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "sqlite":
            is_busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
            return not is_busy
        for table in tables:
            connection.exec_driver_sql(f'VACUUM "{table.name}"')
        return True
