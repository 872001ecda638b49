"""``python app.py migrate-data``: move an installation from SQLite and a folder to PostgreSQL and S3, losing no job.

1. Files are copied while the old installation may go on serving; what is there already is left alone.
2. The old database is locked for writing; what changed meanwhile is copied too, and all rows in one transaction of the
   new database, which is committed when every table has as many rows and the storage as many files and bytes.
3. The old database is closed: its open jobs are fenced off and it takes no new ones.

Killed at any moment it is simply run again: before the commit the new database is empty, after it the rows are
replaced by the old database's for as long as that one is not closed.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from database.connect import open_engine, transaction, utc_now
from database.migrate import migrate
from database.tables import jobs, metadata
from service.job_files import JobFiles
from service.job_record import JobState
from settings import Settings

_BATCH = 500
_CLOSED = "ocr_chat_moved"
_JOBS = "jobs"


class MigrationError(Exception):
    """What stands in the way, as a sentence for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Moved:
    """``rows`` by table; ``was_done`` when an earlier run had finished."""

    rows: Mapping[str, int]
    files: int
    bytes: int
    was_done: bool = False


def run_migration(settings: Settings, arguments: list[str]) -> int:
    """The command's exit status: 0 when everything has been moved."""
    parser = argparse.ArgumentParser(prog="app.py migrate-data", description=__doc__.split("\n\n")[0])
    parser.add_argument("--to-database", required=True, help="postgresql://… of an empty database")
    parser.add_argument("--to-storage", required=True, help="s3://bucket/prefix or a folder")
    chosen = parser.parse_args(arguments)
    storage = settings.storage
    try:
        moved = move(
            storage.effective_database_url, storage.effective_storage_url, chosen.to_database, chosen.to_storage
        )
    except (MigrationError, OSError, sa.exc.SQLAlchemyError) as error:
        print(f"Not moved, and nothing is lost: {error}\nRun the same command again.", file=sys.stderr)
        return 1
    for name, count in moved.rows.items():
        print(f"{name:20} {count:10} rows")
    print(f"{'files':20} {moved.files:10}  {moved.bytes / 1_000_000:.1f} MB")
    print("It had been moved before." if moved.was_done else "Moved; every count was compared.")
    secrets = storage.data_dir / "secrets.json"
    print(
        f"Set DATABASE_URL and STORAGE_URL to the new places, SERVER_KEY and PAYMENTS_KEY to what {secrets} holds,\n"
        "and start. Open jobs go on there; the search index fills itself again at the first question."
    )
    return 0


def move(from_database: str, from_storage: str, to_database: str, to_storage: str) -> Moved:
    """Raises MigrationError, OSError or SQLAlchemyError; then it may be run again."""
    old_engine, new_engine = open_engine(from_database), open_engine(to_database)
    if old_engine.dialect.name != "sqlite" or new_engine.dialect.name != "postgresql":
        raise MigrationError("A SQLite installation is moved to PostgreSQL; DATABASE_URL names the old one.")
    old_files, new_files = JobFiles(from_storage), JobFiles(to_storage)
    try:
        migrate(old_engine)
        migrate(new_engine)
        if not _is_closed(old_engine):
            copy_files(old_files, new_files)
        # Holding this transaction keeps every writer of the old installation waiting.
        with transaction(old_engine) as old:
            was_done = _has_marker(old)
            if not was_done:
                copy_files(old_files, new_files)
                _check_files(old_files, new_files)
            with new_engine.begin() as new:
                rows = _count_rows(new) if was_done else _replace_rows(old, new)
            sizes = new_files.list_sizes(_JOBS)
            if not was_done:
                _close(old)
        return Moved(rows, len(sizes), sum(size for size, _ in sizes.values()), was_done)
    finally:
        old_engine.dispose()
        new_engine.dispose()


def copy_files(old: JobFiles, new: JobFiles) -> None:
    """Copy what is missing or newer below ``jobs/``, and delete what is gone."""
    there = new.list_sizes(_JOBS)
    for key, (size, modified) in old.list_sizes(_JOBS).items():
        found = there.get(key)
        if found is None or found[0] != size or found[1] < modified:
            old.copy_to(new, key)
    wanted = {key: size for key, (size, _) in old.list_sizes(_JOBS).items()}
    for key in set(new.list_sizes(_JOBS)) - set(wanted):
        new.delete(key)


def _check_files(old: JobFiles, new: JobFiles) -> None:
    wanted, found = ({key: size for key, (size, _) in each.list_sizes(_JOBS).items()} for each in (old, new))
    if wanted != found:
        raise MigrationError(f"{len(wanted)} files there, {len(found)} here, or of other sizes.")


def _replace_rows(old: sa.Connection, new: sa.Connection) -> dict[str, int]:
    _refuse_strangers(old, new)
    tables = metadata.sorted_tables
    for table in reversed(tables):
        new.execute(sa.delete(table))
    for table in tables:
        result = old.execution_options(yield_per=_BATCH).execute(sa.select(table)).mappings()
        for rows in result.partitions(_BATCH):
            new.execute(table.insert(), [dict(row) for row in rows])
        _set_counter(new, table)
    wanted, found = _count_rows(old), _count_rows(new)
    if wanted != found:
        raise MigrationError(f"The counts differ: {wanted} there, {found} here.")
    return found


def _refuse_strangers(old: sa.Connection, new: sa.Connection) -> None:
    """Rows of an earlier run of ours are replaced; those of another installation never."""
    ours = set(old.execute(sa.select(metadata.tables["accounts"].c.id)).scalars())
    ours |= set(old.execute(sa.select(jobs.c.id)).scalars())
    theirs = set(new.execute(sa.select(metadata.tables["accounts"].c.id)).scalars())
    theirs |= set(new.execute(sa.select(jobs.c.id)).scalars())
    if theirs - ours:
        raise MigrationError("The new database holds accounts or jobs of another installation.")


def _set_counter(connection: sa.Connection, table: sa.Table) -> None:
    """Numbers go on after those that were copied."""
    column = table.autoincrement_column
    if column is None:
        return
    highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
    name = sa.func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(sa.select(sa.func.setval(name, highest, sa.false())))


def _count_rows(connection: sa.Connection) -> dict[str, int]:
    return {
        table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
    }


def _close(old: sa.Connection) -> None:
    """Whatever still runs on the old database can neither finish a job nor accept one."""
    old.execute(
        sa.update(jobs)
        .where(jobs.c.state.in_((JobState.PENDING, JobState.PROCESSING)))
        .values(
            state=JobState.CANCELLED,
            claim_token=jobs.c.claim_token + 1,
            worker_id=None,
            lease_until=None,
            finished_at=utc_now(),
            error_code="job_moved",
            error_message="The job was moved to another database.",
        )
    )
    old.exec_driver_sql(
        f"CREATE TRIGGER {_CLOSED} BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, 'moved to another database'); END"
    )


def _is_closed(engine: sa.Engine) -> bool:
    with engine.connect() as connection:
        return _has_marker(connection)


def _has_marker(old: sa.Connection) -> bool:
    query = sa.text("SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = :name")
    return bool(old.execute(query, {"name": _CLOSED}).scalar_one())
