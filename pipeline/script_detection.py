"""Which scripts a page is in, judged by how its letters look; nothing is read for it.

Some 24 pieces of text from all over the page (:mod:`pipeline.text_patches`) are shown to a small network
(:mod:`pipeline.engines.script_classifier`); their votes, weighted by how much they look like text at all, are added
up. Pieces keep their own answer too, so that a page in two scripts shows both. ``training/README.md`` has the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Box
from pipeline.engines.script_classifier import CLASSES, NEUTRAL
from pipeline.page_image import PageImage, Pixels
from pipeline.text_patches import TextPatch, crop_patches, find_patches, to_gray, turn_over

if TYPE_CHECKING:
    Scores = NDArray[np.float32]

_NEUTRAL = CLASSES.index(NEUTRAL)
_PATCHES = 24
_MIN_TEXT = 0.5
_WORTH_NAMING = 0.01
_SURE_SCORE = 0.5
_SURE_MARGIN = 0.3
_SURE_PATCHES = 3
_SURE_OF_A_WORD = 0.85
_PRESENT_SHARE = 0.1
_PRESENT_PATCHES = 2
_PRESENT_SCORE = 0.6
# Kanji look Chinese, and one piece in four may have no kana in it.
_JAPANESE_SHARE = 0.25
_FAMILIES = (("Jpan", "Hans", "Hant"), ("Latn", "Latf"))


class PatchClassifier(Protocol):
    """What :class:`pipeline.engines.script_classifier.ScriptClassifier` offers."""

    def classify(self, patches: "Scores") -> "tuple[Scores, Scores]": ...


@dataclass(frozen=True, slots=True)
class ScriptGuess:
    """A script (ISO 15924) with the share of the page's pieces of text that are in it, and its mean probability."""

    script: str
    share: float
    score: float


@dataclass(frozen=True, slots=True)
class PieceOfText:
    """One piece of a line: where it is in page pixels, its script (ISO 15924) and how likely that is (0..1)."""

    box: Box
    script: str
    score: float


@dataclass(frozen=True, slots=True)
class ScriptFinding:
    """What was seen. ``guesses`` are ranked, best first; empty when no text was found.

    ``is_sure`` says that the first guess can be relied on without reading a line to make certain: on drawn pages in
    fonts that training never saw, two thirds were so marked, and 98.5 of 100 of these were right (the rest: Fraktur
    taken for plain Latin). Simplified and traditional Chinese are hardly told apart by looks; let the text decide.
    ``upside_down`` is how likely the page stands on its head (0..1; 0 without text); the guesses allow for it.
    """

    guesses: tuple[ScriptGuess, ...]
    pieces: tuple[PieceOfText, ...]
    is_sure: bool
    upside_down: float

    @property
    def best(self) -> str | None:
        """The most likely script, or None when there is no text."""
        return self.guesses[0].script if self.guesses else None

    @property
    def present(self) -> tuple[str, ...]:
        """The scripts that certainly stand on the page, the main one first; a few stray pieces do not count."""
        counts = {guess.script: [p.score for p in self.pieces if p.script == guess.script] for guess in self.guesses}
        return tuple(
            guess.script
            for index, guess in enumerate(self.guesses)
            if index == 0
            or (
                guess.share >= _PRESENT_SHARE
                and len(counts[guess.script]) >= _PRESENT_PATCHES
                and float(np.mean(counts[guess.script])) >= _PRESENT_SCORE
            )
        )


def detect_scripts(image: PageImage | Pixels, classifier: PatchClassifier) -> ScriptFinding:
    """The scripts of a page, given as an image or as pixels (RGB or gray).

    Every patch is shown both ways up, so a page that stands on its head is recognised too, and found out. One that
    lies on its side is not: letters have to stand on lines.
    """
    gray = to_gray(image.pixels if isinstance(image, PageImage) else image)
    patches = find_patches(gray, limit=_PATCHES)
    pictures = crop_patches(gray, patches)
    scores, turned = classifier.classify(pictures)
    other_scores, other_turned = classifier.classify(turn_over(pictures, gray, patches))
    upside_down = _upside_down(turned, other_turned, 1 - scores[:, _NEUTRAL])
    return rank_scripts(patches, other_scores if upside_down > 0.5 else scores, upside_down)


def _upside_down(turned: "Scores", other_turned: "Scores", weights: "Scores") -> float:
    """The network saw few pages upside down in training and doubts them; comparing both ways up cancels that out."""
    if not len(turned):
        return 0.0
    evidence = _log_odds(turned) - _log_odds(other_turned)
    return float(1 / (1 + np.exp(-np.average(evidence, weights=weights + 1e-3))))


def _log_odds(probabilities: "Scores") -> "Scores":
    clipped = np.clip(probabilities, 1e-4, 1 - 1e-4)
    odds: Scores = np.log(clipped / (1 - clipped))
    return odds


def rank_scripts(patches: Sequence[TextPatch], scores: "Scores", upside_down: float = 0.0) -> ScriptFinding:
    """Add up what the network said of every patch: ``scores`` has shape (n, len(CLASSES))."""
    weights = 1 - scores[:, _NEUTRAL]
    is_text = weights >= _MIN_TEXT
    if not is_text.any():
        return ScriptFinding((), (), is_sure=False, upside_down=upside_down)
    texts = np.delete(scores[is_text], _NEUTRAL, axis=1)
    texts = _settle_families(texts / texts.sum(axis=1, keepdims=True), weights[is_text])
    totals = np.average(texts, axis=0, weights=weights[is_text])
    winners = texts.argmax(axis=1)
    shares = np.bincount(winners, weights=weights[is_text], minlength=len(totals)) / weights[is_text].sum()
    order = np.argsort(-totals)
    guesses = tuple(
        ScriptGuess(CLASSES[index], float(shares[index]), float(totals[index]))
        for index in order
        if totals[index] > _WORTH_NAMING
    )
    boxes = [patch.box for patch, text in zip(patches, is_text, strict=True) if text]
    pieces = tuple(
        PieceOfText(box, CLASSES[winner], float(row[winner]))
        for box, winner, row in zip(boxes, winners, texts, strict=True)
    )
    margin = float(totals[order[0]] - totals[order[1]])
    needed = _SURE_SCORE if len(pieces) >= _SURE_PATCHES else _SURE_OF_A_WORD
    is_sure = guesses[0].score >= needed and margin >= _SURE_MARGIN
    return ScriptFinding(guesses, pieces, is_sure=is_sure, upside_down=upside_down)


def _settle_families(texts: "Scores", weights: "Scores") -> "Scores":
    """Give the votes for close relatives to one: a page is in simplified or in traditional characters, not in both."""
    settled = texts.copy()
    for family in _FAMILIES:
        columns = [CLASSES.index(script) for script in family]
        totals = np.average(texts[:, columns], axis=0, weights=weights)
        best = int(totals.argmax())
        if family[0] == "Jpan" and totals[0] > _JAPANESE_SHARE * totals.sum():
            best = 0
        settled[:, columns] = 0
        settled[:, columns[best]] = texts[:, columns].sum(axis=1)
    return settled
