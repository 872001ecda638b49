"""Which language a text is in, once its script is known.

Scripts that one language has to itself need no look at the text. Simplified, traditional and Japanese writing are told
apart by their characters. For the rest we ask CLD2 (Compact Language Detector 2, Apache-2.0, package ``pycld2``):
naive Bayes over groups of four letters, its tables compiled in (7 MB of memory, some 20 microseconds a page).
"""

from collections.abc import Mapping
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


def _ask_cld2(text: str, script: str) -> str | None:
    """CLD2's best language that is written in ``script``; its own doubts count, unless there is a lot of text."""
    import pycld2

    letters = sum(character.isalpha() and belongs(character, script) for character in text)
    if letters < _ENOUGH_LETTERS:
        return None
    # It knows Georgian in small letters only, and refuses control characters and lone surrogates.
    clean = "".join(character if character.isprintable() else " " for character in text.lower())
    data = clean.encode("utf-8", "ignore")
    is_reliable, _, found = pycld2.detect(data, isPlainText=True)
    if not is_reliable and letters >= _ENOUGH_WORDS_LETTERS:
        _, _, found = pycld2.detect(data, isPlainText=True, bestEffort=True)
    elif not is_reliable:
        return None
    for _, code, _, _ in found:
        language = find_language(f"{code}-{_plain(script)}") or find_language(code)
        if language and LANGUAGES[language.code].script == _plain(script):
            return language.code
    return None


def _plain(script: str) -> str:
    return "Latn" if script == "Latf" else script
