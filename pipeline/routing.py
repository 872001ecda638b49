"""Which engine reads what: decisions only, no pixels.

The tables hold what was measured (docs/benchmarks.md): PP-OCR reads Chinese and Japanese without an error where
Tesseract makes 1-4 %, and receipts and photos twice as well; everything else printed belongs to Tesseract, which
costs half as much and knows all scripts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.document import Line
from pipeline.languages import SCRIPTS, Language

TESSERACT = "tesseract"
RAPIDOCR = "rapidocr"

_RAPIDOCR_FIRST = frozenset({"Hans", "Hant", "Jpan"})
_RAPIDOCR_READS = _RAPIDOCR_FIRST | {"Latn"}
# Scripts whose marks above and below the letters reach into the neighbouring lines.
_LINE_BY_LINE = frozenset({"Mymr", "Khmr", "Thai", "Laoo", "Tibt"})
# Where one language's data reads its script better than the script's own data does.
_BETTER_PACKS: Mapping[str, str] = MappingProxyType({"Khmr": "khm", "Thai": "tha", "Mymr": "mya", "Ethi": "amh"})
_LATIN_PACKS = ("Latin", "Vietnamese", "Fraktur")
_COMMON = ("Latn", "Cyrl", "Arab", "Deva", "Kore", "Grek", "Hebr")
_VOTE_ORDER = (*_COMMON, *(code for code in SCRIPTS if code not in (*_COMMON, "Latf")))
_WEAK = 0.86
_HOPELESS = 0.5
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


def route_pack(script: str, pack: str) -> Route:
    """The route for a page of this script that was found to be read well with this pack."""
    return _route(script, pack, rapidocr_knows=pack != "Vietnamese")


def vote_candidates(likely: Sequence[str] = (), *, only_likely: bool = False) -> Iterator[tuple[str, str]]:
    """(script, pack) pairs to try on a page of unknown script: the likely ones, then the others, common ones first."""
    for script in dict.fromkeys((*likely, *(() if only_likely else _VOTE_ORDER))):
        for pack in _LATIN_PACKS if script == "Latn" else (_BETTER_PACKS.get(script, SCRIPTS[script].tesseract),):
            yield script, pack


def route_poor_latin() -> Route:
    """Latin letters that PP-OCR reads well and Tesseract doesn't: receipts, photos, dot matrix."""
    return Route(RAPIDOCR, ("Latin",), TESSERACT)


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
