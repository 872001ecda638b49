"""Whether passages answer a question at all, or only resemble it.

Three signs are weighted and summed (see :class:`retrieval.embedder.AnswerScale`): how well some sentence fits the whole
question, how far some sentence stands out from the others in matching its words, and how many these are, for a long
question never fits as well as a short one. The weights come from a logistic regression over questions of our own
(``training/train_answer_scale.py``).
"""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.embedder import AnswerScale
from retrieval.question import Question
from retrieval.ranking import Material, Ranking, find_content

_MIN_COVERAGE = 0.3
_MAX_LENGTH = 8
_TYPICAL_FIT = 0.71
"""The middle sentence's fit to a content word, the mean over questions and documents."""
_ENOUGH_TEXTS = 8


@dataclass(frozen=True, slots=True)
class Support:
    """What speaks for an answer.

    ``fit`` is the best of a sentence, 0..1. ``contrast`` is how much better than the middle sentence the best one
    matches a content word, their mean, -1..1. ``length`` is the number of content words, as a share of eight at most.
    """

    fit: float
    contrast: float
    length: float


def measure_support(question: Question, ranking: Ranking) -> Support:
    """``ranking`` must not be empty."""
    length = min(len(question.content_words), _MAX_LENGTH) / _MAX_LENGTH
    return Support(max(one.fit for one in ranking.ranked), _find_contrast(question, ranking), length)


def is_answered(question: Question, material: Material, ranking: Ranking, scale: AnswerScale | None) -> bool:
    """Without a scale (the model has none) shared words decide, and across languages nothing is refused."""
    if scale is None:
        return not material.same_language or _cover(question, material) >= _MIN_COVERAGE
    support = measure_support(question, ranking)
    if not material.same_language:
        return support.fit >= scale.across
    return float(np.dot(scale.weights, astuple(support))) >= scale.least


def _cover(question: Question, material: Material) -> float:
    """How many of the question's terms some passage has, 0..1."""
    return max(material.lexical.coverage(question.terms, passage.chunk.text) for passage in material.passages)


def _find_contrast(question: Question, ranking: Ranking) -> float:
    """Whatever it speaks of, a text matches any word a little: what counts is by how much one sentence does better.

    Where there are few different sentences, typical ones are added to compare with.
    """
    content = find_content(question, ranking.words)
    if not content:
        return 0.0
    different = {one.candidate.unit.text: one.word_fits[content] for one in ranking.ranked}
    fits: NDArray[np.float32] = np.array(list(different.values()))
    added = np.full((max(0, _ENOUGH_TEXTS - len(fits)), len(content)), _TYPICAL_FIT)
    return float((fits.max(axis=0) - np.median(np.concatenate([fits, added]), axis=0)).mean())
