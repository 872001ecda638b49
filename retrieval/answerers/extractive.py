"""Answers made of the document's own sentences: always available, never invented.

Sentences of the best passages are ranked by shared words, by meaning and by how good their passage is; fields of
receipts and forms are found by rules. When nothing found fits the question, there is no answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import Unit
from retrieval.embedder import Closeness, Embedder
from retrieval.evidence import DocumentWords, find_conflict
from retrieval.fields import find_field_names, find_labelled, is_missing
from retrieval.forms import contains_kind, find_field, is_form
from retrieval.lexical import LexicalIndex
from retrieval.question import AnswerKind, Question
from retrieval.search import Passage

MAX_SENTENCES = 2
_MAX_COMPARED = 12
_WORDS_WEIGHT, _MEANING_WEIGHT, _PASSAGE_WEIGHT = 0.3, 0.5, 0.2
_KIND_BONUS = 0.12
_MIN_COVERAGE = 0.3
_COVERAGE_HELP = 0.1
_ENOUGH_COVERAGE = 0.6


@dataclass(frozen=True, slots=True)
class Quote:
    """Neighbouring units of one page that answer: characters ``start`` to ``end`` of the page's text."""

    document_id: str
    page_number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Material:
    """What an answer may be made of. ``units`` maps (document, page) to all units of that page, in order."""

    passages: tuple[Passage, ...]
    units: Mapping[tuple[str, int], Sequence[Unit]]
    lexical: LexicalIndex
    words: DocumentWords
    same_language: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    document_id: str
    page_number: int
    unit: Unit
    passage: Passage

    @property
    def page(self) -> tuple[str, int]:
        return self.document_id, self.page_number


def find_quotes(question: Question, material: Material, embedder: Embedder) -> tuple[Quote, ...]:
    """One or two places that answer, the best first; empty when the documents do not answer."""
    if not material.passages:
        return ()
    forms = _find_forms(material)
    field = _find_form_field(question, forms)
    if field:
        return field
    if forms and len(forms) == len(_find_pages(material)) and _lacks_field(question, forms):
        return ()
    candidates = _preselect(question, material, _collect(question, material))
    if not candidates:
        return ()
    closeness = embedder.compare(question.text, [candidate.unit.text for candidate in candidates])
    scores = _score(question, material, candidates, closeness)
    order = np.argsort(-scores, kind="stable")
    if _is_off_topic(question, material, closeness, embedder) or _is_contradicted(
        question, material, candidates[int(order[0])]
    ):
        return ()
    return tuple(_quote(candidates[int(index)], material) for index in order[:MAX_SENTENCES])


_Lines = Mapping[tuple[str, int], Sequence[Unit]]


def _find_pages(material: Material) -> tuple[tuple[str, int], ...]:
    """The pages of the passages, those of the best passages first."""
    chunks = (passage.chunk for passage in material.passages)
    return tuple(dict.fromkeys((chunk.document_id, chunk.page_number) for chunk in chunks))


def _find_forms(material: Material) -> _Lines:
    pages = _find_pages(material)
    return {page: material.units[page] for page in pages if is_form(material.units[page])}


def _find_form_field(question: Question, forms: _Lines) -> tuple[Quote, ...]:
    """A field that the question names, else one of its kind; the latter on the best page only."""
    names = find_field_names(question.asked)
    for page, units in forms.items():
        for name in names:
            found = find_labelled(name, units)
            if found:
                return (_quote_units(page, found),)
    for page, units in () if names else list(forms.items())[:1]:
        found = find_field(question.kind, units)
        if found:
            return (_quote_units(page, found),)
    return ()


def _lacks_field(question: Question, forms: _Lines) -> bool:
    names = find_field_names(question.asked)
    return any(all(is_missing(name, units) for units in forms.values()) for name in names)


def _quote_units(page: tuple[str, int], units: Sequence[Unit]) -> Quote:
    return Quote(*page, units[0].start, units[-1].end)


def _collect(question: Question, material: Material) -> list[_Candidate]:
    """Each unit of the passages once, without those that were quoted before and are not wanted again."""
    seen: dict[tuple[str, int, int], _Candidate] = {}
    for passage in material.passages:
        chunk = passage.chunk
        for unit in chunk.units:
            key = (chunk.document_id, chunk.page_number, unit.start)
            if key not in seen and unit.text not in question.avoid:
                seen[key] = _Candidate(chunk.document_id, chunk.page_number, unit, passage)
    return list(seen.values())


def _preselect(question: Question, material: Material, candidates: list[_Candidate]) -> list[_Candidate]:
    """The few worth the price of comparing meanings: some seven CPU milliseconds each."""
    if len(candidates) <= _MAX_COMPARED:
        return candidates
    passages = _scaled([candidate.passage.score for candidate in candidates])
    words = _scaled(_coverages(question, material, candidates)) if material.same_language else passages
    order = np.argsort(-(words + passages), kind="stable")[:_MAX_COMPARED]
    return [candidates[index] for index in sorted(order)]


def _score(
    question: Question, material: Material, candidates: Sequence[_Candidate], closeness: Closeness
) -> NDArray[np.float64]:
    passages = _scaled([candidate.passage.score for candidate in candidates])
    meanings = (_scaled(closeness.cosines) + _scaled(closeness.fits)) / 2
    bonus = np.array([_kind_bonus(question.kind, candidate.unit.text) for candidate in candidates])
    if not material.same_language:
        return (_WORDS_WEIGHT + _MEANING_WEIGHT) * meanings + _PASSAGE_WEIGHT * passages + bonus
    words = _scaled(_coverages(question, material, candidates))
    return _WORDS_WEIGHT * words + _MEANING_WEIGHT * meanings + _PASSAGE_WEIGHT * passages + bonus


def _kind_bonus(kind: AnswerKind, text: str) -> float:
    return 0.0 if contains_kind(kind, text) else -_KIND_BONUS


def _coverages(question: Question, material: Material, candidates: Sequence[_Candidate]) -> list[float]:
    terms = question.terms
    return [material.lexical.coverage(terms, candidate.unit.text) for candidate in candidates]


def _is_off_topic(question: Question, material: Material, closeness: Closeness, embedder: Embedder) -> bool:
    """No sentence fits the question; words that question and passages share make up for a little."""
    terms = question.terms
    covered = max(material.lexical.coverage(terms, passage.chunk.text) for passage in material.passages)
    floor = embedder.fit_floor
    if floor is None:
        return material.same_language and covered < _MIN_COVERAGE
    fit = float(closeness.fits.max()) + _COVERAGE_HELP * min(covered, _ENOUGH_COVERAGE)
    return fit < (floor.same_language if material.same_language else floor.cross_language)


def _is_contradicted(question: Question, material: Material, best: _Candidate) -> bool:
    if not material.same_language:
        return False
    units = material.units[best.page]
    place = next(index for index, unit in enumerate(units) if unit.start == best.unit.start)
    surroundings = " ".join(unit.text for unit in units[max(0, place - 1) : place + 2])
    return find_conflict(question, best.unit.text, surroundings, material.words) is not None


def _quote(candidate: _Candidate, material: Material) -> Quote:
    """The unit; a form's label takes the line below with it."""
    units = material.units[candidate.page]
    end = candidate.unit.end
    if candidate.unit.text.endswith((":", "：")):
        end = next((unit.end for unit in units if unit.start >= end), end)
    return Quote(candidate.document_id, candidate.page_number, candidate.unit.start, end)


def _scaled(values: Sequence[float] | NDArray[np.float32]) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    spread = numbers.max() - numbers.min()
    return (numbers - numbers.min()) / spread if spread > 0 else np.zeros_like(numbers)
