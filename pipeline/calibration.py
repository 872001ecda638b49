"""One scale for the engines' confidences: the probability that a word was read right.

An engine's own number is no probability: on the pages it was measured with, words to which PP-OCR gave 0.9 were right
in 46 of 100 cases, Tesseract's in 85. Expected calibration error before and after: Tesseract 0.030 and 0.015, PP-OCR
0.047 and 0.017 (on pages the curve had not seen). Each engine has a monotone curve (isotonic regression by pool
adjacent violators, Zadrozny and Elkan, KDD 2002, thinned to a few knots) from its number to the share of words that
were right.
``bench/fit_calibration.py`` measures and fits the knots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from pipeline.document import Line

Curve = tuple[tuple[float, float], ...]
"""Knots (engine's number from 0 to 1, probability), both rising; straight lines between them."""

CURVES: Mapping[str, Curve] = MappingProxyType(
    {
        "tesseract": (
            (0.0, 0.01),
            (0.2, 0.131),
            (0.4, 0.194),
            (0.55, 0.301),
            (0.7, 0.534),
            (0.8, 0.659),
            (0.86, 0.762),
            (0.9, 0.845),
            (0.93, 0.877),
            (0.96, 0.963),
            (1.0, 0.966),
        ),
        "rapidocr": (
            (0.0, 0.01),
            (0.4, 0.014),
            (0.55, 0.093),
            (0.7, 0.245),
            (0.8, 0.331),
            (0.86, 0.411),
            (0.9, 0.465),
            (0.93, 0.536),
            (0.96, 0.7),
            (0.98, 0.848),
            (1.0, 0.995),
        ),
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
