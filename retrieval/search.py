"""Finding the passages that may answer a question: shared words and close meaning, weighted.

Both scores are scaled to 0..1 over the candidates and summed (words .4, meaning .6; measured in ``docs/``). A question
in another language or script than the text shares no words with it: then the meaning decides alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import Chunk
from retrieval.lexical import LexicalIndex

LEXICAL_WEIGHT = 0.4
CROSS_LANGUAGE_LEXICAL_WEIGHT = 0.1
_LEAST_COSINE_SPREAD = 0.06
_LEAST_WORDS_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that may answer; ``score`` is 0..1, ``cosine`` the question's to the chunk (None without a vector)."""

    chunk: Chunk
    score: float
    cosine: float | None


class PassageSearch:
    """Searches the chunks of one conversation: those of one document, or of several."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.chunks = tuple(chunks)
        self.lexical = LexicalIndex([chunk.text for chunk in chunks])

    def rank(
        self, question: str, cosines: Mapping[str, float], *, same_language: bool, limit: int = 8
    ) -> tuple[Passage, ...]:
        """The best passages, best first. ``cosines`` maps :attr:`Chunk.key`; chunks without one rank by words."""
        if not self.chunks:
            return ()
        words = _scaled(self.lexical.score(question), least_spread=_LEAST_WORDS_SPREAD)
        lowest = min(cosines.values(), default=0.0)
        closeness = np.array([cosines.get(chunk.key, lowest) for chunk in self.chunks], dtype=np.float32)
        meanings = _scaled(closeness, least_spread=_LEAST_COSINE_SPREAD)
        weight = LEXICAL_WEIGHT if same_language else CROSS_LANGUAGE_LEXICAL_WEIGHT
        if not cosines:
            weight = 1.0
        scores = weight * words + (1 - weight) * meanings
        order = np.argsort(-scores, kind="stable")[:limit]
        return tuple(
            Passage(self.chunks[index], float(scores[index]), cosines.get(self.chunks[index].key)) for index in order
        )


def _scaled(scores: NDArray[np.float32], *, least_spread: float) -> NDArray[np.float32]:
    """The best is 1, the worst 0, or above where they differ by less than ``least_spread``.

    Without that, the less likely page of a document of two would count as bad however little it lags behind.
    """
    best = scores.max()
    return 1 - (best - scores) / max(float(best - scores.min()), least_spread)
