"""Every error row of docs/api.md is reached by the curl that stands there."""

import json
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from uuid import uuid4

import pytest

from tests.server import ROOT, RunningServer, start_server

ROW = re.compile(r"<!-- expect: (\d{3}) (\w+)(?: with ([^>]*?))? -->\n```bash\n(.*?)```", re.S)
ROWS = ROW.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8"))
# What the API's contract names in each row of its table of errors.
CONTRACT = {
    "400": {
        "no_file",
        "unsupported_type",
        "file_too_large",
        "broken_file",
        "encrypted_file",
        "too_many_pages",
        "unknown_tier",
        "unknown_language",
        "unknown_tool",
        "unknown_format",
        "invalid_field",
    },
    "401": {"missing_token", "invalid_token"},
    "402": {"quota_exceeded"},
    "404": {"job_not_found"},
    "409": {"job_not_finished", "job_failed"},
    "429": {"rate_limited"},
    "503": {"queue_full", "engine_unavailable"},
}

pytestmark = pytest.mark.e2e


def rows_by_settings() -> dict[str, list[tuple[str, str, str]]]:
    grouped = defaultdict(list)
    for status, code, settings, command in ROWS:
        grouped[settings].append((status, code, command))
    return dict(grouped)


def make_token(server: RunningServer) -> str:
    return server.create_account(f"{uuid4().hex}@example.com")


def check(server: RunningServer, status: str, code: str, command: str) -> None:
    finished = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**server.environment, "HOST": server.url, "TOKEN": make_token(server) if "$TOKEN" in command else ""},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    body = json.loads(finished.stdout)
    assert (str(body["status"]), body["code"]) == (status, code), body
    assert body["error"].endswith(".")
    if status == "402":
        assert all(isinstance(body[name], int) for name in ("used", "cap", "required"))
        assert body["scope"]
        assert "resets_at" in body


def test_every_row_of_the_contract_is_here() -> None:
    assert {status for status, *_ in ROWS} == set(CONTRACT)
    for status, codes in CONTRACT.items():
        assert codes <= {code for row_status, code, *_ in ROWS if row_status == status}


@pytest.mark.parametrize("row", rows_by_settings()[""], ids=lambda row: row[1])
def test_row(server: RunningServer, row: tuple[str, str, str]) -> None:
    check(server, *row)


@pytest.mark.parametrize("settings", [key for key in rows_by_settings() if key])
def test_row_with_settings(tmp_path: Path, settings: str) -> None:
    environment = dict(pair.split("=", 1) for pair in settings.split())
    with start_server(tmp_path, **environment) as server:
        for row in rows_by_settings()[settings]:
            check(server, *row)
