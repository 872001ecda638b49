"""Which engine reads what: decisions only, no pixels.

The tables hold what was measured (docs/benchmarks.md): PP-OCR reads Chinese and Japanese without an error where
Tesseract makes 1-4 %, and receipts and photos twice as well; everything else printed belongs to Tesseract, which
costs half as much and knows all scripts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from pipeline.document import Line
from pipeline.languages import SCRIPTS, Language

TESSERACT = "tesseract"
RAPIDOCR = "rapidocr"
LATIN_PACK = "Latin"

_RAPIDOCR_FIRST = frozenset({"Hans", "Hant", "Jpan"})
_RAPIDOCR_READS = _RAPIDOCR_FIRST | {"Latn"}
# Scripts whose marks above and below the letters reach into the neighbouring lines.
_LINE_BY_LINE = frozenset({"Mymr", "Khmr", "Thai", "Laoo", "Tibt"})
# Where one language's data reads its script better than the script's own data does.
_BETTER_PACKS: Mapping[str, str] = MappingProxyType({"Khmr": "khm", "Thai": "tha", "Mymr": "mya", "Ethi": "amh"})
# Data (as routed here) that knows no Latin letters and takes them for its own; all other data knows them too.
_KNOWS_NO_LATIN = frozenset({"Cyrl", "Grek", "Thai", "Khmr", "Mymr", "Ethi", "Kore"})
# The data of one language is small: it loads in 10 ms where its script's takes 70. Good enough to recognise a script.
_VOTE_PACKS: Mapping[str, str] = MappingProxyType(
    {
        "Cyrl": "rus",
        "Arab": "ara",
        "Deva": "hin",
        "Kore": "kor",
        "Grek": "ell",
        "Hebr": "heb",
        "Beng": "ben",
        "Taml": "tam",
        "Telu": "tel",
        "Gujr": "guj",
        "Guru": "pan",
        "Knda": "kan",
        "Mlym": "mal",
        "Sinh": "sin",
        "Orya": "ori",
        "Thai": "tha",
        "Laoo": "lao",
        "Khmr": "khm",
        "Mymr": "mya",
        "Geor": "kat",
        "Armn": "hye",
        "Ethi": "amh",
        "Tibt": "bod",
        "Syrc": "syr",
        "Thaa": "div",
        "Cher": "chr",
        "Cans": "iku",
    }
)
_LATIN_ALTERNATIVES = (("Latn", "vie"), ("Latn", "frk"))
_WEAK = 0.76
_HOPELESS = 0.38
_FEW_LETTERS = 12


@dataclass(frozen=True, slots=True)
class Route:
    """``first`` reads the page with ``packs`` (Tesseract's names); ``second``, if any, helps where that is weak.

    ``line_by_line`` asks for the lines to be cut apart before Tesseract sees them.
    """

    first: str
    packs: tuple[str, ...]
    second: str | None = None
    line_by_line: bool = False


def route_language(language: Language) -> Route:
    """The route for a page whose language is known."""
    return _route(language.script, language.tesseract, rapidocr_knows=language.rapidocr)


def route_script(script: str) -> Route:
    """The route for a page of which only the script (ISO 15924) is known. Raises KeyError for an unknown script."""
    return _route(script, _BETTER_PACKS.get(script, SCRIPTS[script].tesseract), rapidocr_knows=True)


def _route(script: str, pack: str, *, rapidocr_knows: bool) -> Route:
    if script in _RAPIDOCR_FIRST:
        return Route(RAPIDOCR, (pack,), TESSERACT)
    second = RAPIDOCR if script in _RAPIDOCR_READS and rapidocr_knows else None
    return Route(TESSERACT, (pack,), second, line_by_line=script in _LINE_BY_LINE)


def route_latin(pack: str) -> Route:
    """The route for a page in Latin letters that this pack was found to read well."""
    return _route("Latn", pack, rapidocr_knows=pack != "vie")


def can_miss_latin(script: str) -> bool:
    """Whether Latin words on a page in this script need data of their own."""
    return script in _KNOWS_NO_LATIN


def add_latin(route: Route) -> Route:
    """The same, for a page with Latin words on it."""
    return replace(route, packs=(*route.packs, "eng"))


def route_accented_latin(language: Language) -> Route | None:
    """The route for a page that PP-OCR read in spite of letters that it lacks (Yoruba, Vietnamese); None: it has them.

    For Yoruba the data of all Latin languages made 11 % errors, its own 13 and PP-OCR 17.
    """
    if language.rapidocr or language.script != "Latn":
        return None
    packs = {pack for _, pack in _LATIN_ALTERNATIVES}
    return Route(TESSERACT, (language.tesseract if language.tesseract in packs else LATIN_PACK,))


def narrow_latin(route: Route, language: Language) -> Route:
    """The same, when the page was found to be in this language: its own data reads it in two thirds of the time."""
    return replace(route, packs=(language.tesseract,)) if route.packs == (LATIN_PACK,) else route


def widen_latin(route: Route) -> Route:
    """The same, for a page that turns out to be in more languages than one, or in another."""
    return replace(route, packs=(LATIN_PACK,))


def latin_alternatives() -> tuple[tuple[str, str], ...]:
    """(script, pack) pairs to try where the data for all Latin languages reads letters, but not well."""
    return _LATIN_ALTERNATIVES


def vote_candidates(likely: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """(script, pack) pairs to try on a page that isn't in Latin letters: the likely scripts, then by how common."""
    for script in dict.fromkeys((*likely, *_VOTE_PACKS)):
        if script in _VOTE_PACKS:
            yield script, _VOTE_PACKS[script]


def route_poor_latin() -> Route:
    """Latin letters that PP-OCR reads well and Tesseract doesn't: receipts, photos, dot matrix."""
    return Route(RAPIDOCR, (LATIN_PACK,), TESSERACT)


def mean_confidence(lines: Sequence[Line]) -> float:
    """Mean of the lines' calibrated confidences by characters; 0.0 when there is nothing."""
    letters = sum(len(line.text) for line in lines)
    return sum((line.confidence or 0.0) * len(line.text) for line in lines) / letters if letters else 0.0


def is_weak(lines: Sequence[Line]) -> bool:
    """Whether a second try may pay (confidences calibrated)."""
    return mean_confidence(lines) < _WEAK


def is_hopeless(lines: Sequence[Line]) -> bool:
    """Whether this may be no reading at all: the wrong script, or the page upside down."""
    return mean_confidence(lines) < _HOPELESS or sum(len(line.text) for line in lines) < _FEW_LETTERS
