"""Answers from receipts, invoices and forms: which of the papers is meant, and where on it the field stands.

A document may be a bundle, a receipt a page: then the page is found first, by what the question names (a shop, an
item, a day), and the field is read from that page alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retrieval.answer_kinds import AnswerKind
from retrieval.chunking import Unit
from retrieval.dates import find_days
from retrieval.embedder import Embedder
from retrieval.field_table import FieldName
from retrieval.fields import (
    ALL_FIELDS,
    asks_for_other_day,
    asks_for_paper_date,
    find_field_names,
    find_labelled,
    is_missing,
)
from retrieval.forms import find_field, is_form
from retrieval.letterheads import find_issuer
from retrieval.question import Question
from retrieval.ranking import Material
from retrieval.receipts import asks_for_time, asks_for_total, find_time, has_amount, is_receipt, read_item
from retrieval.subjects import find_subject, match_lines
from retrieval.terms import fold, is_spaceless
from retrieval.trades import is_trade

_HEAD_LINES = 4
_MATCHED = 0.5
_CLEARLY = 0.12
_SAID = 0.8
_NOTHING = 0.35
_ITEM_KINDS = frozenset({AnswerKind.PRICE, AnswerKind.AMOUNT, AnswerKind.COUNT, AnswerKind.TOTAL})
_NO_ITEMS = tuple(
    field
    for field in ALL_FIELDS
    if field.name in (FieldName.TAX, FieldName.SUBTOTAL, FieldName.CHANGE, FieldName.CASH, FieldName.PAYMENT)
)
_PAPER_KINDS = frozenset({AnswerKind.TOTAL, AnswerKind.DATE, AnswerKind.ISSUER})

PageKey = tuple[str, int]
Forms = Mapping[PageKey, Sequence[Unit]]


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """The units of ``page`` that answer; none when the forms surely do not answer."""

    page: PageKey | None
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class _Paper:
    """A page of the forms; ``matches`` says how well its lines match the subject's words, shape (lines, words)."""

    page: PageKey
    units: Sequence[Unit]
    matches: NDArray[np.float32]
    is_receipt: bool

    @property
    def said(self) -> NDArray[np.float32]:
        """The best match of each word on the page."""
        return self.matches.max(axis=0) if self.matches.size else np.zeros(0, np.float32)

    @property
    def score(self) -> float:
        """The mean match of the words."""
        return float(self.said.mean()) if self.said.size else 0.0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as it is put to forms. ``meant`` says that the papers are those that the question names."""

    question: Question
    names: tuple[FieldName, ...]
    subject: tuple[str, ...]
    meant: bool


def find_on_forms(question: Question, material: Material, embedder: Embedder) -> FormAnswer | None:
    """None leaves the question to the ranked sentences."""
    found = _find_pages(material)
    forms = _find_forms(material, found)
    if not forms:
        return None
    subject = find_subject(question)
    papers, meant = _choose(question, _match(subject, forms, embedder))
    asked = _Asked(question, find_field_names(question.asked), subject, meant)
    for paper, units in _look_up(asked, papers):
        if units:
            return FormAnswer(paper.page, units)
    is_all = all(page in forms for page in found)
    return FormAnswer(None, ()) if is_all and _is_absent(asked, papers) else None


def _find_pages(material: Material) -> tuple[PageKey, ...]:
    """The pages of the passages, those of the best passages first."""
    chunks = (passage.chunk for passage in material.passages)
    return tuple(dict.fromkeys((chunk.document_id, chunk.page_number) for chunk in chunks))


def _find_forms(material: Material, found: Sequence[PageKey]) -> Forms:
    """The forms among the pages found, and where one of them is a receipt, all other receipts."""
    forms = {page: material.units[page] for page in found if is_form(material.units[page])}
    if any(is_receipt(units) for units in forms.values()):
        others = (page for page in material.units if page not in forms)
        forms.update({page: material.units[page] for page in others if is_receipt(material.units[page])})
    return forms


def _match(subject: Sequence[str], forms: Forms, embedder: Embedder) -> list[_Paper]:
    receipts = {page: is_receipt(units) for page, units in forms.items()}
    lines = [unit for page, units in forms.items() if receipts[page] for unit in units]
    values = (
        match_lines(subject, lines, embedder).values if subject and lines else np.zeros((len(lines), 0), np.float32)
    )
    papers: list[_Paper] = []
    at = 0
    for page, units in forms.items():
        size = len(units) if receipts[page] else 0
        papers.append(_Paper(page, units, values[at : at + size], receipts[page]))
        at += size
    return papers


def _choose(question: Question, papers: Sequence[_Paper]) -> tuple[Sequence[_Paper], bool]:
    """The papers that the question means, best first, and whether it names them."""
    days = find_days(question.asked)
    dated = [paper for paper in papers if days and any(days & find_days(unit.text) for unit in paper.units)]
    among = [paper for paper in dated or papers if paper.is_receipt]
    scores = _weigh(among)
    best = max(scores, default=0.0)
    if best >= _MATCHED:
        close = [paper for paper, score in zip(among, scores, strict=True) if best - score < _CLEARLY]
        return close, True
    return (dated, True) if dated else (papers, False)


def _weigh(papers: Sequence[_Paper]) -> list[float]:
    """How well each paper matches the subject, 0..1: a word counts the less the more papers say it."""
    if not papers or not papers[0].said.size:
        return [0.0] * len(papers)
    said = np.array([paper.said for paper in papers])
    weights = 1 / np.maximum((said >= _MATCHED).sum(axis=0), 1)
    return [float(score) for score in said @ weights / weights.sum()]


def _look_up(asked: _Asked, papers: Sequence[_Paper]) -> list[tuple[_Paper, tuple[Unit, ...]]]:
    """What each paper answers, in the order of trust: a field's name, then an item, then the paper's own fields."""
    question = asked.question
    found = [(paper, find_labelled(name, paper.units, asked.subject)) for paper in papers for name in asked.names]
    if asked.names:
        return found
    if question.kind in _ITEM_KINDS and asked.meant and not asks_for_total(question):
        found.append((papers[0], _find_item(asked, papers[0])))
    elif question.kind in (AnswerKind.ANY, AnswerKind.PERSON) and papers[0].is_receipt and asked.subject:
        found.append((papers[0], _find_said(papers[0])))
    if _wants_paper(asked, papers[0]):
        # An invoice may have its sum on another page than the best one; each page has some date.
        own = papers[:1] if question.kind is AnswerKind.DATE or asked.meant else papers
        found += [(paper, _find_own(question, paper.units)) for paper in own]
    return found


def _wants_paper(asked: _Asked, paper: _Paper) -> bool:
    question = asked.question
    if question.kind is AnswerKind.DATE:
        named = asked.meant and paper.is_receipt and not asks_for_other_day(question)
        return named or asks_for_paper_date(question)
    if question.kind in (AnswerKind.PRICE, AnswerKind.AMOUNT):
        named = not asked.subject or (asked.meant and _is_head(paper))
        return paper.is_receipt and (named or asks_for_total(question))
    return question.kind in _PAPER_KINDS


def _is_head(paper: _Paper) -> bool:
    """Whether some of the subject's words stand in the head, which says whose receipt it is."""
    return bool(paper.matches.size) and float(_match_head(paper).max()) >= _SAID


def _match_head(paper: _Paper) -> NDArray[np.float32]:
    """The best match of each word in the first lines, as far as they are above the items."""
    head = next((at for at, unit in enumerate(paper.units) if has_amount(unit.text)), len(paper.units))
    return paper.matches[: max(1, min(head, _HEAD_LINES))].max(axis=0)


def _find_own(question: Question, units: Sequence[Unit]) -> tuple[Unit, ...]:
    if question.kind is AnswerKind.ISSUER:
        return find_issuer(units)
    kind = AnswerKind.DATE if question.kind is AnswerKind.DATE else AnswerKind.TOTAL
    found = find_field(kind, units)
    return find_time(units, found) if kind is AnswerKind.DATE and asks_for_time(question) else found


def _find_item(asked: _Asked, paper: _Paper) -> tuple[Unit, ...]:
    """The item that matches the words best which the head of the paper does not say.

    Where the head says them all, and names a kind of shop by them, the paper is meant as a whole.
    """
    if not paper.matches.size:
        return ()
    wanted = _match_head(paper) < _SAID
    least = _MATCHED
    if not wanted.any():
        if any(is_trade(word) for word in asked.subject):
            return ()
        wanted, least = np.ones_like(wanted), _SAID
    scores = paper.matches[:, wanted].mean(axis=1)
    for at in np.argsort(-scores, kind="stable"):
        if scores[at] < least:
            return ()
        is_field = any(field.label.search(fold(paper.units[at].text)) for field in _NO_ITEMS)
        item = () if is_field else read_item(paper.units, int(at))
        if item:
            return item
    return ()


def _find_said(paper: _Paper) -> tuple[Unit, ...]:
    """The one line that says all of the subject's words, with something behind them."""
    said = [at for at in range(len(paper.matches)) if paper.matches[at].min() >= _SAID]
    if len(said) != 1:
        return ()
    unit = paper.units[said[0]]
    item = read_item(paper.units, said[0])
    return item or ((unit,) if any(letter.isdigit() for letter in unit.text) else ())


def _is_absent(asked: _Asked, papers: Sequence[_Paper]) -> bool:
    """Whether the papers lack a field that is asked for, or have no line that speaks of the subject at all."""
    if any(all(is_missing(name, paper.units) for paper in papers) for name in asked.names):
        return True
    if asked.names or asked.question.kind in _PAPER_KINDS or not asked.subject:
        return False
    if any(is_spaceless(word) for word in asked.subject):  # what is left of such a question may be no word
        return False
    # "Which airport": the answer is one, so that the word alone says nothing.
    classes = asked.question.class_words
    counted = [at for at, word in enumerate(asked.subject) if word not in classes] or list(range(len(asked.subject)))
    return all(paper.is_receipt and float(paper.said[counted].mean()) < _NOTHING for paper in papers)
