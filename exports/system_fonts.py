"""Which installed Noto fonts a text needs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
# Tried in this order; the first is also what a document without any special character is set in.
_FAMILIES = (
    "NotoSans",
    "NotoNaskhArabic",
    "NotoSansHebrew",
    "NotoSansDevanagari",
    "NotoSansBengali",
    "NotoSansGurmukhi",
    "NotoSansGujarati",
    "NotoSansOriya",
    "NotoSansTamil",
    "NotoSansTelugu",
    "NotoSansKannada",
    "NotoSansMalayalam",
    "NotoSansSinhala",
    "NotoSansThai",
    "NotoSansLao",
    "NotoSansKhmer",
    "NotoSansMyanmar",
    "NotoSansGeorgian",
    "NotoSansArmenian",
    "NotoSansEthiopic",
    "NotoSansCherokee",
    "NotoSerifTibetan",
    "NotoSansSyriac",
    "NotoSansThaana",
    "NotoSansCanadianAboriginal",
    "NotoSansSymbols",
    "NotoSansSymbols2",
    "NotoSansMath",
    "NotoSansCJK",
)
_SUFFIXES = (".ttf", ".otf", ".ttc")


@dataclass(frozen=True, slots=True)
class InstalledFont:
    """A font file; ``index`` is the font's place in a collection (``.ttc``)."""

    family: str
    path: Path
    index: int = 0


def find_fonts(characters: Iterable[str]) -> tuple[tuple[InstalledFont, ...], frozenset[str]]:
    """The fonts that ``characters`` need, the basic one first, and the characters that none of them has."""
    wanted = {character for character in characters if character.isprintable() and not character.isspace()}
    chosen: list[InstalledFont] = []
    for font in _installed():
        found = wanted & _characters_of(font)
        if found or not chosen:
            chosen.append(font)
        wanted -= found
        if not wanted:
            break
    return tuple(chosen), frozenset(wanted)


def _installed() -> Iterator[InstalledFont]:
    files = _font_files()
    for family in _FAMILIES:
        path = files.get(f"{family}-Regular")
        if path is not None:
            yield InstalledFont(family, path)


@lru_cache(maxsize=1)
def _font_files() -> dict[str, Path]:
    paths = (path for folder in _FOLDERS if folder.is_dir() for path in folder.rglob("Noto*-Regular.*"))
    return {path.stem: path for path in paths if path.suffix in _SUFFIXES}


@lru_cache(maxsize=32)
def _characters_of(font: InstalledFont) -> frozenset[str]:
    from fontTools.ttLib import TTFont

    with TTFont(font.path, fontNumber=font.index, lazy=True) as opened:
        return frozenset(map(chr, opened.getBestCmap()))
