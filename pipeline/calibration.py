"""One scale for the engines' confidences: the probability that a word was read right.

An engine's own number is no probability: on the pages it was measured with, Tesseract's 0.9 meant 97 words of 100
right on clean print, RapidOCR's 0.9 some 60. Each engine has a monotone curve (isotonic regression by pool adjacent
violators, Zadrozny and Elkan, KDD 2002, thinned to a few knots) from its number to the share of words that were right.
``bench/fit_calibration.py`` measures and fits the knots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from pipeline.document import Line

Curve = tuple[tuple[float, float], ...]
"""Knots (engine's number, probability), both rising from 0 to 1; straight lines between them."""

CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "tesseract": ((0.0, 0.02), (0.3, 0.2), (0.6, 0.5), (0.8, 0.75), (0.9, 0.93), (1.0, 0.99)),
        "rapidocr": ((0.0, 0.0), (0.5, 0.15), (0.8, 0.45), (0.9, 0.65), (0.97, 0.9), (1.0, 0.99)),
    }
)


def calibrate(confidence: float | None, engine: str) -> float | None:
    """The probability that a word with this confidence is right; unknown engines' numbers stay as they are."""
    curve = CURVES.get(engine)
    if confidence is None or curve is None:
        return confidence
    numbers, probabilities = zip(*curve, strict=True)
    return round(float(np.interp(confidence, numbers, probabilities)), 4)


def calibrate_lines(lines: Sequence[Line], engine: str) -> tuple[Line, ...]:
    """The lines with their own and their words' confidences on the common scale."""
    return tuple(_calibrate_line(line, engine) for line in lines)


def _calibrate_line(line: Line, engine: str) -> Line:
    words = tuple(replace(word, confidence=calibrate(word.confidence, engine)) for word in line.words)
    scored = [(word.confidence, len(word.text)) for word in words if word.confidence is not None]
    if not scored:
        return replace(line, confidence=calibrate(line.confidence, engine))
    confidence = sum(value * length for value, length in scored) / sum(length for _, length in scored)
    return replace(line, confidence=round(confidence, 4), words=words)
