"""The real embedded model, opened once for all tests of the folder."""

from pathlib import Path

import pytest

from retrieval.embedder import Embedder, EmbedderConfig, open_embedder
from retrieval.index import VectorIndex
from retrieval.librarian import Librarian


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return open_embedder(EmbedderConfig())


@pytest.fixture
def index(tmp_path: Path):
    opened = VectorIndex.open(folder=tmp_path / "chroma")
    yield opened
    opened.close()


@pytest.fixture
def librarian(embedder: Embedder, index: VectorIndex) -> Librarian:
    return Librarian(embedder, index)
