"""Fits the weights by which chat decides whether a document answers a question.

    python -m training.train_answer_scale bench/chat_set/tuned bench/chat_set/varied ... [--held-out FOLDER]

Each folder holds ``docs.jsonl`` and ``questions.jsonl`` as :mod:`bench.chat_bench` describes them. Every question is
asked of its document; what :func:`retrieval.judging.measure_support` says of it becomes one sample, with "has an
answer" as its class, unless rules for forms answer it. Logistic regression (L2), judged over documents that the fit has
not seen. Printed are the :class:`retrieval.embedder.AnswerScale` for the wanted share of refused answerable questions,
and what it refuses.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.chat_bench import read_lines, to_document
from retrieval.answerers.extractive import find_quotes
from retrieval.embedder import AnswerScale, Closeness, Embedder, EmbedderConfig, open_embedder
from retrieval.index import VectorIndex
from retrieval.judging import measure_support
from retrieval.librarian import Librarian, Shelf, build_shelf
from retrieval.ranking import Material, rank

_PENALTY = 1.0
_FOLDS = 12
_ROUNDS = 30
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One question: its document, kind and class, its signs, and whether rules refuse it whatever they say."""

    document: str
    kind: str
    is_answerable: bool
    signs: tuple[float, float]
    same_language: bool
    refused_by_rule: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--held-out", type=Path, help="judge the result on this folder, too")
    parser.add_argument(
        "--refused", type=float, default=0.018, help="share of answerable questions that may be refused"
    )
    arguments = parser.parse_args()
    embedder = open_embedder(EmbedderConfig())
    samples = [sample for folder in arguments.folders for sample in read_folder(folder, embedder)]
    same = [sample for sample in samples if sample.same_language]
    print(f"{len(samples)} questions, {len(same)} of them in their document's language")
    scores = cross_validate(same)
    answerable = np.array([sample.is_answerable for sample in same])
    describe("documents not seen", same, scores, _find_least(scores[answerable], arguments.refused))
    weights = fit(same)
    plain = np.array([_score(weights, sample) for sample in same])
    least = _find_least(plain[answerable], arguments.refused)
    describe("all documents", same, plain, least)
    fit_weight, word_weight, constant = weights
    print(f"AnswerScale(word={word_weight / fit_weight:.3f}, least={(least - constant) / fit_weight:.3f})")
    if arguments.held_out:
        kept = [sample for sample in read_folder(arguments.held_out, embedder) if sample.same_language]
        describe(arguments.held_out.name, kept, np.array([_score(weights, sample) for sample in kept]), least)


def read_folder(folder: Path, embedder: Embedder) -> Iterator[Sample]:
    """Index the folder's documents and ask its questions, without those that rules for forms answer."""
    with tempfile.TemporaryDirectory() as index:
        librarian = Librarian(embedder, VectorIndex.open(folder=Path(index)))
        shelves = {entry["id"]: build_shelf([to_document(entry)]) for entry in read_lines(folder / "docs.jsonl")}
        for name, shelf in shelves.items():
            librarian.add(shelf, name)
        for entry in read_lines(folder / "questions.jsonl"):
            sample = _measure(librarian, shelves[entry["doc"]], entry, embedder)
            if sample is not None:
                yield sample
        librarian.close()


def _measure(librarian: Librarian, shelf: Shelf, entry: dict[str, str], embedder: Embedder) -> Sample | None:
    found = librarian.find(shelf, entry["question"])
    material = Material(found.passages, shelf.units, shelf.search.lexical, shelf.words, found.same_language)
    lenient = _FixedScale(embedder, least=-1.0)
    ranking = rank(found.question, material, lenient)
    if not ranking.ranked or find_quotes(found.question, material, _FixedScale(lenient, least=np.inf)):
        return None  # answered by the rules for forms, whatever the signs
    support = measure_support(found.question, ranking)
    return Sample(
        entry["doc"],
        entry["kind"],
        bool(entry["answerable"]),
        (support.fit, support.word),
        found.same_language,
        not find_quotes(found.question, material, lenient),
    )


class _FixedScale:
    """An embedder that takes everything for answered, or nothing; it remembers what it compared last."""

    def __init__(self, embedder: Embedder, least: float) -> None:
        self.answer_scale = AnswerScale(word=0.0, least=least, across=least)
        self._embedder = embedder
        self._last: tuple[tuple[str, ...], Closeness] | None = None
        self.name, self.dimension = embedder.name, embedder.dimension
        self.embed_passages, self.embed_questions = embedder.embed_passages, embedder.embed_questions

    def compare(self, question: str, texts: Sequence[str]) -> Closeness:
        key = (question, *texts)
        if self._last is None or self._last[0] != key:
            self._last = (key, self._embedder.compare(question, texts))
        return self._last[1]


def fit(samples: Sequence[Sample]) -> Numbers:
    """Weights of the two signs and a constant: Newton's method on the penalised log-likelihood."""
    kept = [sample for sample in samples if not sample.refused_by_rule]
    signs = np.array([[*sample.signs, 1.0] for sample in kept])
    spread = np.append(signs[:, :-1].std(axis=0), 1.0)
    scaled = signs / spread
    classes = np.array([sample.is_answerable for sample in kept], dtype=float)
    penalty = np.diag([_PENALTY, _PENALTY, 0.0])
    weights = np.zeros(3)
    for _ in range(_ROUNDS):
        expected = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (expected - classes) + penalty @ weights
        curvature = (scaled * (expected * (1 - expected))[:, None]).T @ scaled + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    return np.asarray(weights / spread)


def cross_validate(samples: Sequence[Sample], seed: int = 0) -> Numbers:
    """Each sample's score by weights that were fitted without its document; minus infinity where a rule refuses."""
    names = sorted({sample.document for sample in samples})
    np.random.default_rng(seed).shuffle(names)
    fold = {name: number % _FOLDS for number, name in enumerate(names)}
    scores = np.zeros(len(samples))
    for number in range(_FOLDS):
        weights = fit([sample for sample in samples if fold[sample.document] != number])
        for place, sample in enumerate(samples):
            if fold[sample.document] == number:
                scores[place] = _score(weights, sample)
    return scores


def _score(weights: Numbers, sample: Sample) -> float:
    return -np.inf if sample.refused_by_rule else float(np.dot(weights, [*sample.signs, 1.0]))


def _find_least(scores: Numbers, refused: float) -> float:
    """The score below which this share lies, those that rules refuse included."""
    return float(np.quantile(scores, refused, method="higher"))


def describe(title: str, samples: Sequence[Sample], scores: Numbers, least: float) -> None:
    """Print which share of each kind is refused."""
    refused = scores < least
    kinds = sorted({("answerable" if sample.is_answerable else sample.kind) for sample in samples})
    for kind in kinds:
        mask = np.array([("answerable" if sample.is_answerable else sample.kind) == kind for sample in samples])
        print(f"{title}: {kind} refused {refused[mask].mean():.3f} of {mask.sum()}")


if __name__ == "__main__":
    main()
