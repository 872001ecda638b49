"""Every error row of docs/api.md is reached by the curl that stands there."""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from tests.server import ROOT, RunningServer, start_server

ROW = re.compile(r"<!-- expect: (\d{3}) (\w+)(?: with ([^>]*?))? -->\n```bash\n(.*?)```", re.S)
ROWS = ROW.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
CONTRACT_STATUSES = {"400", "401", "402", "404", "409", "429", "503"}

pytestmark = pytest.mark.e2e


def rows_by_settings() -> dict[str, list[tuple[str, str, str]]]:
    grouped = defaultdict(list)
    for status, code, settings, command in ROWS:
        grouped[settings].append((status, code, command))
    return dict(grouped)


def check(server: RunningServer, status: str, code: str, command: str) -> None:
    finished = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**server.environment, "HOST": server.url},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    body = json.loads(finished.stdout)
    assert (str(body["status"]), body["code"]) == (status, code), body
    assert body["error"].endswith(".")
    if status == "402":
        assert isinstance(body["used"], int)
        assert isinstance(body["cap"], int)


def test_every_status_has_a_row() -> None:
    assert {status for status, *_ in ROWS} == CONTRACT_STATUSES


@pytest.mark.parametrize("row", rows_by_settings()[""], ids=lambda row: row[1])
def test_row(server: RunningServer, row: tuple[str, str, str]) -> None:
    check(server, *row)


@pytest.mark.parametrize("settings", [key for key in rows_by_settings() if key])
def test_row_with_settings(tmp_path: Path, settings: str) -> None:
    environment = dict(pair.split("=", 1) for pair in settings.split())
    with start_server(tmp_path, **environment) as server:
        for row in rows_by_settings()[settings]:
            check(server, *row)
