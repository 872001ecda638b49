"""The schema is what tables.py says, from an empty database and when several processes start at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from database import tables
from database.connect import open_engine, reading, transaction
from database.migrate import find_revision, migrate, newest_revision


@pytest.fixture
def empty(empty_database_url: str):
    engine = open_engine(empty_database_url)
    yield engine
    engine.dispose()


def test_migrations_build_what_the_tables_say(empty: sa.Engine) -> None:
    assert find_revision(empty) is None
    migrate(empty)
    assert find_revision(empty) == newest_revision()
    with reading(empty) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, tables.metadata) == []


def test_constraints_have_the_same_names_as_in_the_tables(empty: sa.Engine) -> None:
    migrate(empty)
    inspector = sa.inspect(empty)
    for table in tables.metadata.sorted_tables:
        wanted = {str(each.name) for each in table.constraints if isinstance(each, sa.CheckConstraint)}
        assert {str(each["name"]) for each in inspector.get_check_constraints(table.name)} == wanted
        wanted = {str(each.name) for each in table.foreign_key_constraints}
        assert {str(each["name"]) for each in inspector.get_foreign_keys(table.name)} == wanted


def test_every_step_can_be_taken_alone(empty: sa.Engine) -> None:
    versions = Path(tables.__file__).parent / "versions"
    numbers = sorted(path.name.split("_")[0] for path in versions.glob("[0-9]*.py"))
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    for number in numbers:
        migrate(empty, number)
        assert find_revision(empty) == number


def test_migrating_again_keeps_the_rows(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(
            tables.accounts.insert().values(
                id="a" * 32, email="a@example.org", plan="free", created_at=sa.text("CURRENT_TIMESTAMP")
            )
        )
    migrate(engine)
    with reading(engine) as connection:
        assert connection.execute(sa.select(tables.accounts.c.email)).scalar_one() == "a@example.org"


def test_four_processes_start_at_once(empty_database_url: str) -> None:
    engines = [open_engine(empty_database_url) for _ in range(4)]
    failures: list[BaseException] = []

    def start(engine: sa.Engine) -> None:
        try:
            migrate(engine)
        except BaseException as failure:  # noqa: BLE001  (a thread's failure would be lost)
            failures.append(failure)

    threads = [threading.Thread(target=start, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {find_revision(engine) for engine in engines} == {newest_revision()}
    for engine in engines:
        engine.dispose()


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    for number in range(20):
        engines = [open_engine(f"sqlite:///{tmp_path / str(number)}.sqlite") for _ in range(8)]
        everybody = threading.Barrier(len(engines))

        def open_together(engine: sa.Engine, everybody: threading.Barrier = everybody) -> str:
            everybody.wait(60)
            with engine.connect() as connection:
                mode: str = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            engine.dispose()
            return mode

        with ThreadPoolExecutor(len(engines)) as pool:
            assert set(pool.map(open_together, engines)) == {"wal"}


def test_a_folder_name_with_a_percent_sign(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / '100%s' / 'x.sqlite'}")
    migrate(engine)
    assert find_revision(engine) == newest_revision()
    engine.dispose()
