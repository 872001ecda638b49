"""Columns of Chinese and Japanese text: the letters of one reading, completed with the small signs of another.

PP-OCR lays a column down and reads its letters on their side: the large ones surely, but commas, full stops, brackets
and small kana get lost. Tesseract's data for columns sees those and confuses letters instead. So the two texts of a
column are aligned by edit distance (Wagner and Fischer, "The string-to-string correction problem", JACM 21, 1974), and
only what PP-OCR lacks and is a small sign is taken from Tesseract: a vote of two readers as in Fiscus, "A
post-processing system to yield reduced word error rates (ROVER)", 1997.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from pipeline.document import Box, Line, Word
from pipeline.ink import Grey
from pipeline.letters import script_of_text

_PACKS: Mapping[str, str] = MappingProxyType({"Jpan": "Japanese_vert", "Hans": "HanS_vert", "Hant": "HanT_vert"})
_MARGIN = 0.15  # of a column's width
_BORDER_PX = 20
_SIGNS = frozenset("、。，．・：；！？「」『』（）〔〕【】《》〈〉“”‘’…―ー〜々っゃゅょッャュョぁぃぅぇぉァィゥェォ")
_FULL_WIDTH = str.maketrans(
    {",": "，", ".": "。", "(": "（", ")": "）", ":": "：", ";": "；", "!": "！", "?": "？", "﹁": "「", "﹂": "」"}
)
_STROKES = frozenset("一丨｜|lI1")  # what a long-vowel sign looks like on its side
_SMALL_KANA = dict(zip("つやゆよツヤユヨ", "っゃゅょッャュョ", strict=True))
_ALIKE = 0.6  # share of letters that two readings of one column have in common at least


def is_vertical(lines: Sequence[Line]) -> bool:
    """Whether most of the text stands in columns: lines higher than wide, of more than a letter or two."""
    total = sum(len(line.text) for line in lines)
    tall = sum(len(line.text) for line in lines if line.box.height > 2 * line.box.width)
    return tall > 0.5 * total


def columns_pack(lines: Sequence[Line]) -> str | None:
    """Tesseract's data for columns in the script that most of these lines are in; None for any other script."""
    return _PACKS.get(script_of_text("".join(line.text for line in lines)) or "")


def complete_columns(lines: Sequence[Line], grey: Grey, read: Callable[[Grey], Sequence[Line]]) -> tuple[Line, ...]:
    """The lines with the small signs that ``read`` sees in a picture of each column.

    ``grey`` is the page in whose pixels the boxes are. Lines that are no columns stay as they are.
    """
    return tuple(
        _complete(line, read(_cut(grey, line.box))) if line.box.height > 2 * line.box.width else line for line in lines
    )


def _cut(grey: Grey, box: Box) -> Grey:
    margin = _MARGIN * box.width
    top, left = max(0, int(box.top - margin)), max(0, int(box.left - margin))
    crop = grey[top : int(box.bottom + margin) + 1, left : int(box.right + margin) + 1]
    paper = int(np.median(crop))
    return np.asarray(cv2.copyMakeBorder(crop, *(_BORDER_PX,) * 4, cv2.BORDER_CONSTANT, value=paper), np.uint8)


def _complete(line: Line, found: Sequence[Line]) -> Line:
    other = "".join("".join(one.text.split()) for one in found).translate(_FULL_WIDTH)
    text = merge_signs(line.text, other)
    return line if text == line.text else replace(line, text=text, words=(Word(text, line.box, line.confidence),))


def merge_signs(text: str, other: str) -> str:
    """``text`` with the signs that ``other`` has and it lacks; as it is where the two are too different.

    >>> merge_signs("水をくみ庭の木に水をた", "水をくみ、庭の本に水をった。")
    '水をくみ、庭の木に水をった。'
    """
    if Levenshtein.normalized_similarity(text, other) < _ALIKE:
        return text
    merged: list[str] = []
    for operation in Levenshtein.opcodes(text, other):
        mine = text[operation.src_start : operation.src_end]
        theirs = other[operation.dest_start : operation.dest_end]
        if operation.tag == "insert":
            merged.extend(sign for sign in theirs if sign in _SIGNS)
        elif operation.tag == "replace":
            merged.extend(_of_two(a, b) for a, b in zip(mine, theirs, strict=True))
        else:
            merged.append(mine)
    return "".join(merged)


def _of_two(mine: str, theirs: str) -> str:
    """The small kana for the large one, the long-vowel sign for a stroke, one sign for another; else the first text."""
    is_stroke = theirs == "ー" and mine in _STROKES
    is_sign = theirs in _SIGNS and not mine.isalnum()
    return theirs if _SMALL_KANA.get(mine) == theirs or is_stroke or is_sign else mine
