"""The careful reading: a page read several times by different means, and of each line the reading most agree on.

Each reading errs in its own places: another size of the letters, the data of the language instead of that of the
script, the other engine. Of the candidates for a line we take the one with the least expected distance to all of them,
weighted by confidence: minimum Bayes risk decoding (Goel and Byrne, "Minimum Bayes-risk automatic speech recognition",
Computer Speech and Language 14, 2000), here over whole lines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.document import Box, Line
from pipeline.languages import find_language
from pipeline.line_fusion import group_lines
from pipeline.prepare import PreparedPage
from pipeline.routing import RAPIDOCR, TESSERACT, Route, mean_confidence

_LARGER = 1.4
_LARGEST_SIDE_PX = 5000
_BELIEVABLE = 0.6  # for a line that the first reading has not
_MISSING = 0.3  # how much a reading that saw nothing speaks against a line
_SAME_MEANS = 0.7  # readings by one engine with one set of data repeat each other's mistakes
_CLEARLY = 0.02  # of the votes in favour of what two texts differ in

ReadPage = Callable[[str, Route, PreparedPage], tuple[Line, ...]]
"""Reads a prepared page with an engine along a route; confidences calibrated, boxes in its pixels."""


@dataclass(frozen=True, slots=True)
class FirstReading:
    """What is known of a page already: ``lines`` as ``engine`` read them along ``route``, in ``language`` if known."""

    prepared: PreparedPage
    lines: tuple[Line, ...]
    engine: str
    route: Route
    language: str | None


def read_again(first: FirstReading, read: ReadPage) -> tuple[Line, ...]:
    """The page's lines after further readings; two to three times the work of the first."""
    routes = _other_routes(first)
    readings = [first.lines, _read_larger(first, read)]
    readings += [read(engine, route, first.prepared) for engine, route in routes]
    return choose_lines(readings, trust=(_SAME_MEANS, _SAME_MEANS, *(1.0 for _ in routes)))


def _other_routes(first: FirstReading) -> list[tuple[str, Route]]:
    """The data of the page's language where the first reading used other data, and the other engine if it can help."""
    route, language = first.route, find_language(first.language or "")
    own = replace(route, packs=(language.tesseract,), first=TESSERACT) if language else route
    others = []
    if first.engine == RAPIDOCR or own.packs != route.packs:
        others.append((TESSERACT, own))
    if first.engine == TESSERACT and RAPIDOCR in {route.first, route.second}:
        others.append((RAPIDOCR, route))
    return others


def _read_larger(first: FirstReading, read: ReadPage) -> tuple[Line, ...]:
    prepared = first.prepared
    scale = min(_LARGER, _LARGEST_SIDE_PX / max(prepared.grey.shape))
    if scale <= 1.1:
        return first.lines

    def enlarge(pixels: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)

    image = replace(prepared.image, pixels=enlarge(prepared.image.pixels), dpi=prepared.image.dpi * scale)
    glyph_px = prepared.glyph_px and prepared.glyph_px * scale
    larger = replace(prepared, draw=lambda: image, grey=enlarge(prepared.grey), glyph_px=glyph_px)
    return tuple(_scaled(line, 1 / scale) for line in read(first.engine, first.route, larger))


def _scaled(line: Line, factor: float) -> Line:
    def scaled(box: Box) -> Box:
        return Box(box.left * factor, box.top * factor, box.right * factor, box.bottom * factor)

    words = tuple(replace(word, box=scaled(word.box)) for word in line.words)
    return replace(line, box=scaled(line.box), words=words)


def choose_lines(readings: Sequence[Sequence[Line]], *, trust: Sequence[float] = ()) -> tuple[Line, ...]:
    """Of several readings of one page (in the same pixels, confidences on one scale) the likeliest text of each line.

    ``trust`` is what each reading's confidence is multiplied by (1 without it). The first reading is kept where another
    one is not clearly better; a line that only others have must be believable.
    """
    kept: list[Line] = []
    for group in group_lines(readings):
        best = _choose(group, trust or [1.0] * len(group))
        if group[0] or mean_confidence(best) > _BELIEVABLE:
            kept.extend(best)
    return tuple(kept)


def _choose(candidates: Sequence[Sequence[Line]], trust: Sequence[float]) -> Sequence[Line]:
    texts = [_text(lines) for lines in candidates]
    confidences = [mean_confidence(lines) if lines else _MISSING for lines in candidates]
    weights = np.array(confidences) * np.array(trust)
    similarity = [[Levenshtein.normalized_similarity(text, other) for other in texts] for text in texts]
    agreement = np.array(similarity) @ weights
    best = int(np.argmax(agreement))
    # A gain in agreement can't be larger than the difference between the two texts.
    needed = _CLEARLY * weights.sum() * (1 - similarity[0][best])
    is_better = agreement[best] - agreement[0] > needed
    return candidates[best] if is_better or not candidates[0] else candidates[0]


def _text(lines: Sequence[Line]) -> str:
    return " ".join(line.text for line in sorted(lines, key=lambda line: (line.box.top, line.box.left)))
