"""Which fonts can draw a script, and which of them are kept back for testing."""

import hashlib
import re
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont, TTLibError

SAMPLE_LETTERS = {
    "Latn": "aegnorsty", "Latf": "aegnorsty", "Cyrl": "жшядиблю", "Grek": "αβγδλπωσ", "Arab": "بتجدرسعم",
    "Hebr": "אבגדשלמ", "Syrc": "ܐܒܓܕܡܫ", "Thaa": "ހށނރބޅ", "Deva": "कखगमसह", "Beng": "কখগমসহ", "Guru": "ਕਖਗਮਸਹ",
    "Gujr": "કખગમસહ", "Orya": "କଖଗମସହ", "Taml": "கஙசமரழ", "Telu": "కఖగమసహ", "Knda": "ಕಖಗಮಸಹ", "Mlym": "കഖഗമസഹ",
    "Sinh": "කඛගමසහ", "Thai": "กขคมสห", "Laoo": "ກຂຄມສຫ", "Khmr": "កខគមសហ", "Mymr": "ကခဂမသဟ", "Tibt": "ཀཁགམསཧ",
    "Geor": "აბგდმსჰ", "Armn": "աբգդմսհ", "Ethi": "ሀለመሰረበተ", "Cher": "ᎠᎦᎭᎳᎹᎾ", "Cans": "ᐊᐃᐅᐸᑎᑲ", "Kore": "가나다라한글",
    "Jpan": "あいうカキク日本", "Hans": "的这书门说见龙东", "Hant": "的這書門說見龍東",
}  # fmt: skip
"""Letters that a font must have to stand for a script (ISO 15924)."""

_BLACKLETTER = ("unifraktur", "blankenburg", "gamaliel", "pirata", "grenze gotisch")
# Fonts whose letters are not what their code points say, or that are pictures rather than text.
_UNSUITABLE = ("zawgyi", "nk ssmart", "mon3", "initials", "keyboard", "diagnostic", "quran", "barcode", "symbols")
# "Noto Sans Thai Condensed Light" is the same design as "Noto Sans Thai" and has to stay on its side of the split.
_VARIANT = re.compile(
    r"\b(thin|(extra|semi|demi|ultra)?[ -]?(light|bold|condensed|black)|book|regular|medium|black|heavy|cond|semcond|"
    r"excond|(x|ex|extra|ext|semi|sem)?[ -]?(cond|bd|bold|blk|lt)|md|sembd|semcond|extcond|excd|smcd|excnd|xcn|smcn|cn|"
    r"italic|oblique|inclined|upright|ui|eco|wide)\b",
    re.IGNORECASE,
)
_FACES_PER_FAMILY = 6
_HAN_ONLY = ("tw-kai", "tw-sung")
_TEST_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Face:
    """One face in a font file. Faces of a family are always on the same side of the split."""

    family: str
    path: str
    index: int


def find_faces(folders: Iterable[Path]) -> dict[str, list[Face]]:
    """Faces by script, at most six of a family."""
    faces: dict[str, list[Face]] = defaultdict(list)
    taken: dict[tuple[str, str], int] = defaultdict(int)
    for face, points in _read_faces(folders):
        for script in SAMPLE_LETTERS:
            if taken[script, face.family] < _FACES_PER_FAMILY and _suits(face.family.lower(), script, points):
                faces[script].append(face)
                taken[script, face.family] += 1
    return dict(faces)


def split_faces(faces: Iterable[Face], *, test: bool) -> list[Face]:
    """The faces for training, or those kept back. Decided by a digest of the family's name; both sides get some."""
    families = sorted({face.family for face in faces}, key=lambda name: hashlib.sha256(name.encode()).digest())
    held_back = set(families[: max(1, round(_TEST_SHARE * len(families)))])
    return [face for face in faces if (face.family in held_back) == test]


@lru_cache(maxsize=4000)
def code_points(path: str, index: int) -> frozenset[int]:
    """The code points that a face has glyphs for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        font = TTCollection(path, lazy=True).fonts[index] if path.endswith(".ttc") else TTFont(path, lazy=True)
        return frozenset(font.getBestCmap() or {})


def _read_faces(folders: Iterable[Path]) -> Iterator[tuple[Face, frozenset[int]]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in {".ttf", ".otf", ".ttc", ".woff2"} or not path.exists():
                continue
            try:
                count = len(TTCollection(path, lazy=True).fonts) if path.suffix == ".ttc" else 1
                for index in range(count):
                    yield _read_face(path, index)
            except (TTLibError, KeyError, AssertionError, AttributeError):
                print(f"left out (unreadable): {path}")


def _read_face(path: Path, index: int) -> tuple[Face, frozenset[int]]:
    font = TTCollection(path, lazy=True).fonts[index] if path.suffix == ".ttc" else TTFont(path, lazy=True)
    outlines = any(table in font for table in ("glyf", "CFF ", "CFF2"))
    name = font["name"].getDebugName(1) or path.stem
    family = " ".join(_VARIANT.sub(" ", name).split()) or name
    points = code_points(str(path), index) if outlines else frozenset[int]()
    return Face(family, str(path), index), points


def _suits(family: str, script: str, points: frozenset[int]) -> bool:
    if any(word in family for word in _UNSUITABLE) or not all(ord(c) in points for c in SAMPLE_LETTERS[script]):
        return False
    if any(word in family for word in _BLACKLETTER) != (script == "Latf"):
        return False
    if any(word in family for word in _HAN_ONLY):
        return script in {"Hans", "Hant"}
    # Every Noto face has Latin letters; only those made for Latin count, or one design would drown the others.
    if script == "Latn" and family.startswith("noto"):
        return family.removeprefix("noto ").split(" ")[-1] in {"sans", "serif", "mono", "display"}
    return True
