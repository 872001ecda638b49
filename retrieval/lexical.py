"""Ranking by shared words: BM25 over stems and, for spelling variants and OCR slips, over character trigrams.

BM25 is the library bm25s (Lù 2024, "BM25S: orders of magnitude faster lexical search"); how rare a term is comes from
the documents at hand.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.terms import to_terms, to_trigrams

Scores = NDArray[np.float32]
_TRIGRAM_WEIGHT = 0.4


class LexicalIndex:
    """The texts of some chunks, in memory: a few milliseconds to build for a hundred."""

    def __init__(self, texts: Sequence[str]) -> None:
        terms = [to_terms(text) for text in texts]
        self._size = len(texts)
        self._frequencies = Counter(term for one in terms for term in set(one))
        self._stems = _build(terms)
        self._trigrams = _build([to_trigrams(text) for text in texts])

    def score(self, question: str) -> Scores:
        """How well each text matches, 0 or more, in the order of the texts."""
        stems = _score(self._stems, to_terms(question), self._size)
        return stems + _TRIGRAM_WEIGHT * _score(self._trigrams, to_trigrams(question), self._size)

    def coverage(self, terms: Mapping[str, float], text: str) -> float:
        """How much of the weighted terms the text has, 0..1; rare terms count more."""
        weights = {term: weight * self.rarity(term) for term, weight in terms.items()}
        total = sum(weights.values())
        present = set(to_terms(text))
        return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0

    def rarity(self, term: str) -> float:
        """Inverse document frequency: near 0 for a term of every text, higher the fewer texts have it."""
        return math.log(1 + (self._size + 0.5) / (self._frequencies[term] + 0.5))


def _build(tokens: list[list[str]]) -> Any | None:
    if not any(tokens):
        return None
    import bm25s

    index = bm25s.BM25(method="lucene")
    index.index(tokens, show_progress=False)
    return index


def _score(index: Any | None, terms: Sequence[str], size: int) -> Scores:
    known = [term for term in terms if index is not None and term in index.vocab_dict]
    if index is None or not known:
        return np.zeros(size, np.float32)
    return np.asarray(index.get_scores(known), dtype=np.float32)
