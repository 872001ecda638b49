"""Whether what was found answers a question at all."""

from dataclasses import replace

import numpy as np
import pytest

from retrieval.chunking import Chunk, Unit
from retrieval.embedder import AnswerScale
from retrieval.evidence import DocumentWords
from retrieval.judging import is_answered, measure_support
from retrieval.lexical import LexicalIndex
from retrieval.question import read_question
from retrieval.ranking import Candidate, Material, Ranked, Ranking
from retrieval.search import Passage

TEXT = "The ferry to Ely leaves at nine."
QUESTION = read_question("Who is the mayor of Ely?")
SCALE = AnswerScale(weights=(1.0, 1.0, 0.1), least=0.85, across=0.7)


def make_material(*, same_language: bool) -> tuple[Material, Passage]:
    unit = Unit(0, len(TEXT), TEXT, "b1")
    passage = Passage(Chunk("d1", 0, 1, (unit,), TEXT), 1.0, 0.9)
    units = {("d1", 1): (unit,)}
    return Material((passage,), units, LexicalIndex([TEXT]), DocumentWords.of(TEXT), same_language), passage


def make_ranking(passage: Passage, fit: float, *mayor: float, repeated: bool = False) -> Ranking:
    """A sentence for each fit of the word "mayor"; all match the name of the town equally."""
    ranked: list[Ranked] = []
    for number, one in enumerate(mayor):
        unit = replace(passage.chunk.units[0], text=TEXT if repeated else f"{TEXT} ({number})")
        fits = np.array([0.9, 0.9, 0.9, one, 0.9, 0.8], np.float32)
        ranked.append(Ranked(Candidate("d1", 1, unit, passage), 1.0, fit - number / 100, fits))
    return Ranking(tuple(ranked), ("Who", "is", "the", "mayor", "of", "Ely?"))


def test_signs_of_an_answer() -> None:
    _, passage = make_material(same_language=True)
    support = measure_support(QUESTION, make_ranking(passage, 0.8, 0.6, *[0.5] * 7))
    assert support.fit == 0.8
    assert support.contrast == pytest.approx(0.05)  # of mayor 0.1, of Ely none
    assert support.length == 0.25


@pytest.mark.parametrize(("count", "repeated"), [(1, False), (5, True)])
def test_few_sentences_stand_out_from_typical_ones(count: int, *, repeated: bool) -> None:
    _, passage = make_material(same_language=True)
    support = measure_support(QUESTION, make_ranking(passage, 0.8, *[0.9] * count, repeated=repeated))
    assert support.contrast == pytest.approx(0.14)


@pytest.mark.parametrize(
    ("fit", "mayor", "same_language", "answered"),
    [
        (0.8, 0.9, True, True),
        (0.8, 0.5, True, False),
        (0.5, 0.9, True, False),
        (0.71, 0.1, False, True),
        (0.69, 0.9, False, False),
    ],
)
def test_the_sum_decides(fit: float, mayor: float, same_language: bool, answered: bool) -> None:
    material, passage = make_material(same_language=same_language)
    ranking = make_ranking(passage, fit, mayor, *[0.5] * 7)
    assert is_answered(QUESTION, material, ranking, SCALE) is answered


def test_without_a_scale_shared_words_decide() -> None:
    material, passage = make_material(same_language=True)
    ranking = make_ranking(passage, 0.0, 0.0)
    assert not is_answered(read_question("Which bird sings best?"), material, ranking, None)
    assert is_answered(read_question("When does the ferry to Ely leave?"), material, ranking, None)
