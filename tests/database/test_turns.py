"""Writers of one process take turns, those of other processes are waited for."""

import subprocess
import sys
import threading
from pathlib import Path

import sqlalchemy as sa

from database.connect import open_engine, reading, transaction, utc_now
from database.tables import request_counters

WRITERS, WRITES = 12, 25

WRITER = """
import sys
from tests.database.test_turns import write_many
from database.connect import open_engine
write_many(open_engine(sys.argv[1]), sys.argv[2])
"""


def write_many(engine: sa.Engine, key: str) -> None:
    """Count up a row by reading it and then writing it, which only holds when nobody writes in between."""
    with transaction(engine) as connection:
        connection.execute(request_counters.insert().values(key=key, count=0, expires_at=utc_now()))
    for _ in range(WRITES):
        with transaction(engine) as connection:
            lock = sa.select(request_counters.c["count"]).where(request_counters.c.key == "shared").with_for_update()
            seen = connection.execute(lock).scalar_one()
            connection.execute(
                sa.update(request_counters).where(request_counters.c.key == "shared").values(count=seen + 1)
            )


def start_shared(engine: sa.Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(request_counters.insert().values(key="shared", count=0, expires_at=utc_now()))


def read_shared(engine: sa.Engine) -> int:
    with reading(engine) as connection:
        query = sa.select(request_counters.c["count"]).where(request_counters.c.key == "shared")
        return int(connection.execute(query).scalar_one())


def test_threads(engine: sa.Engine) -> None:
    start_shared(engine)
    threads = [threading.Thread(target=write_many, args=(engine, f"writer{n}")) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_shared(engine) == WRITERS * WRITES


def test_processes(database_url: str) -> None:
    engine = open_engine(database_url)
    start_shared(engine)
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", WRITER, database_url]
    processes = [subprocess.Popen([*command, f"writer{n}"], cwd=root) for n in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert read_shared(engine) == 3 * WRITES
    engine.dispose()
