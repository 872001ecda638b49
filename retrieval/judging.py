"""Whether passages answer a question at all, or only resemble it.

Two signs are weighted and summed (see :class:`retrieval.embedder.AnswerScale`): how well some sentence fits the whole
question, and how well the page of the best one matches the question's least matched word. The weights come from a
logistic regression over questions of our own (``training/train_answer_scale.py``).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import AnswerScale
from retrieval.question import Question
from retrieval.ranking import Material, Ranking
from retrieval.terms import split_words, to_terms, word_terms

_MIN_COVERAGE = 0.3


@dataclass(frozen=True, slots=True)
class Support:
    """What speaks for an answer, 0..1 each: the best fit of a sentence, and the fit of the least matched word."""

    fit: float
    word: float


def measure_support(question: Question, ranking: Ranking) -> Support:
    """``ranking`` must not be empty."""
    return Support(max(one.fit for one in ranking.ranked), _match_least(question, ranking))


def is_answered(question: Question, material: Material, ranking: Ranking, scale: AnswerScale | None) -> bool:
    """Without a scale (the model has none) shared words decide, and across languages nothing is refused."""
    if scale is None:
        return not material.same_language or _cover(question, material) >= _MIN_COVERAGE
    support = measure_support(question, ranking)
    if not material.same_language:
        return support.fit >= scale.across
    return support.fit + scale.word * support.word >= scale.least


def _cover(question: Question, material: Material) -> float:
    """How many of the question's terms some passage has, 0..1."""
    return max(material.lexical.coverage(question.terms, passage.chunk.text) for passage in material.passages)


def _match_least(question: Question, ranking: Ranking) -> float:
    """How well the best sentence's page matches the least matched content word: 1 for words that it says.

    That is what is left of "Who is the mayor of Ely?" where the text only mentions Ely.
    """
    page = ranking.ranked[0].candidate.page
    there = [one for one in ranking.ranked if one.candidate.page == page]
    said = {term for one in there for term in to_terms(one.candidate.unit.meaning)}
    fits: NDArray[np.float32] = np.max([one.word_fits for one in there], axis=0)
    named = question.class_words
    matches: list[float] = []
    for text, fit in zip(ranking.words, fits, strict=True):
        words = [word for word in split_words(text) if not question.is_grammar(word)]
        if words and not any(word in named for word in words):
            is_said = all(said.issuperset(word_terms(word)) for word in words)
            matches.append(1.0 if is_said else float(fit))
    return min(matches, default=1.0)
