"""Answers made of the document's own sentences: always available, never invented.

Sentences of the best passages are ranked by shared words, by meaning and by how good their passage is; fields of
receipts and forms are found by rules. When nothing found fits the question, there is no answer.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.chunking import Unit
from retrieval.embedder import Closeness, Embedder, FitFloor
from retrieval.evidence import DocumentWords, find_conflict, names_somebody
from retrieval.fields import asks_for_paper_date, find_field_names, find_labelled, is_missing
from retrieval.forms import contains_kind, find_field, is_form
from retrieval.lexical import LexicalIndex
from retrieval.question import AnswerKind, Question
from retrieval.search import Passage
from retrieval.terms import split_words, to_terms, word_terms

MAX_SENTENCES = 2
_MIN_COMPARED, _MAX_COMPARED = 8, 24
_COMPARED_CHARS, _COMPARED_CHARS_ACROSS = 2000, 2400
"""No shared words tell which sentences are worth comparing with a question in another language: compare more."""
_WORDS_WEIGHT, _MEANING_WEIGHT, _PASSAGE_WEIGHT = 0.3, 0.5, 0.2
_LEAST_PASSAGE_SPREAD = 0.35
_KIND_MALUS = {AnswerKind.PRICE: 0.3}
_OTHER_KIND_MALUS = 0.12
_TITLE_MALUS = 0.3
_MAX_LAG = 0.35
"""A second sentence that scores lower than the first by more than this rarely adds anything."""
_CHECKED_KINDS = {AnswerKind.PRICE: True, AnswerKind.DATE: False}
"""What is recognised so surely (True: in any language; else in English) that its absence speaks against a sentence."""
_LABEL_CHARS = 40
_LABEL = re.compile(r"([^:：\n]{2,40})[:：]\s*\S")
_LABEL_BONUS = 0.25
_MIN_SUBJECT_CHARS = 4
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "।", "؟", "۔")
_ROW_SHARE = 0.5
"""A table's row says too little for a comparison of meanings: words shared with it and its headings count instead."""
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


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Candidates, best first, and what :class:`Closeness` says of the question's words."""

    ranked: list["_Ranked"]
    word_fits: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A candidate with its score, and how well the question's words fit its (see :class:`Closeness`)."""

    candidate: _Candidate
    score: float
    fit: float


def find_quotes(question: Question, material: Material, embedder: Embedder) -> tuple[Quote, ...]:
    """One or two places that answer, the best first; empty when the documents do not answer."""
    if not material.passages:
        return ()
    if question.kind is AnswerKind.SUBJECT:
        return _find_subject(material)
    forms = _find_forms(material)
    field = _find_form_field(question, forms)
    if field or (forms and len(forms) == len(_find_pages(material)) and _lacks_field(question, forms)):
        return field
    return _find_sentences(question, material, embedder)


def _find_sentences(question: Question, material: Material, embedder: Embedder) -> tuple[Quote, ...]:
    ranking = _rank(question, material, embedder)
    ranked = _drop_other_kinds(question, material, ranking.ranked)
    if not ranked or not _is_on_topic(question, material, ranked, embedder.fit_floor):
        return ()
    if material.same_language and _asks_for_the_unknown(question, material, ranking, embedder.fit_floor):
        return ()
    if _is_contradicted(question, material, ranked[0].candidate):
        return ()
    limit = 1 if "\t" in ranked[0].candidate.unit.text else MAX_SENTENCES  # a table's row is an answer by itself
    shown = [one for one in ranked[:limit] if ranked[0].score - one.score <= _MAX_LAG]
    return tuple(_quote(question, one.candidate, material) for one in shown)


def _find_subject(material: Material) -> tuple[Quote, ...]:
    """How the first document begins: its first line and, where that is a title, its first sentence."""
    first = min(page for page in material.units if page[0] == material.passages[0].chunk.document_id)
    units = [unit for unit in material.units[first] if len(unit.text) >= _MIN_SUBJECT_CHARS]
    sentence = next((unit for unit in units if unit.text.rstrip().endswith(_SENTENCE_ENDS)), None)
    shown = dict.fromkeys(unit for unit in (*units[:1], sentence) if unit is not None)
    return tuple(_quote_units(first, [unit]) for unit in shown)


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
    wants_kind = not names and (question.kind is not AnswerKind.DATE or asks_for_paper_date(question))
    for page, units in list(forms.items())[:1] if wants_kind else ():
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
            if key not in seen and not unit.is_heading and unit.text not in question.avoid:
                seen[key] = _Candidate(chunk.document_id, chunk.page_number, unit, passage)
    return list(seen.values())


def _preselect(question: Question, material: Material, candidates: list[_Candidate]) -> list[_Candidate]:
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
    question: Question, material: Material, candidates: Sequence[_Candidate], closeness: Closeness
) -> NDArray[np.float64]:
    passages = _scaled([candidate.passage.score for candidate in candidates], least_spread=_LEAST_PASSAGE_SPREAD)
    meanings = (_scaled(closeness.cosines) + _scaled(closeness.fits)) / 2
    bonus = np.array([_find_bonus(question, candidate.unit) for candidate in candidates])
    if not material.same_language:
        return (_WORDS_WEIGHT + _MEANING_WEIGHT) * meanings + _PASSAGE_WEIGHT * passages + bonus
    words = _scaled(_coverages(question, material, candidates))
    labels = np.array([_LABEL_BONUS * _is_labelled(question, candidate.unit) for candidate in candidates])
    return _WORDS_WEIGHT * words + _MEANING_WEIGHT * meanings + _PASSAGE_WEIGHT * passages + bonus + labels


def _is_labelled(question: Question, unit: Unit) -> bool:
    """Whether it is a label of the question's words with a value: "Report number: CV-118"."""
    label = _LABEL.match(unit.text)
    return label is not None and _repeats(question, label[1])


def _repeats(question: Question, text: str) -> bool:
    """Whether all content words of the text, one at least, are words of the question."""
    asked = set(question.terms)
    words = [word for word in split_words(text) if not question.is_light(word)]
    return bool(words) and all(asked.issuperset(word_terms(word)) for word in words)


def _find_bonus(question: Question, unit: Unit) -> float:
    """Negative for what lacks the kind of thing that is asked for, and for titles, which announce rather than tell."""
    kind = question.kind
    has_kind = names_somebody(unit.text, question.content_words) if kind is AnswerKind.PERSON else None
    missing = 0.0 if has_kind or contains_kind(kind, unit.text) else _KIND_MALUS.get(kind, _OTHER_KIND_MALUS)
    if has_kind is False:
        missing = _OTHER_KIND_MALUS
    return -missing - (_TITLE_MALUS if unit.is_title else 0.0)


def _coverages(question: Question, material: Material, candidates: Sequence[_Candidate]) -> list[float]:
    terms = question.terms
    return [material.lexical.coverage(terms, candidate.unit.meaning) for candidate in candidates]


def _rank(question: Question, material: Material, embedder: Embedder) -> _Ranking:
    candidates = _preselect(question, material, _collect(question, material))
    if not candidates:
        return _Ranking([])
    closeness = embedder.compare(question.text, [candidate.unit.meaning for candidate in candidates])
    scores = _score(question, material, candidates, closeness)
    order = np.argsort(-scores, kind="stable")
    ranked = [_Ranked(candidates[index], float(scores[index]), float(closeness.fits[index])) for index in order]
    return _Ranking(ranked, closeness.word_fits)


def _drop_other_kinds(question: Question, material: Material, ranked: list[_Ranked]) -> list[_Ranked]:
    """What can be told by its looks to be no answer: a price without any money, a date without any time."""
    if not _CHECKED_KINDS.get(question.kind, question.language == "en" and material.same_language):
        return ranked
    if question.kind not in _CHECKED_KINDS:
        return ranked
    if not ranked or contains_kind(question.kind, _surroundings(ranked[0].candidate, material)):
        return ranked
    return [one for one in ranked if contains_kind(question.kind, one.candidate.unit.text)]


def _is_on_topic(question: Question, material: Material, ranked: Sequence[_Ranked], floor: FitFloor | None) -> bool:
    """Some sentence fits the question; words that question and passages share make up for a little."""
    terms = question.terms
    first = ranked[0].candidate.unit
    if first.headings and _share(question, first.meaning) >= _ROW_SHARE:
        return True
    covered = max(material.lexical.coverage(terms, passage.chunk.text) for passage in material.passages)
    if floor is None:
        return not material.same_language or covered >= _MIN_COVERAGE
    fit = max(one.fit for one in ranked) + _COVERAGE_HELP * min(covered, _ENOUGH_COVERAGE)
    return fit >= (floor.same_language if material.same_language else floor.cross_language)


def _asks_for_the_unknown(question: Question, material: Material, ranking: _Ranking, floor: FitFloor | None) -> bool:
    """Whether a content word of the question has no match in any passage, neither in letters nor in meaning.

    That is what is left of "Who is the mayor of Ely?" where the text only mentions Ely.
    """
    if floor is None or max(one.fit for one in ranking.ranked) >= floor.sure:
        return False
    said = {term for passage in material.passages for term in to_terms(passage.chunk.text)}
    classes = question.class_words
    weak = (word for text, fit in ranking.word_fits if fit < floor.word for word in split_words(text))
    return any(
        word not in classes and not question.is_grammar(word) and not said.issuperset(word_terms(word)) for word in weak
    )


def _share(question: Question, text: str) -> float:
    """How many of the question's content words the text has, 0..1."""
    said, words = set(to_terms(text)), question.content_words
    return sum(all(term in said for term in word_terms(word)) for word in words) / max(1, len(words))


def _is_contradicted(question: Question, material: Material, best: _Candidate) -> bool:
    if not material.same_language:
        return False
    surroundings = _surroundings(best, material)
    return find_conflict(question, best.unit.meaning, surroundings, material.words) is not None


def _surroundings(candidate: _Candidate, material: Material) -> str:
    """The unit between its neighbours on the page."""
    units = material.units[candidate.page]
    place = next(index for index, unit in enumerate(units) if unit.start == candidate.unit.start)
    return " ".join(unit.meaning for unit in units[max(0, place - 1) : place + 2])


def _quote(question: Question, candidate: _Candidate, material: Material) -> Quote:
    """The unit; a label takes the line below with it."""
    units = material.units[candidate.page]
    end = candidate.unit.end
    if _is_label(question, candidate.unit):
        end = next((unit.end for unit in units if unit.start >= end), end)
    return Quote(candidate.document_id, candidate.page_number, candidate.unit.start, end)


def _is_label(question: Question, unit: Unit) -> bool:
    """A line that ends with a colon, or a short one without a full stop that only repeats the question's words."""
    if unit.text.endswith((":", "：")):
        return True
    if len(unit.text) > _LABEL_CHARS or unit.is_title or unit.text.endswith(_SENTENCE_ENDS):
        return False
    return _repeats(question, unit.text)


def _scaled(values: Sequence[float] | NDArray[np.float32], *, least_spread: float = 1e-6) -> NDArray[np.float64]:
    """The best is 1, the worst 0, or above where they differ by less than ``least_spread``."""
    numbers = np.asarray(values, dtype=np.float64)
    best = numbers.max()
    return 1 - (best - numbers) / max(float(best - numbers.min()), least_spread)
