"""What clients are told while the database is away."""

import sqlite3
from pathlib import Path

from tests.api.conftest import OpenDoor


def test_a_database_that_is_away_is_a_503_and_charges_nothing(open_door: OpenDoor, tmp_path: Path) -> None:
    door = open_door(worker_in_server=False, inline_max_pages=0)
    with sqlite3.connect(tmp_path / "door.sqlite") as database:
        database.execute("ALTER TABLE jobs RENAME TO away")
    for answer in (door.post(), door.get("ocr/" + "0" * 32 + "/")):
        assert answer.status_code == 503
        assert answer.json()["code"] == "unavailable"
        assert answer.headers["Retry-After"] == "5"
        assert "jobs" not in answer.json()["error"]
    with sqlite3.connect(tmp_path / "door.sqlite") as database:
        database.execute("ALTER TABLE away RENAME TO jobs")
        assert database.execute("SELECT count(*) FROM ledger_entries").fetchone() == (0,)
    assert door.post().status_code == 202


def test_probes_may_ask_for_headers_alone(open_door: OpenDoor) -> None:
    door = open_door()
    for probe in ("/livez", "/readyz"):
        answer = door.client.head(probe)
        assert (answer.status_code, answer.content) == (200, b"")
        assert door.client.get(probe).status_code == 200
