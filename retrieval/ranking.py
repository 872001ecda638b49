"""Sentences and lines of the passages found, ranked by how likely they answer a question.

Shared words, closeness of meaning, the passage's rank and the kind of thing asked for are weighted and summed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.answer_kinds import AnswerKind
from retrieval.chunking import Unit
from retrieval.embedder import Closeness, Embedder
from retrieval.evidence import DocumentWords, names_somebody
from retrieval.forms import contains_kind
from retrieval.lexical import LexicalIndex
from retrieval.question import Question
from retrieval.search import Passage
from retrieval.terms import split_words, word_terms

_MIN_COMPARED, _MAX_COMPARED = 8, 24
_COMPARED_CHARS, _COMPARED_CHARS_ACROSS = 2000, 2400
"""No shared words tell which sentences are worth comparing with a question in another language: compare more."""
_WORDS_WEIGHT, _MEANING_WEIGHT, _PASSAGE_WEIGHT = 0.3, 0.5, 0.2
_CONTENT_WEIGHT, _MEANING_WEIGHT_ACROSS = 0.2, 0.8
_LEAST_PASSAGE_SPREAD = 0.35
_KIND_MALUS = {AnswerKind.PRICE: 0.3}
_OTHER_KIND_MALUS = 0.12
_TITLE_MALUS = 0.3
_LABEL = re.compile(r"([^:：\n]{2,40})[:：]\s*\S")
_LABEL_BONUS = 0.25


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer may be made of. ``units`` maps (document, page) to all units of that page, in order."""

    passages: tuple[Passage, ...]
    units: Mapping[tuple[str, int], Sequence[Unit]]
    lexical: LexicalIndex
    words: DocumentWords
    same_language: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may be the answer, and the passage that it was found in."""

    document_id: str
    page_number: int
    unit: Unit
    passage: Passage

    @property
    def page(self) -> tuple[str, int]:
        return self.document_id, self.page_number


@dataclass(frozen=True, slots=True)
class Ranked:
    """``score`` has no unit; ``fit`` and ``word_fits`` are the candidate's of :class:`Closeness`."""

    candidate: Candidate
    score: float
    fit: float
    word_fits: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The candidates, best first, and the words of the question that their ``word_fits`` belong to."""

    ranked: tuple[Ranked, ...]
    words: tuple[str, ...] = ()


def rank(question: Question, material: Material, embedder: Embedder) -> Ranking:
    """The best units of the passages; empty when there is none that was not quoted before."""
    candidates = _preselect(question, material, _collect(question, material))
    if not candidates:
        return Ranking(())
    closeness = embedder.compare(question.text, [candidate.unit.meaning for candidate in candidates])
    scores = _score(question, material, candidates, closeness)
    ranked = (
        Ranked(candidates[index], float(scores[index]), float(closeness.fits[index]), closeness.word_fits[index])
        for index in np.argsort(-scores, kind="stable")
    )
    return Ranking(tuple(ranked), closeness.words)


def repeats_question(question: Question, text: str) -> bool:
    """Whether all content words of the text, one at least, are words of the question."""
    asked = set(question.terms)
    words = [word for word in split_words(text) if not question.is_light(word)]
    return bool(words) and all(asked.issuperset(word_terms(word)) for word in words)


def _collect(question: Question, material: Material) -> list[Candidate]:
    """Each unit of the passages once, without those that were quoted before and are not wanted again."""
    seen: dict[tuple[str, int, int], Candidate] = {}
    for passage in material.passages:
        chunk = passage.chunk
        for unit in chunk.units:
            key = (chunk.document_id, chunk.page_number, unit.start)
            if key not in seen and not unit.is_heading and unit.text not in question.avoid:
                seen[key] = Candidate(chunk.document_id, chunk.page_number, unit, passage)
    return list(seen.values())


def _preselect(question: Question, material: Material, candidates: list[Candidate]) -> list[Candidate]:
    """The few worth the price of comparing meanings: some five CPU milliseconds for a hundred characters."""
    passages = _scaled([candidate.passage.score for candidate in candidates], least_spread=_LEAST_PASSAGE_SPREAD)
    words = _scaled(_coverages(question, material, candidates)) if material.same_language else passages
    left = _COMPARED_CHARS if material.same_language else _COMPARED_CHARS_ACROSS
    chosen: list[int] = []
    for index in np.argsort(-(words + passages), kind="stable")[:_MAX_COMPARED]:
        left -= len(candidates[index].unit.meaning)
        if left < 0 and len(chosen) >= _MIN_COMPARED:
            break
        chosen.append(int(index))
    return [candidates[index] for index in sorted(chosen)]


def _score(
    question: Question, material: Material, candidates: Sequence[Candidate], closeness: Closeness
) -> NDArray[np.float64]:
    passages = _scaled([candidate.passage.score for candidate in candidates], least_spread=_LEAST_PASSAGE_SPREAD)
    meanings = (_scaled(closeness.cosines) + _scaled(closeness.fits)) / 2
    bonus = np.array([_find_bonus(question, candidate.unit) for candidate in candidates])
    if not material.same_language:  # then the fit of the content words stands for words that are shared
        contents = _scaled(_fit_content(question, closeness))
        return _CONTENT_WEIGHT * contents + _MEANING_WEIGHT_ACROSS * meanings + _PASSAGE_WEIGHT * passages + bonus
    words = _scaled(_coverages(question, material, candidates))
    labels = np.array([_LABEL_BONUS * _is_labelled(question, candidate.unit) for candidate in candidates])
    return _WORDS_WEIGHT * words + _MEANING_WEIGHT * meanings + _PASSAGE_WEIGHT * passages + bonus + labels


def _fit_content(question: Question, closeness: Closeness) -> NDArray[np.float32]:
    """How well each text fits the question's words, the grammatical ones left out; the whole fit where none is left."""
    content = find_content(question, closeness.words)
    return closeness.word_fits[:, content].mean(axis=1) if content else closeness.fits


def find_content(question: Question, words: Sequence[str]) -> list[int]:
    """The places of the words, as the embedder cuts the question, that are not all grammar."""
    return [
        place for place, text in enumerate(words) if any(not question.is_grammar(word) for word in split_words(text))
    ]


def _is_labelled(question: Question, unit: Unit) -> bool:
    """Whether it is a label of the question's words with a value: "Report number: CV-118"."""
    label = _LABEL.match(unit.text)
    return label is not None and repeats_question(question, label[1])


def _find_bonus(question: Question, unit: Unit) -> float:
    """Negative for what lacks the kind of thing that is asked for, and for titles, which announce rather than tell."""
    kind = question.kind
    has_kind = names_somebody(unit.text, question.content_words) if kind is AnswerKind.PERSON else None
    missing = 0.0 if has_kind or contains_kind(kind, unit.text) else _KIND_MALUS.get(kind, _OTHER_KIND_MALUS)
    if has_kind is False:
        missing = _OTHER_KIND_MALUS
    return -missing - (_TITLE_MALUS if unit.is_title else 0.0)


def _coverages(question: Question, material: Material, candidates: Sequence[Candidate]) -> list[float]:
    terms = question.terms
    return [material.lexical.coverage(terms, candidate.unit.meaning) for candidate in candidates]


def _scaled(values: Sequence[float] | NDArray[np.float32], *, least_spread: float = 1e-6) -> NDArray[np.float64]:
    """The best is 1, the worst 0, or above where they differ by less than ``least_spread``."""
    numbers = np.asarray(values, dtype=np.float64)
    best = numbers.max()
    return 1 - (best - numbers) / max(float(best - numbers.min()), least_spread)
