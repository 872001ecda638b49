"""A SQLite installation with its files moves to PostgreSQL and S3, whatever interrupts it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench.s3_server import S3Server
from database.connect import open_engine
from database.tables import accounts, jobs, ledger_entries
from quota.audit import find_discrepancies
from service.job_files import JobFiles
from service.job_record import JobState
from service.migration import MigrationError, move
from service.wiring import Services
from tests.postgres import PostgresCluster
from tests.service.running_services import ANYONE, running, scripted, submit, wait

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def new_database(postgres: PostgresCluster) -> Iterator[str]:
    url = postgres.make_database(migrated=False)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def old_database(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'old.sqlite'}"


@pytest.fixture
def filled(tmp_path: Path, old_database: str) -> list[str]:
    """One job that is done, one that is half read, one that waits; in this order."""
    with running(tmp_path / "data", old_database, scripted()) as services:
        done = submit(services, 3)
        wait(services, done.id)
    with running(tmp_path / "data", old_database, scripted(seconds=0.2), shutdown_grace_s=0.0) as services:
        half = submit(services, 40)
        while services.jobs.get(ANYONE, half.id).record.pages_done < 2:
            time.sleep(0.02)
    with running(tmp_path / "data", old_database, scripted(), with_worker=False) as services:
        waiting = submit(services, 4)
    return [done.id, half.id, waiting.id]


def storage(tmp_path: Path) -> str:
    return str(tmp_path / "data" / "files")


def finish(tmp_path: Path, new_database: str, bucket_url: str, job_ids: list[str]) -> None:
    """At the new place every job ends well, each page once, and the ledger is right."""
    with running(tmp_path / "new", new_database, scripted(), storage_url=bucket_url) as services:
        views = [wait(services, job_id) for job_id in job_ids]
        assert [view.record.state for view in views] == [JobState.DONE] * 3
        assert [len(view.document.pages) for view in views] == [3, 40, 4]
        assert_paid(services, 47)
        # Numbers of rows go on after the copied ones.
        assert wait(services, submit(services, 1).id).record.state is JobState.DONE
        assert_paid(services, 48)


def assert_paid(services: Services, pages: int) -> None:
    with services.engine.connect() as connection:
        assert not find_discrepancies(connection)
        used = connection.execute(sa.text("SELECT sum(charged) FROM reservations")).scalar_one()
    assert used == pages


def test_open_jobs_go_on_at_the_new_place(
    tmp_path: Path, old_database: str, new_database: str, bucket_url: str, filled: list[str]
) -> None:
    moved = move(old_database, storage(tmp_path), new_database, bucket_url)
    assert (moved.rows["jobs"], moved.rows["job_pages"]) == (3, 47)
    assert moved.files == len(JobFiles(storage(tmp_path)).list("jobs")) > 0
    again = move(old_database, storage(tmp_path), new_database, bucket_url)
    assert again.was_done
    assert again.rows == moved.rows
    finish(tmp_path, new_database, bucket_url, filled)


def test_the_old_place_takes_nothing_more(
    tmp_path: Path, old_database: str, new_database: str, bucket_url: str, filled: list[str]
) -> None:
    with running(tmp_path / "data", old_database, scripted(seconds=0.5)) as services:
        move(old_database, storage(tmp_path), new_database, bucket_url)
        with pytest.raises(sa.exc.IntegrityError):
            submit(services, 1)
        states = [services.jobs.get(ANYONE, job_id).record.state for job_id in filled]
    assert states == [JobState.DONE, JobState.CANCELLED, JobState.CANCELLED]
    finish(tmp_path, new_database, bucket_url, filled)


def test_killed_in_the_middle_it_is_run_again(
    tmp_path: Path, old_database: str, new_database: str, bucket_url: str, s3: S3Server, filled: list[str]
) -> None:
    command = [sys.executable, "app.py", "migrate-data", "--to-database", new_database, "--to-storage", bucket_url]
    settings = {"DATABASE_URL": old_database, "DATA_DIR": str(tmp_path / "data")}
    environment = {**os.environ, **s3.settings, **settings}
    seen = set()
    for files_before_kill in (1, 20, 40):
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)
        while process.poll() is None and len(JobFiles(bucket_url).list("jobs")) < files_before_kill:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        seen.add(process.returncode)
    assert -signal.SIGKILL in seen
    finished = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "job_pages" in finished.stdout
    finish(tmp_path, new_database, bucket_url, filled)


def test_rows_of_an_interrupted_run_are_replaced_and_those_of_others_kept(
    tmp_path: Path, old_database: str, new_database: str, bucket_url: str, filled: list[str]
) -> None:
    move(old_database, storage(tmp_path), new_database, bucket_url)
    # As if it had died after the new database's commit and before the old one was closed.
    old = open_engine(old_database)
    with old.begin() as connection:
        connection.exec_driver_sql("DROP TRIGGER ocr_chat_moved")
        before = connection.execute(sa.select(sa.func.count()).select_from(ledger_entries)).scalar_one()
    old.dispose()
    moved = move(old_database, storage(tmp_path), new_database, bucket_url)
    assert not moved.was_done
    assert moved.rows["ledger_entries"] == before
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    with pytest.raises(MigrationError, match="another installation"):
        move(other, str(tmp_path / "nothing"), new_database, bucket_url)
    engine = open_engine(new_database)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(jobs)).scalar_one() == 3
        assert connection.execute(sa.select(sa.func.count()).select_from(accounts)).scalar_one() == 0
    engine.dispose()
