"""Measure how honest the engines' confidences are, and fit the curves of pipeline/calibration.py.

    python -m bench.fit_calibration FOLDER [--every N] [--plot docs/images/calibration.svg]

FOLDER holds manifest.json, a list of objects with "id", "file", "gt_file" and perhaps "lang". Every page is read by
each engine; a word counts as right when it stands, in order, in the reference text (longest common subsequence of
words, look-alike quotes and case folded). Prints, for each engine, the expected calibration error (Guo et al., ICML
2017; ten bins) of its own numbers, of the present curve and of the fitted one, a reliability table and the fitted
knots. The error after fitting is measured on pages that the fit has not seen (two halves, each judged by the other).
"""

import argparse
import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.reliability_diagram import Panel, Point, draw_diagrams
from pipeline.calibration import CURVES, Curve, calibrate
from pipeline.document import Line, Word
from pipeline.engines.base import EngineRequest
from pipeline.engines.catalogue import open_engine
from pipeline.languages import Language, find_language
from pipeline.prepare import prepare
from pipeline.rasterize import open_source

_TITLES = {"tesseract": "Tesseract", "rapidocr": "PP-OCR"}
_BINS = 10
_KNOTS = (0.0, 0.2, 0.4, 0.55, 0.7, 0.8, 0.86, 0.9, 0.93, 0.96, 0.98, 1.0)
_WITHOUT_SPACES = frozenset({"Hans", "Hant", "Jpan", "Thai", "Laoo", "Khmr", "Mymr"})
_FOLDED = str.maketrans("’‘“”„–—‐‑", '\'\'"""----')

Scored = list[tuple[float, bool]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plot", type=Path, help="write the reliability diagrams into this SVG file")
    parser.add_argument("--every", type=int, default=1, help="read only every n-th page, for a quick look")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    panels = []
    items = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for engine in CURVES:
        halves: tuple[Scored, Scored] = ([], [])
        reader = open_engine(engine)
        for index, item in enumerate([item for item in items if item.get("gt_file")][:: arguments.every]):
            language = _judgeable_language(engine, item)
            if language is None:
                continue
            with open_source((folder / item["file"]).read_bytes()) as opened:
                image = prepare(opened.render(1)).image
            lines = reader.read_page(image, EngineRequest((language.code,))).lines
            halves[index % 2].extend(judge_words(lines, (folder / item["gt_file"]).read_text(encoding="utf-8")))
        reader.close()
        panels.append(report(engine, halves))
    if arguments.plot:
        arguments.plot.parent.mkdir(parents=True, exist_ok=True)
        arguments.plot.write_text(draw_diagrams(panels), encoding="utf-8")


def _judgeable_language(engine: str, item: dict[str, str]) -> Language | None:
    """The page's language where the engine knows it and it puts spaces between words."""
    language = find_language(item.get("lang", ""))
    if language is None or language.script in _WITHOUT_SPACES:
        return None
    return language if engine != "rapidocr" or language.rapidocr else None


def judge_words(lines: Sequence[Line], truth: str) -> Scored:
    """Each word's confidence, and whether it stands in the reference text."""
    words = [word for line in lines for word in line.words if word.confidence is not None]
    expected = [_folded(text) for text in truth.split()]
    read = [_folded(word.text) for word in words]
    matches = SequenceMatcher(None, expected, read, autojunk=False).get_matching_blocks()
    right = {place for match in matches for place in range(match.b, match.b + match.size)}
    # Reading order is not at stake here: a word out of place is right when the text has it.
    known = set(expected)
    return [
        (_confidence(word), place in right or text in known)
        for place, (word, text) in enumerate(zip(words, read, strict=True))
    ]


def report(engine: str, halves: tuple[Scored, Scored]) -> Panel:
    """Print the figures of one engine; the diagram shows its own numbers and the fitted ones, on unseen pages."""
    everything = [*halves[0], *halves[1]]
    present = [(calibrate(confidence, engine) or 0.0, right) for confidence, right in everything]
    unseen = [*apply(fit(halves[1]), halves[0]), *apply(fit(halves[0]), halves[1])]
    print(f"{engine}: {len(everything)} words, {np.mean([right for _, right in everything]):.3f} right")
    print(f"  expected calibration error: own numbers {calibration_error(everything):.3f}, ", end="")
    print(f"present curve {calibration_error(present):.3f}, fitted (unseen pages) {calibration_error(unseen):.3f}")
    for low, high, count, claimed, share in reliability(everything):
        print(f"  {low:.1f}-{high:.1f}  {count:6} words  claimed {claimed:.3f}  right {share:.3f}")
    print(f"  fitted: {fit(everything)}")
    errors = calibration_error(everything), calibration_error(unseen)
    return Panel(_TITLES[engine], _points(everything), _points(unseen), *errors)


def _points(scored: Scored) -> list[Point]:
    return [(claimed, share, count) for _, _, count, claimed, share in reliability(scored)]


def fit(scored: Scored) -> Curve:
    """Isotonic regression of being right on confidence, read off at fixed knots."""
    numbers, levels = _pool_adjacent_violators(scored)
    values = np.interp(_KNOTS, numbers, levels)
    return tuple(
        (knot, round(float(np.clip(value, 0.01, 0.995)), 3)) for knot, value in zip(_KNOTS, values, strict=True)
    )


def apply(curve: Curve, scored: Scored) -> Scored:
    knots, values = zip(*curve, strict=True)
    return [(float(np.interp(confidence, knots, values)), right) for confidence, right in scored]


def reliability(scored: Scored) -> list[tuple[float, float, int, float, float]]:
    """(low, high, words, mean confidence, share right) of each bin that has words."""
    numbers = np.array([confidence for confidence, _ in scored])
    right = np.array([is_right for _, is_right in scored], float)
    bins = np.minimum((numbers * _BINS).astype(int), _BINS - 1)
    return [
        (
            index / _BINS,
            (index + 1) / _BINS,
            int(chosen.sum()),
            float(numbers[chosen].mean()),
            float(right[chosen].mean()),
        )
        for index in range(_BINS)
        if (chosen := bins == index).any()
    ]


def calibration_error(scored: Scored) -> float:
    """Mean gap between claimed and real share over the bins, weighted by words."""
    return sum(count * abs(claimed - share) for _, _, count, claimed, share in reliability(scored)) / len(scored)


def _pool_adjacent_violators(scored: Scored) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    pools: list[list[float]] = []  # [sum of confidences, words right, words]
    for confidence, right in sorted(scored):
        pools.append([confidence, float(right), 1.0])
        while len(pools) > 1 and pools[-2][1] * pools[-1][2] >= pools[-1][1] * pools[-2][2]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    table = np.array(pools)
    return table[:, 0] / table[:, 2], table[:, 1] / table[:, 2]


def _confidence(word: Word) -> float:
    return word.confidence or 0.0


def _folded(text: str) -> str:
    return text.translate(_FOLDED).casefold()


if __name__ == "__main__":
    main()
