"""The vectors of all documents in one Chroma collection (one for each length of vectors, where that ever changed).

Only numbers, ids and page numbers go in: Chroma keeps deleted text in its files, so text never gets there. Chroma's
folder takes one writing process; several processes share a Chroma server instead (``open_index`` with a URL).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import numpy as np

from retrieval.chunking import Chunk
from retrieval.embedder import Embedder, Vectors
from retrieval.terms import join_spaceless

COLLECTION = "chunks"
_LEAST_LENGTH = 1e-9


@dataclass(frozen=True, slots=True)
class Match:
    """A chunk found by its vector; ``cosine`` is -1..1, higher is closer."""

    document_id: str
    chunk_number: int
    page_number: int
    cosine: float


class IndexUnavailableError(RuntimeError):
    """The index can't be opened, reached or read; the text says why."""


class VectorIndex:
    """Writes and reads vectors. One process writes; ``model`` names the embedder whose vectors are compared.

    Every method raises IndexUnavailableError when the index is damaged or its server away.

    A collection takes vectors of one length only, so each length has its own. None is ever dropped: several processes
    may share a server, and a collection that one of them drops is lost to all.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._opened: dict[int, Any] = {}

    @classmethod
    def open(cls, *, folder: Path | None = None, url: str = "") -> Self:
        """A Chroma server at ``url``, else the ``folder`` on this machine. Raises IndexUnavailableError."""
        import chromadb
        from chromadb.config import Settings

        with _telling("opened"):
            client = _connect(chromadb, Settings(anonymized_telemetry=False), folder, url)
            client.heartbeat()
        return cls(client)

    def add(self, chunks: Sequence[Chunk], embedder: Embedder) -> None:
        """Embed and store some chunks; doing it twice changes nothing."""
        if not chunks:
            return
        vectors = embedder.embed_passages([join_spaceless(chunk.text) for chunk in chunks])
        data: list[Any] = [
            {"document": chunk.document_id, "page": chunk.page_number, "chunk": chunk.number, "model": embedder.name}
            for chunk in chunks
        ]
        with _telling("written"):
            self._open(embedder.dimension).upsert(
                ids=[chunk.key for chunk in chunks], embeddings=vectors, metadatas=data
            )

    def search(self, document_ids: Sequence[str], question: Vectors, *, model: str, limit: int = 50) -> list[Match]:
        """The closest chunks of these documents, best first; ``question`` has shape (1, dimension) or (dimension,).

        Every chunk of theirs is compared. Chroma's own search walks a graph of all documents and finds what the filter
        lets through on its way: of the 50 closest among 800 chunks unlike the other 9,000 it missed one in three.
        """
        if not document_ids:
            return []
        target = np.asarray(question, np.float32).reshape(-1)
        with _telling("searched"):
            found = self._open(len(target)).get(
                where={"$and": [{"document": {"$in": list(document_ids)}}, {"model": model}]},
                include=["embeddings", "metadatas"],
            )
        vectors = np.asarray(found["embeddings"], np.float32).reshape(-1, len(target))
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(target)
        cosines = vectors @ target / np.maximum(lengths, _LEAST_LENGTH)
        places = ((int(at), found["metadatas"][at]) for at in np.argsort(-cosines, kind="stable")[:limit])
        return [Match(data["document"], data["chunk"], data["page"], float(cosines[at])) for at, data in places]

    def find_numbers(self, document_id: str, *, model: str) -> set[int]:
        """Numbers of the document's chunks that have a vector of this model."""
        where = {"$and": [{"document": document_id}, {"model": model}]}
        with _telling("read"):
            found = [collection.get(where=where, include=["metadatas"])["metadatas"] for collection in self._list()]
        return {data["chunk"] for rows in found for data in rows}

    def delete(self, document_id: str) -> None:
        """Forget a document; unknown ones are no error."""
        with _telling("written"):
            for collection in self._list():
                collection.delete(where={"document": document_id})

    def count(self) -> int:
        """How many vectors there are in all."""
        with _telling("read"):
            return sum(int(collection.count()) for collection in self._list())

    def _open(self, dimension: int) -> Any:
        if dimension not in self._opened:
            self._opened[dimension] = self._client.get_or_create_collection(
                f"{COLLECTION}-{dimension}", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
            )
        return self._opened[dimension]

    def _list(self) -> list[Any]:
        return [one for one in self._client.list_collections() if one.name.split("-")[0] == COLLECTION]

    def close(self) -> None:
        """Flush and let go of the folder or connection."""
        close = getattr(self._client, "close", None)
        if close is not None:
            close()


@contextmanager
def _telling(done: str) -> Iterator[None]:
    """Whatever Chroma stumbles over becomes an IndexUnavailableError."""
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    # AttributeError: so Chroma 1 reports that a database it failed to open before can't be opened again.
    except (ChromaError, httpx.HTTPError, ValueError, OSError, AttributeError) as error:
        raise IndexUnavailableError(f"The vector index can't be {done}: {error}") from error


def _connect(chromadb: Any, settings: Any, folder: Path | None, url: str) -> Any:
    if not url:
        if folder is None:
            raise ValueError("neither a folder nor a URL is given")
        folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(path=str(folder), settings=settings)
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 8000)
    return chromadb.HttpClient(host=parts.hostname or "localhost", port=port, ssl=secure, settings=settings)
