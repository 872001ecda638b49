"""A reading of a page: which language it turned out to be in, and whether that is the one it was made for."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.document import Line
from pipeline.language_detection import detect_language, find_only_language
from pipeline.languages import find_language
from pipeline.letters import script_of_text
from pipeline.prepare import PreparedPage
from pipeline.routing import LATIN_PACK, RAPIDOCR, Route, latin_alternatives, mean_confidence, route_accented_latin
from pipeline.script_vote import Vote

_CLEAR = 0.85  # score of a line without which another one is read


@dataclass(frozen=True, slots=True)
class Reading:
    """Lines in pixels of ``prepared``'s image, confidences calibrated; ``engine`` is who read them.

    ``is_script_assumed`` says that no script was recognised, so that the page may well lie on its side.
    """

    prepared: PreparedPage
    lines: tuple[Line, ...]
    engine: str
    route: Route
    language: str | None = None
    script: str | None = None
    is_script_assumed: bool = False


def better_of(reading: Reading, other: Reading | None) -> Reading:
    """The other one where it is read at least as well."""
    if other is None or mean_confidence(other.lines) < mean_confidence(reading.lines):
        return reading
    return other


def identify(lines: Sequence[Line], script: str, engine: str) -> tuple[str, str | None]:
    """Script and language of a page that was taken to be in ``script``. What PP-OCR read shows its script itself."""
    text = "\n".join(line.text for line in lines)
    if engine == RAPIDOCR:
        script = script_of_text(text) or script
    return script, detect_language(text, script)


def find_accented_route(text: str) -> Route | None:
    """The route for a language that PP-OCR lacks letters of, where a few lines show it; PP-OCR need not try then."""
    only = find_language(find_only_language(text, "Latn") or "")
    return route_accented_latin(only) if only else None


def tells_language(latin: Vote) -> bool:
    """Whether what was read so far is read well and in one language: the page can be read with that one's data.

    Whether all of the page is in it is seen then (:func:`fits`).
    """
    return latin.score >= _CLEAR and find_only_language(latin.text, "Latn") is not None


def fits(route: Route, lines: Sequence[Line]) -> bool:
    """Whether the page is in the language that it was taken for, and in no other."""
    if route.packs in {(LATIN_PACK,), *((pack,) for _, pack in latin_alternatives())}:
        return True
    only = find_language(find_only_language("\n".join(line.text for line in lines), "Latn") or "")
    return only is not None and only.tesseract == route.packs[0]
