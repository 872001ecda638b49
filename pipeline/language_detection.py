"""Which language a text is in, once its script is known.

Scripts that one language has to itself need no look at the text. Simplified, traditional and Japanese writing are told
apart by their characters. For the rest we ask CLD2 (Compact Language Detector 2, Apache-2.0, package ``pycld2``):
naive Bayes over groups of four letters, its tables compiled in (7 MB of memory, some 20 microseconds a page).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pipeline.languages import LANGUAGES, find_language
from pipeline.letters import belongs, script_of_text, tell_han_apart

_CANDIDATES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Latn": (
            *("en", "es", "fr", "de", "pt", "it", "nl", "pl", "tr", "vi", "id", "cs", "ro", "hu", "sv", "da", "no"),
            *("fi", "sk", "hr", "sl", "lt", "lv", "et", "ca", "ms", "fil", "sw", "af", "sq", "is", "ga", "cy", "eu"),
        ),
        "Latf": ("de-Latf",),
        "Cyrl": ("ru", "uk", "bg", "sr-Cyrl", "kk", "be", "mk", "mn", "ky", "tg", "tt", "uz-Cyrl"),
        "Grek": ("el", "grc"),
        "Arab": ("ar", "fa", "ur", "ps", "ckb", "ug", "sd"),
        "Hebr": ("he", "yi"),
        "Syrc": ("syr",),
        "Thaa": ("dv",),
        "Deva": ("hi", "mr", "ne", "sa"),
        "Beng": ("bn", "as"),
        "Guru": ("pa",),
        "Gujr": ("gu",),
        "Orya": ("or",),
        "Taml": ("ta",),
        "Telu": ("te",),
        "Knda": ("kn",),
        "Mlym": ("ml",),
        "Sinh": ("si",),
        "Thai": ("th",),
        "Laoo": ("lo",),
        "Khmr": ("km",),
        "Mymr": ("my",),
        "Tibt": ("bo", "dz"),
        "Geor": ("ka",),
        "Armn": ("hy",),
        "Ethi": ("am", "ti"),
        "Cher": ("chr",),
        "Cans": ("iu", "cr", "oj"),
        "Kore": ("ko",),
        "Jpan": ("ja",),
        "Hans": ("zh-Hans",),
        "Hant": ("zh-Hant",),
    }
)

# The first candidate is right unless the text clearly says otherwise: the others are rare, old or close relatives.
_DOMINATED = frozenset({"Grek", "Hebr", "Beng", "Ethi", "Tibt"})
_HAN = frozenset({"Hans", "Hant", "Jpan"})
_ENOUGH_LETTERS = 20
_ENOUGH_WORDS_LETTERS = 40
_NEARLY_ALL_PERCENT = 90


def candidate_languages(script: str) -> tuple[str, ...]:
    """Languages to expect in a script (ISO 15924), most common first. Raises KeyError for an unknown script."""
    return _CANDIDATES[script]


def detect_language(text: str, script: str | None = None) -> str | None:
    """The code (of :mod:`pipeline.languages`) of the language that most of ``text`` is in.

    ``script`` (ISO 15924) is what the page was found to be in; None looks at the letters. A language that is not
    written in that script is never the answer. None when there is too little text to tell, or no language stands out.
    Tolerates the mistakes of an OCR engine; text in capitals is fine.
    """
    script = script or script_of_text(text)
    if script is None:
        return None
    if script in _HAN:
        script = tell_han_apart(text, script)
    candidates = _CANDIDATES.get(script, ())
    if len(candidates) == 1:
        # A page set in Fraktur is in German, not in a language called "German (Fraktur)".
        return candidates[0].removesuffix("-Latf")
    found = _ask_cld2(text, script)
    return found or (candidates[0] if script in _DOMINATED else None)


def find_only_language(text: str, script: str) -> str | None:
    """The code of the language that certainly all of ``text`` is in; None where there is a doubt or a second language.

    ``script`` as for :func:`detect_language`. For choosing an engine's data, not for naming a page's language.
    """
    found = _run_cld2(text, script)
    if found is None or not found.is_reliable or found.letters < _ENOUGH_WORDS_LETTERS:
        return None
    first = found.languages[0]
    return _find_code(first[0], script) if first[1] >= _NEARLY_ALL_PERCENT else None


def _ask_cld2(text: str, script: str) -> str | None:
    """CLD2's best language that is written in ``script``; its own doubts count, unless there is a lot of text."""
    found = _run_cld2(text, script)
    if found is None:
        return None
    if not found.is_reliable and found.letters >= _ENOUGH_WORDS_LETTERS:
        found = _run_cld2(text, script, best_effort=True)
    elif not found.is_reliable:
        return None
    languages = found.languages if found else ()
    return next(filter(None, (_find_code(code, script) for code, _ in languages)), None)


@dataclass(frozen=True, slots=True)
class _Cld2Answer:
    """``languages`` are (its own code, share of the text in per cent), most text first; three at most."""

    is_reliable: bool
    letters: int
    languages: tuple[tuple[str, int], ...]


def _run_cld2(text: str, script: str, *, best_effort: bool = False) -> _Cld2Answer | None:
    """None for too few letters of the script."""
    import pycld2

    counts = Counter(text)
    letters = sum(count for character, count in counts.items() if character.isalpha() and belongs(character, script))
    if letters < _ENOUGH_LETTERS:
        return None
    # It knows Georgian in small letters only, and refuses control characters and lone surrogates.
    clean = text.lower().translate({ord(sign): " " for sign in counts if not sign.isprintable()})
    is_reliable, _, found = pycld2.detect(clean.encode("utf-8", "ignore"), isPlainText=True, bestEffort=best_effort)
    return _Cld2Answer(is_reliable, letters, tuple((code, percent) for _, code, percent, _ in found))


def _find_code(cld2_code: str, script: str) -> str | None:
    language = find_language(f"{cld2_code}-{_plain(script)}") or find_language(cld2_code)
    return language.code if language and LANGUAGES[language.code].script == _plain(script) else None


def _plain(script: str) -> str:
    return "Latn" if script == "Latf" else script
