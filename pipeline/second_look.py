"""Words that Tesseract doubts, looked at again one by one by PP-OCR; and decimal points that it lost.

A word alone is an easy picture: what the layout of a line made of "7 %" or "VAT" is then read without doubt. Taking the
other reader's word only where one is unsure and the other is not is the rule of Fiscus, "A post-processing system to
yield reduced word error rates (ROVER)", 1997, for two readers. Nothing is ever guessed: a decimal point comes back only
where the other reader sees it between the same figures.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from rapidfuzz.distance import Levenshtein

from pipeline.document import Box, Line, Word
from pipeline.page_image import Pixels

_DOUBTFUL = 0.5  # calibrated
_CERTAIN = 0.95  # PP-OCR's own
_MOST_LOOKS = 12  # on a page, the most doubtful words first: each takes some 20 ms
_ALIKE = 0.3  # share of characters in common, where a reading is more than a character or two
_MARGIN = 0.2  # of a word's height
_CLOSE = 1.0  # gap between two groups of figures with a lost point, in their height
_FIGURES = re.compile(r"[-+(€$£]*\d{1,3}(?:[.,']\d{3})*")
_DECIMALS = re.compile(r"\d{2}[-)%€]*")

ReadCrop = Callable[[Pixels], Line | None]


def needs_look(lines: Sequence[Line]) -> bool:
    """Whether a word is doubtful, or figures stand so that a point between them may be lost."""
    return any(
        ((word.confidence or 0.0) < _DOUBTFUL and any(map(str.isalnum, word.text)))
        for line in lines
        for word in line.words
    ) or any(_may_have_point(a, b) for line in lines for a, b in pairwise(line.words))


def look_again(lines: Sequence[Line], pixels: Pixels, read_crop: ReadCrop) -> tuple[Line, ...]:
    """The lines with doubtful words read anew; ``pixels`` is RGB, boxes are in it, confidences calibrated.

    ``read_crop`` is PP-OCR's reading of one upright picture; it is called for doubtful words only.
    """
    doubtful = {
        (i, j): word.confidence or 0.0
        for i, line in enumerate(lines)
        for j, word in enumerate(line.words)
        if (word.confidence or 0.0) < _DOUBTFUL and any(map(str.isalnum, word.text))
    }
    chosen = set(sorted(doubtful, key=lambda place: doubtful[place])[:_MOST_LOOKS])
    looked = []
    for i, line in enumerate(lines):
        words = [_read_anew(w, pixels, read_crop) if (i, j) in chosen else w for j, w in enumerate(line.words)]
        looked.append(_joined(_with_words(line, words), pixels, read_crop))
    return tuple(looked)


def _read_anew(word: Word, pixels: Pixels, read_crop: ReadCrop) -> Word:
    found = read_crop(_crop(pixels, word.box))
    if found is None or (found.confidence or 0.0) < _CERTAIN or not _is_plausible(word.text, found.text):
        return word
    return replace(word, text=found.text, confidence=found.confidence)


def _is_plausible(before: str, after: str) -> bool:
    """Whether this may be the same word: much alike, one word, and not merely without its accents."""
    if before == after or " " in after or _without_accents(before) == after:
        return False
    if not after.isascii() and before.isascii():
        return False
    is_short = max(len(before), len(after)) <= 3
    return is_short or Levenshtein.normalized_similarity(before.casefold(), after.casefold()) >= _ALIKE


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _with_words(line: Line, words: Sequence[Word]) -> Line:
    """The line with other texts for its words, its own spacing kept."""
    if all(a is b for a, b in zip(line.words, words, strict=True)):
        return line
    parts: list[str] = []
    position = 0
    for before, after in zip(line.words, words, strict=True):
        start = line.text.find(before.text, position)
        if start < 0:
            return line
        parts += [line.text[position:start], after.text]
        position = start + len(before.text)
    return replace(line, text="".join([*parts, line.text[position:]]), words=tuple(words))


def _joined(line: Line, pixels: Pixels, read_crop: ReadCrop) -> Line:
    """Two groups of figures as one where a point or comma is seen between them."""
    for index, (whole, decimals) in enumerate(pairwise(line.words)):
        if not _may_have_point(whole, decimals):
            continue
        box = Box.around((whole.box, decimals.box))
        found = read_crop(_crop(pixels, box))
        seen = "" if found is None or (found.confidence or 0.0) < _CERTAIN else found.text
        if seen in {f"{whole.text}{point}{decimals.text}" for point in ".,"}:
            word = Word(seen, box, min(whole.confidence or 0.0, decimals.confidence or 0.0))
            words = (*line.words[:index], word, *line.words[index + 2 :])
            text = line.text.replace(f"{whole.text} {decimals.text}", seen, 1)
            return replace(line, text=text, words=words)
    return line


def _may_have_point(whole: Word, decimals: Word) -> bool:
    if not (_FIGURES.fullmatch(whole.text) and _DECIMALS.fullmatch(decimals.text)):
        return False
    return 0 < decimals.box.left - whole.box.right < _CLOSE * min(whole.box.height, decimals.box.height)


def _crop(pixels: Pixels, box: Box) -> Pixels:
    margin = _MARGIN * box.height
    top, left = max(0, int(box.top - margin)), max(0, int(box.left - margin))
    return pixels[top : max(top + 2, int(box.bottom + margin)), left : max(left + 2, int(box.right + margin))]
