"""One collection of numbers: nothing of a document's text is ever written."""

import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from retrieval.chunking import Chunk, split_document
from retrieval.embedder import Closeness, Embedder, Vectors
from retrieval.index import IndexUnavailableError, VectorIndex
from retrieval.librarian import Librarian, build_shelf
from tests.retrieval.papers import GERMAN, LEASE, make_document


def fill(index: VectorIndex, embedder: Embedder) -> None:
    index.add(split_document(make_document(LEASE, document_id="lease")), embedder)
    index.add(split_document(make_document(GERMAN, document_id="club")), embedder)


def test_the_closest_chunks_of_the_documents_asked_for(index: VectorIndex, embedder: Embedder) -> None:
    fill(index, embedder)
    vector = embedder.embed_questions(["Are pets allowed?"])
    matches = index.search(["lease"], vector, model=embedder.name)
    assert {match.document_id for match in matches} == {"lease"}
    assert matches[0].page_number == 2
    assert [match.cosine for match in matches] == sorted((match.cosine for match in matches), reverse=True)
    both = index.search(["lease", "club"], vector, model=embedder.name)
    assert {match.document_id for match in both} == {"lease", "club"}
    assert index.search([], vector, model=embedder.name) == []
    assert index.search(["lease"], vector, model="another") == []


def test_adding_twice_changes_nothing(index: VectorIndex, embedder: Embedder) -> None:
    fill(index, embedder)
    count = index.count()
    fill(index, embedder)
    assert index.count() == count


class ShortVectors:
    """Another model: the letters a to h, counted."""

    name = "letters"
    dimension = 8
    answer_scale = None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return np.array([[text.count(letter) + 1 for letter in "abcdefgh"] for text in texts], np.float32)

    embed_questions = embed_passages

    def compare(self, question: str, texts: Sequence[str]) -> Closeness:
        return Closeness.of_cosines(np.ones(len(texts), np.float32))


def test_another_model_indexes_anew(index: VectorIndex, embedder: Embedder) -> None:
    fill(index, embedder)
    shelf = build_shelf([make_document(LEASE, document_id="lease")])
    librarian = Librarian(ShortVectors(), index)
    assert librarian.add_part(shelf, "lease") is False
    assert "$1,250.00" in librarian.ask(shelf, "How much is the monthly rent?").content
    index.delete("lease")
    assert index.find_numbers("lease", model=embedder.name) == set()
    Librarian(embedder, index).add(shelf, "lease")
    assert index.find_numbers("lease", model=embedder.name) == {chunk.number for chunk in shelf.search.chunks}


class NumberedVectors(ShortVectors):
    """Texts are numbers of rows of a fixed table."""

    dimension = 64

    def __init__(self, table: Vectors) -> None:
        self._table = table

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._table[[int(text) for text in texts]]

    embed_questions = embed_passages


def test_nothing_of_a_document_unlike_all_others_is_overlooked(index: VectorIndex) -> None:
    random = np.random.default_rng(0)
    alike = random.normal(size=64) * 2 + random.normal(size=(3000, 64)) * 0.8
    table = np.concatenate([alike, random.normal(size=(300, 64))]).astype(np.float32)
    numbered = NumberedVectors(table / np.linalg.norm(table, axis=1, keepdims=True))
    for start in range(0, len(table), 300):
        chunks = [Chunk(f"d{start}", row - start, 1, (), str(row)) for row in range(start, start + 300)]
        index.add(chunks, numbered)
    for row in range(3000, 3010):
        target = numbered.embed_questions([str(row)])
        cosines = numbered.embed_passages([str(row) for row in range(3000, 3300)]) @ target[0]
        found = index.search(["d3000"], target, model=numbered.name)
        assert [match.chunk_number for match in found] == np.argsort(-cosines, kind="stable")[:50].tolist()
        np.testing.assert_allclose([match.cosine for match in found], np.sort(cosines)[::-1][:50], atol=1e-5)


def test_a_document_is_forgotten_alone(index: VectorIndex, embedder: Embedder) -> None:
    fill(index, embedder)
    index.delete("lease")
    index.delete("never seen")
    assert index.find_numbers("lease", model=embedder.name) == set()
    assert index.find_numbers("club", model=embedder.name)


def test_no_text_reaches_the_disk(tmp_path: Path, embedder: Embedder) -> None:
    opened = VectorIndex.open(folder=tmp_path)
    opened.add(split_document(make_document(("Zaphodbeeblebrox owes Slartibartfast nine thousand.",))), embedder)
    opened.close()
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()).lower()
    assert written
    for word in (b"zaphod", b"slarti", b"thousand"):
        assert word not in written


def test_vectors_are_there_after_a_restart(tmp_path: Path, embedder: Embedder) -> None:
    first = VectorIndex.open(folder=tmp_path)
    fill(first, embedder)
    count = first.count()
    first.close()
    second = VectorIndex.open(folder=tmp_path)
    assert second.count() == count > 0
    second.close()


def test_no_server_is_an_error_that_says_so() -> None:
    with pytest.raises(IndexUnavailableError, match="index"):
        VectorIndex.open(url="http://127.0.0.1:9")


@pytest.mark.slow
def test_a_chroma_server_does_the_same(tmp_path: Path, embedder: Embedder) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        opened = open_when_ready(f"http://127.0.0.1:{port}")
        fill(opened, embedder)
        matches = opened.search(["lease"], embedder.embed_questions(["Are pets allowed?"]), model=embedder.name)
        assert matches[0].page_number == 2
        opened.delete("lease")
        assert opened.find_numbers("lease", model=embedder.name) == set()
        opened.close()
    finally:
        process.kill()
        process.wait()


def open_when_ready(url: str) -> VectorIndex:
    for _ in range(60):
        try:
            return VectorIndex.open(url=url)
        except IndexUnavailableError:
            time.sleep(0.5)
    raise AssertionError("the Chroma server did not start")
