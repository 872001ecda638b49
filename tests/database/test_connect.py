"""What every caller of transaction() and reading() relies on."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.connect import insert_into, open_engine, reading, scrub, transaction, utc_now
from database.tables import accounts, credit_buckets, request_counters, tokens


def add_counter(connection: sa.Connection, key: str, expires_at: datetime | None = None) -> None:
    connection.execute(request_counters.insert().values(key=key, count=1, expires_at=expires_at or utc_now()))


def count(engine: sa.Engine) -> int:
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(request_counters)).scalar_one()


def test_a_block_that_raises_changes_nothing(engine: sa.Engine) -> None:
    def fail_after_writing() -> None:
        with transaction(engine) as connection:
            add_counter(connection, "a")
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_writing()
    assert count(engine) == 0


def test_holding_one_connection_nobody_takes_another(engine: sa.Engine) -> None:
    with transaction(engine), pytest.raises(RuntimeError, match="holds a database connection"), reading(engine):
        pass
    with reading(engine), pytest.raises(RuntimeError, match="holds a database connection"), transaction(engine):
        pass
    assert count(engine) == 0


def test_reading_does_not_wait_for_a_writer(database_url: str) -> None:
    writer, reader = open_engine(database_url), open_engine(database_url)
    with writer.begin() as connection:
        add_counter(connection, "a")
        assert count(reader) == 0
    assert count(reader) == 1
    writer.dispose()
    reader.dispose()


def test_times_come_back_in_utc(engine: sa.Engine) -> None:
    moment = datetime(2026, 7, 1, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with transaction(engine) as connection:
        add_counter(connection, "a", moment)
    with reading(engine) as connection:
        found = connection.execute(sa.select(request_counters.c.expires_at)).scalar_one()
        earlier = request_counters.c.expires_at < moment + timedelta(microseconds=1)
        assert connection.execute(sa.select(sa.func.count()).where(earlier)).scalar_one() == 1
    assert found == moment
    assert found.tzinfo is UTC


def test_a_time_without_zone_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.StatementError, match="without zone"), transaction(engine) as connection:
        add_counter(connection, "a", datetime(2026, 7, 1))


def test_foreign_keys_and_checks_hold(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as connection:
        connection.execute(
            tokens.insert().values(id="t", account_id="nobody", name="x", digest="d", created_at=utc_now())
        )
    with pytest.raises(sa.exc.IntegrityError), transaction(engine) as connection:
        connection.execute(credit_buckets.insert().values(id="b", scope="credits", used=-1))


def test_conflicts_are_settled_by_the_dialects_insert(engine: sa.Engine) -> None:
    row = {"id": "a" * 32, "email": "a@example.org", "plan": "free", "created_at": utc_now()}
    with transaction(engine) as connection:
        for _ in range(2):
            connection.execute(insert_into(connection, accounts).values(row).on_conflict_do_nothing())
    with reading(engine) as connection:
        assert len(connection.execute(sa.select(accounts)).all()) == 1


def test_deleted_text_is_not_left_in_the_sqlite_files(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with transaction(engine) as connection:
        connection.execute(sa.text("CREATE TABLE notes (text TEXT)"))
    with transaction(engine) as connection:
        connection.execute(
            sa.text("INSERT INTO notes VALUES (:text)"), [{"text": f"MARKER {n}" * 200} for n in range(50)]
        )
    assert any(b"MARKER" in path.read_bytes() for path in tmp_path.iterdir())
    with transaction(engine) as connection:
        connection.execute(sa.text("DELETE FROM notes"))
    scrub(engine)
    assert not any(b"MARKER" in path.read_bytes() for path in tmp_path.iterdir())
    engine.dispose()


def test_scrub_runs_on_both(engine: sa.Engine) -> None:
    scrub(engine, request_counters)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be"):
        open_engine(url)
