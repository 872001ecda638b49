"""Any model that sentence-transformers can open, with the prefixes its family was trained with.

Importing the library takes seconds and some 500 MB; a model adds its size. Weights come from a folder, from the
library's cache, or are downloaded by it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from retrieval.embedder import AnswerScale, Closeness, EmbedderUnavailableError, Vectors

_BATCH_TEXTS = 16
_PREFIXES = (
    # part of the model's name, before a question, before a passage
    ("e5", "query: ", "passage: "),
    ("bge-small-en", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-base-en", "Represent this sentence for searching relevant passages: ", ""),
    ("bge-large-en", "Represent this sentence for searching relevant passages: ", ""),
    ("nomic-embed-text", "search_query: ", "search_document: "),
    ("snowflake-arctic-embed", "Represent this sentence for searching relevant passages: ", ""),
)


class SentenceTransformerEmbedder:
    """Not safe for two threads at once."""

    def __init__(self, name: str, model: Any) -> None:
        self._name = name
        self._model = model
        self._question_prefix, self._passage_prefix = find_prefixes(name)

    @classmethod
    def open(cls, model: str, *, threads: int = 1, cache_folder: Path | None = None) -> Self:
        """``model`` is a name of the hub or a folder. Raises EmbedderUnavailableError when it can't be had."""
        try:
            import torch
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise EmbedderUnavailableError("sentence-transformers is not installed.") from error
        torch.set_num_threads(threads)
        try:
            opened = SentenceTransformer(model, device="cpu", cache_folder=str(cache_folder) if cache_folder else None)
        except (OSError, ValueError) as error:
            raise EmbedderUnavailableError(
                f"The embedding model {model!r} can't be opened. Check EMBEDDER_MODEL, or leave it empty for the "
                "embedded one."
            ) from error
        return cls(model, opened)

    answer_scale: AnswerScale | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def dimension(self) -> int:
        return int(self._model.get_embedding_dimension())

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._passage_prefix + text for text in texts])

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        return self._embed([self._question_prefix + text for text in texts])

    def compare(self, question: str, texts: Sequence[str]) -> Closeness:
        cosines = self.embed_passages(texts) @ self.embed_questions([question])[0]
        return Closeness.of_cosines(cosines)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = self._model.encode(
            list(texts), batch_size=_BATCH_TEXTS, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def find_prefixes(model: str) -> tuple[str, str]:
    """What to put before a question and before a passage, judged by the model's name."""
    name = Path(model).name.casefold()
    for part, question, passage in _PREFIXES:
        if part in name.split("-") or name.startswith(part):
            return question, passage
    return "", ""
