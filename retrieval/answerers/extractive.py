"""Answers made of the document's own sentences: always available, never invented.

Fields of receipts and forms are found by rules, anything else among the ranked sentences of the best passages. When
nothing found fits the question, there is no answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.answer_kinds import AnswerKind
from retrieval.answerers.form_answers import find_on_forms
from retrieval.chunking import Unit
from retrieval.embedder import Embedder
from retrieval.evidence import find_conflict
from retrieval.forms import contains_kind
from retrieval.judging import is_answered
from retrieval.question import Question
from retrieval.ranking import Candidate, Material, Ranking, rank, repeats_question

MAX_SENTENCES = 2
_MAX_LAG = 0.35
"""A second sentence that scores lower than the first by more than this rarely adds anything."""
_LABEL_CHARS = 40
_MIN_SUBJECT_CHARS = 4
_TITLE_CHARS = 60
_SENTENCE_ENDS = (".", "!", "?", "。", "！", "？", "।", "؟", "۔")


@dataclass(frozen=True, slots=True)
class Quote:
    """Neighbouring units of one page that answer: characters ``start`` to ``end`` of the page's text."""

    document_id: str
    page_number: int
    start: int
    end: int


def find_quotes(question: Question, material: Material, embedder: Embedder) -> tuple[Quote, ...]:
    """One or two places that answer, the best first; empty when the documents do not answer."""
    if not material.passages:
        return ()
    if question.kind is AnswerKind.SUBJECT:
        return _find_subject(material)
    on_form = find_on_forms(question, material, embedder)
    if on_form is not None:
        return () if on_form.page is None else (_quote_units(on_form.page, on_form.units),)
    return _find_sentences(question, material, embedder)


def _find_sentences(question: Question, material: Material, embedder: Embedder) -> tuple[Quote, ...]:
    ranking = _drop_other_kinds(question, material, rank(question, material, embedder))
    if not ranking.ranked:
        return ()
    best = ranking.ranked[0]
    if not is_answered(question, material, ranking, embedder.answer_scale):
        return ()
    if _is_contradicted(question, material, best.candidate):
        return ()
    limit = 1 if "\t" in best.candidate.unit.text else MAX_SENTENCES  # a table's row is an answer by itself
    shown = [one for one in ranking.ranked[:limit] if best.score - one.score <= _MAX_LAG]
    return tuple(_quote(question, one.candidate, material) for one in shown)


def _find_subject(material: Material) -> tuple[Quote, ...]:
    """How the first document begins: its first line and, where that is a title, its first sentence."""
    first = min(page for page in material.units if page[0] == material.passages[0].chunk.document_id)
    units = [unit for unit in material.units[first] if len(unit.text) >= _MIN_SUBJECT_CHARS]
    sentence = next((unit for unit in units if unit.text.rstrip().endswith(_SENTENCE_ENDS)), None)
    shown = dict.fromkeys(unit for unit in (*units[:1], sentence) if unit is not None)
    return tuple(_quote_units(first, [unit]) for unit in shown)


def _quote_units(page: tuple[str, int], units: Sequence[Unit]) -> Quote:
    return Quote(*page, units[0].start, units[-1].end)


def _drop_other_kinds(question: Question, material: Material, ranking: Ranking) -> Ranking:
    """Without what can be told by its looks to be no answer: for a price all without money, where the best has none.

    A time has no such looks: "when the frost ends" is one.
    """
    kind = question.kind
    if (
        kind is not AnswerKind.PRICE
        or not ranking.ranked
        or contains_kind(kind, _surroundings(ranking.ranked[0].candidate, material))
    ):
        return ranking
    return replace(ranking, ranked=tuple(one for one in ranking.ranked if contains_kind(kind, one.candidate.unit.text)))


def _is_contradicted(question: Question, material: Material, best: Candidate) -> bool:
    if not material.same_language:
        return False
    surroundings = _surroundings(best, material)
    return find_conflict(question, best.unit.meaning, surroundings, material.words) is not None


def _surroundings(candidate: Candidate, material: Material) -> str:
    """The unit between its neighbours on the page, under the page's titles; a short first line is one, too."""
    units = material.units[candidate.page]
    place = next(index for index, unit in enumerate(units) if unit.start == candidate.unit.start)
    titles = [unit for unit in units if unit.is_title or (unit is units[0] and len(unit.text) <= _TITLE_CHARS)]
    return " ".join(unit.meaning for unit in (*titles, *units[max(0, place - 1) : place + 2]))


def _quote(question: Question, candidate: Candidate, material: Material) -> Quote:
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
    return repeats_question(question, unit.text)
