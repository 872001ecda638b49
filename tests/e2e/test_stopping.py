"""What is left when the server is told to stop."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEADLINE_S = 300.0


@pytest.mark.parametrize("told", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_stop_ends_well_and_leaves_no_temporary_files(
    told: signal.Signals, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    settings = {"PORT": "0", "DATA_DIR": str(tmp_path / "data"), "TMPDIR": str(temporary)}
    # Python does not set its own handler for SIGINT where it was ignored when the tests began.
    start = "import signal, sys, app; signal.signal(signal.SIGINT, signal.default_int_handler); sys.exit(app.main([]))"
    server = subprocess.Popen(
        [sys.executable, "-c", start],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if "Stop:" in line:
                break
        server.send_signal(told)
        said, _ = server.communicate(timeout=DEADLINE_S)
    finally:
        server.kill()
        server.wait()
    assert server.returncode == 0, said
    assert "Traceback" not in said
    left = [path for path in temporary.rglob("*") if path.is_file() or path.is_socket()]
    assert left == []
