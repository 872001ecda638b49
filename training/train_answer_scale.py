"""Fits the weights by which chat decides whether a document answers a question.

    python -m training.train_answer_scale FOLDER ... [--held-out FOLDER ...] [--refused SHARE]

Each folder holds ``docs.jsonl`` and ``questions.jsonl`` as :mod:`bench.chat_bench` describes them. Every question is
asked of its document, and some of it of another document in the same language, which does not answer it. What
:func:`retrieval.judging.measure_support` says becomes one sample, with "has an answer" as its class, unless rules for
forms answer it. Questions that only look answered are left out of the fit: the signs can't tell them. Logistic
regression (L2), judged over documents that the fit has not seen. Printed are the
:class:`retrieval.embedder.AnswerScale` for the wanted share of refused answerable questions, and what it refuses.
"""

import argparse
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

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
_OFF_TOPIC_SHARE = 0.5
"""What the off-topic questions weigh together in the fit, with the answerable ones as 1."""
_STRANGERS = 3
_STRANGER = "another document's"
_FOLDS = 12
_ROUNDS = 30
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sample:
    """One question: its document, kind and class, its signs, and whether rules refuse it whatever they say."""

    document: str
    kind: str
    is_answerable: bool
    signs: tuple[float, ...]
    same_language: bool
    refused_by_rule: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--held-out", type=Path, nargs="*", default=[], help="judge the result on these folders, too")
    parser.add_argument("--refused", type=float, default=0.05, help="share of answerable questions that may be refused")
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
    scaled = ", ".join(f"{weight / weights[0]:.3f}" for weight in weights[:-1])
    print(f"AnswerScale(weights=({scaled}), least={(least - weights[-1]) / weights[0]:.3f})")
    for folder in arguments.held_out:
        kept = [sample for sample in read_folder(folder, embedder) if sample.same_language]
        describe(folder.name, kept, np.array([_score(weights, sample) for sample in kept]), least)


def read_folder(folder: Path, embedder: Embedder) -> Iterator[Sample]:
    """Index the folder's documents and ask its questions, without those that rules for forms answer."""
    with tempfile.TemporaryDirectory() as index:
        librarian = Librarian(embedder, VectorIndex.open(folder=Path(index)))
        documents = list(read_lines(folder / "docs.jsonl"))
        shelves = {entry["id"]: build_shelf([to_document(entry)]) for entry in documents}
        for name, shelf in shelves.items():
            librarian.add(shelf, name)
        questions = list(read_lines(folder / "questions.jsonl"))
        for entry in [*questions, *_choose_strangers(documents, questions)]:
            sample = _measure(librarian, shelves[entry["doc"]], entry, embedder)
            if sample is not None:
                yield sample
        librarian.close()


def _choose_strangers(
    documents: Sequence[Mapping[str, Any]], questions: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """For each document some questions that other documents in its language answer."""
    draw = random.Random(0)
    languages = {entry["id"]: entry["lang"] for entry in documents}
    pools: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for entry in questions:
        if entry["answerable"] and entry["lang"] == languages[entry["doc"]]:
            pools[entry["lang"]].append(entry)
    for name, language in languages.items():
        others = [entry for entry in pools[language] if entry["doc"] != name]
        for entry in draw.sample(others, min(_STRANGERS, len(others))):
            yield dict(entry, doc=name, kind=_STRANGER, answerable=False)


def _measure(librarian: Librarian, shelf: Shelf, entry: Mapping[str, Any], embedder: Embedder) -> Sample | None:
    found = librarian.find(shelf, entry["question"])
    material = Material(found.passages, shelf.units, shelf.search.lexical, shelf.words, found.same_language)
    lenient = _FixedScale(embedder, least=-1.0)
    ranking = rank(found.question, material, lenient)
    if not ranking.ranked or find_quotes(found.question, material, _FixedScale(lenient, least=np.inf)):
        return None  # answered by the rules for forms, whatever the signs
    return Sample(
        entry["doc"],
        entry["kind"],
        bool(entry["answerable"]),
        astuple(measure_support(found.question, ranking)),
        found.same_language,
        not find_quotes(found.question, material, lenient),
    )


class _FixedScale:
    """An embedder that takes everything for answered, or nothing; it remembers what it compared last."""

    def __init__(self, embedder: Embedder, least: float) -> None:
        self.answer_scale = AnswerScale(weights=(1.0, 0.0, 0.0), least=least, across=least)
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
    """Weights of the signs and a constant: Newton's method on the penalised log-likelihood."""
    kept = [sample for sample in samples if not sample.refused_by_rule and not _looks_answered(sample)]
    signs = np.array([[*sample.signs, 1.0] for sample in kept])
    spread = np.append(signs[:, :-1].std(axis=0), 1.0)
    scaled = signs / spread
    classes = np.array([sample.is_answerable for sample in kept], dtype=float)
    counts = np.where(classes > 0, 1.0, _OFF_TOPIC_SHARE * classes.sum() / max(1.0, (1 - classes).sum()))
    penalty = np.diag([_PENALTY] * (len(spread) - 1) + [0.0])
    weights = np.zeros(len(spread))
    for _ in range(_ROUNDS):
        expected = 1 / (1 + np.exp(-scaled @ weights))
        gradient = scaled.T @ (counts * (expected - classes)) + penalty @ weights
        curvature = (scaled * (counts * expected * (1 - expected))[:, None]).T @ scaled + penalty
        weights = weights - np.linalg.solve(curvature, gradient)
    return np.asarray(weights / spread)


def _looks_answered(sample: Sample) -> bool:
    return not sample.is_answerable and sample.kind != _STRANGER and "offtopic" not in sample.kind


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
