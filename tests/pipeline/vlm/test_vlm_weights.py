"""The first use of a model: a download through huggingface-hub from a hub of our own, and what happens without one.

huggingface-hub reads its address when it is imported, so that each case has a process of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.pipeline.vlm.hub_server import serve_hub
from tests.server import ROOT, free_port

MODEL = "somebody/small-model"
FILES = {
    "config.json": b'{"model_type": "small"}',
    "model.safetensors": bytes(300_000),
    "README.md": b"# Not needed to read pages",
}
PROGRAM = """
import logging, sys, time
from errors import EngineUnavailableError
from pipeline.engines.vlm_weights import find_weights
logging.basicConfig(level=logging.INFO, format="%(message)s")
for model in sys.argv[2:]:
    try:
        folder = find_weights(model, cache_folder=sys.argv[1])
        print("found", sorted(path.name for path in folder.iterdir()))
    except EngineUnavailableError as error:
        print("refused", error)
"""


def run(address: str, cache: Path, *models: str) -> str:
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(cache), "NO_PROXY": "127.0.0.1"}
    environment.pop("HF_HUB_OFFLINE", None)
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(cache), *models],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
    )
    return finished.stdout + finished.stderr


def test_what_is_missing_is_downloaded_once(tmp_path: Path) -> None:
    with serve_hub(MODEL, FILES) as address:
        said = run(address, tmp_path, MODEL, "somebody/else")
    assert "found ['config.json', 'model.safetensors']" in said
    assert f"Downloading {MODEL} (0 MB)" in said
    assert "refused Hugging Face has no model somebody/else." in said
    # The hub is gone, the files are not.
    said = run(address, tmp_path, MODEL)
    assert "found" in said
    assert "Downloading" not in said


def test_without_a_network_the_answer_says_what_to_do(tmp_path: Path) -> None:
    said = run(f"http://127.0.0.1:{free_port()}", tmp_path, MODEL)
    assert f"refused The model {MODEL} is not on this machine and there is no connection" in said
    assert "copy the model's folder here" in said
