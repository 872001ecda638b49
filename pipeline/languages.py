"""The one table of languages: what we call them, what others call them, and what each engine needs.

The rows stand in ``languages.csv`` beside this module. ``code`` is ISO 639-1 where there is one (else 639-3), with an
ISO 15924 subtag where one language is written in several scripts (``zh-Hant``, ``sr-Latn``). Everything else that
people and programs write for a language (ISO 639-2/3, the codes of Tesseract, PaddleOCR and EasyOCR, BCP 47 tags,
names) leads to the same row through :func:`find_language`.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from errors import UnknownLanguageError

_TABLE = Path(__file__).with_name("languages.csv")


class Direction(StrEnum):
    LTR = "ltr"
    RTL = "rtl"


@dataclass(frozen=True, slots=True)
class Script:
    """A writing system. ``code`` is ISO 15924; ``tesseract`` is the language data that reads any language in it."""

    code: str
    name: str
    tesseract: str
    direction: Direction = Direction.LTR
    tesseract_vertical: str | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """A language as written in one script.

    ``tesseract`` names the language data to read it with: its own where there is one, else its script's.
    ``tesseract_vertical`` is the same for lines that run downwards. ``rapidocr`` says whether the letters of the
    language are in the dictionary of RapidOCR's bundled model. ``aliases`` are normalised (see :func:`find_language`).
    """

    code: str
    name: str
    native_name: str
    script: str
    tesseract: str
    tesseract_vertical: str | None
    rapidocr: bool
    aliases: tuple[str, ...]

    @property
    def direction(self) -> Direction:
        return SCRIPTS[self.script].direction


def _index_scripts(scripts: Iterable[Script]) -> Mapping[str, Script]:
    return MappingProxyType({script.code: script for script in scripts})


SCRIPTS: Mapping[str, Script] = _index_scripts(
    (
        Script("Latn", "Latin", "Latin"),
        Script("Latf", "Latin (Fraktur)", "Fraktur"),
        Script("Cyrl", "Cyrillic", "Cyrillic"),
        Script("Grek", "Greek", "Greek"),
        Script("Arab", "Arabic", "Arabic", Direction.RTL),
        Script("Hebr", "Hebrew", "Hebrew", Direction.RTL),
        Script("Syrc", "Syriac", "Syriac", Direction.RTL),
        Script("Thaa", "Thaana", "Thaana", Direction.RTL),
        Script("Deva", "Devanagari", "Devanagari"),
        Script("Beng", "Bengali", "Bengali"),
        Script("Guru", "Gurmukhi", "Gurmukhi"),
        Script("Gujr", "Gujarati", "Gujarati"),
        Script("Orya", "Odia", "Oriya"),
        Script("Taml", "Tamil", "Tamil"),
        Script("Telu", "Telugu", "Telugu"),
        Script("Knda", "Kannada", "Kannada"),
        Script("Mlym", "Malayalam", "Malayalam"),
        Script("Sinh", "Sinhala", "Sinhala"),
        Script("Thai", "Thai", "Thai"),
        Script("Laoo", "Lao", "Lao"),
        Script("Khmr", "Khmer", "Khmer"),
        Script("Mymr", "Burmese", "Myanmar"),
        Script("Tibt", "Tibetan", "Tibetan"),
        Script("Geor", "Georgian", "Georgian"),
        Script("Armn", "Armenian", "Armenian"),
        Script("Ethi", "Ethiopic", "Ethiopic"),
        Script("Cher", "Cherokee", "Cherokee"),
        Script("Cans", "Canadian Aboriginal", "Canadian_Aboriginal"),
        # The script data `Hangul` reads worse than the language data `kor` (measured); Korean is its only language.
        Script("Kore", "Korean", "kor", tesseract_vertical="kor_vert"),
        Script("Jpan", "Japanese", "Japanese", tesseract_vertical="Japanese_vert"),
        Script("Hans", "Chinese (Simplified)", "HanS", tesseract_vertical="HanS_vert"),
        Script("Hant", "Chinese (Traditional)", "HanT", tesseract_vertical="HanT_vert"),
    )
)
"""Scripts by ISO 15924 code."""


def _read_table(path: Path) -> Iterator[Language]:
    with path.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            yield Language(
                code=row["code"],
                name=row["name"],
                native_name=row["native_name"],
                script=row["script"],
                tesseract=row["tesseract"],
                tesseract_vertical=row["tesseract_vertical"] or None,
                rapidocr=row["rapidocr"] == "yes",
                aliases=tuple(row["aliases"].split()),
            )


LANGUAGES: Mapping[str, Language] = MappingProxyType({language.code: language for language in _read_table(_TABLE)})
"""Languages by code, ordered by English name."""


def normalise(text: str) -> str:
    """``text`` as aliases are compared: lower case, every run of ``_``, ``-`` and spaces one ``-``.

    >>> normalise(" chi_SIM ")
    'chi-sim'
    """
    return re.sub(r"[\s_-]+", "-", text.strip().casefold())


def spellings(language: Language) -> frozenset[str]:
    """Everything this row answers to, normalised: its code, its aliases and both its names."""
    names = (language.code, language.name, language.native_name, *language.aliases)
    return frozenset(normalise(name) for name in names)


_BY_SPELLING: Mapping[str, Language] = MappingProxyType(
    {spelling: language for language in LANGUAGES.values() for spelling in spellings(language)}
)


def find_language(text: str) -> Language | None:
    """The language that ``text`` means, or None.

    Case does not matter, nor does ``_`` for ``-``. A BCP 47 tag that has no row of its own falls back to its language
    and script, then to its language (``pt-BR`` is ``pt``, ``zh-Hant-HK`` is ``zh-Hant``), but never to a language that
    is written in another script than the tag says: ``ru-Latn`` is None. ``auto`` is no language.
    """
    wanted = normalise(text)
    exact = _BY_SPELLING.get(wanted)
    if exact:
        return exact
    # "en_US.UTF-8" and "de_DE@euro" are what a POSIX locale looks like.
    language, *subtags = re.split(r"[.@]", wanted)[0].split("-")
    if not subtags or not all(re.fullmatch(r"[a-z0-9]{1,8}", subtag) for subtag in (language, *subtags)):
        return None
    script = next((subtag for subtag in subtags if re.fullmatch(r"[a-z]{4}", subtag)), None)
    region = next((subtag for subtag in subtags if re.fullmatch(r"[a-z]{2}|[0-9]{3}", subtag)), None)
    for subtag in (script, region):
        found = _BY_SPELLING.get(f"{language}-{subtag}")
        if found and (script is None or found.script.casefold() == script):
            return found
    found = _BY_SPELLING.get(language) if re.fullmatch(r"[a-z]{2,3}", language) else None
    return found if found and (script is None or found.script.casefold() == script) else None


def get_language(text: str) -> Language:
    """The language that ``text`` means (see :func:`find_language`). Raises :class:`errors.UnknownLanguageError`."""
    language = find_language(text)
    if language is None:
        raise UnknownLanguageError(f"Unknown language {text[:40]!r}.")
    return language


def get_script(code: str) -> Script:
    """The script with this ISO 15924 code. Raises KeyError."""
    return SCRIPTS[code]
