"""Which language a short text is in: by its script, and among the languages of a script by its function words.

Good enough to choose the words of a refusal and to notice that question and document differ; recognising pages has its
own detection. The function words come from the package ``stopwordsiso`` (MIT).
"""

import re
import unicodedata
from collections import Counter
from functools import cache

from retrieval.terms import fold, split_words

_SCRIPT_LANGUAGES: dict[str, tuple[str, ...]] = {
    "LATIN": (
        "en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sv", "da", "no", "fi", "hu", "ro", "tr", "vi", "id",
        "sk", "sl", "hr", "lt", "lv", "et", "ca", "ga", "sq",
    ),
    "CYRILLIC": ("ru", "uk", "bg"),
    "ARABIC": ("ar", "fa", "ur"),
    "DEVANAGARI": ("hi", "mr"),
    "GREEK": ("el",), "HEBREW": ("he",), "THAI": ("th",), "HANGUL": ("ko",), "HIRAGANA": ("ja",), "KATAKANA": ("ja",),
    "CJK": ("zh",), "ARMENIAN": ("hy",), "BENGALI": ("bn",), "GUJARATI": ("gu",), "GEORGIAN": ("ka",),
    "TAMIL": ("ta",), "TELUGU": ("te",), "KANNADA": ("kn",), "MALAYALAM": ("ml",), "KHMER": ("km",), "LAO": ("lo",),
    "MYANMAR": ("my",), "SINHALA": ("si",), "GURMUKHI": ("pa",), "ETHIOPIC": ("am",),
}  # fmt: skip
_TELLING_LETTERS = {
    "tr": "ığşöüç", "es": "¿¡ñ", "de": "ßäü", "pt": "ãõ", "pl": "łąęż", "cs": "ěřů", "hu": "őű", "ro": "ăț",
    "vi": "đơưạệ", "fr": "œêùç", "sv": "å", "da": "æø", "uk": "іїєґ", "bg": "ъщ", "ru": "ыэё", "fa": "پچژگ",
    "ur": "ٹڈڑے",
}  # fmt: skip
_SAMPLE_CHARS = 4000
_INTERNATIONAL = frozenset({"total", "data", "final", "general", "central", "normal", "real", "principal"})
"""Content words of several languages that a list of function words has for one."""
_MIN_VOTE = 0.03
_ENOUGH_VOTES = 0.4
_LONG_WORDS = 200
_ENGLISH = frozenset(
    """a an the of in on at to for from by with and or but if so as is are was were be been being am do does did doing
    done has have had having what which who whom whose when where why how many much that this these those it its not no
    can cannot could would should may might will shall must there their they them he she his her him i you we us our my
    your than then into about between over under up out off only also such any some each both all more most other own
    same too very just during before after above below again once here while because until against through please tell
    me give show find name list say says said mention mentioned according document page text file""".split()  # noqa: SIM905 (as text)
)  # fmt: skip


def guess_script(text: str) -> str:
    """The script of most letters as Unicode names it (``LATIN``, ``CJK``, ...); kana outweighs Han; "" for none."""
    counts = Counter(unicodedata.name(char, "").partition(" ")[0] for char in text[:_SAMPLE_CHARS] if char.isalpha())
    kana = counts["HIRAGANA"] + counts["KATAKANA"]
    if kana and kana * 8 > counts["CJK"]:
        counts["HIRAGANA"] += counts["CJK"] + counts["KATAKANA"]
    known = [(count, script) for script, count in counts.items() if script in _SCRIPT_LANGUAGES]
    return max(known)[1] if known else ""


def guess_language(text: str, *, likely: str | None = None) -> str | None:
    """An ISO 639-1 code, or None when nothing speaks for any language.

    ``likely`` is the language it should be unless the text clearly says otherwise: a short question in the document's.
    """
    candidates = _SCRIPT_LANGUAGES.get(guess_script(text), ())
    if len(candidates) < 2:
        return candidates[0] if candidates else None
    words = split_words(text[:_SAMPLE_CHARS])
    votes = {code: sum(_weight(word, code, candidates) for word in words) for code in candidates}
    for code, letters in _TELLING_LETTERS.items():
        if code in votes:
            votes[code] += sum(map(text[:_SAMPLE_CHARS].casefold().count, letters)) / 2
    best = max(votes, key=lambda code: votes[code])
    if likely in votes and (len(words) == 1 or votes[likely] > _ENOUGH_VOTES * votes[best]):
        return likely
    if votes[best] > _MIN_VOTE * min(len(words), _LONG_WORDS):
        return best
    if likely in candidates:
        return likely
    return None if guess_script(text) == "LATIN" else candidates[0]


def is_function_word(word: str, language: str | None) -> bool:
    """Whether a folded word carries little meaning of its own; an unknown language is judged as English."""
    return word in function_words(language or "en")


@cache
def function_words(language: str) -> frozenset[str]:
    """The folded function words of a language; empty when there is no list."""
    if language == "en":
        return _ENGLISH
    import stopwordsiso

    if not stopwordsiso.has_lang(language):
        return frozenset()
    return frozenset(
        part for word in stopwordsiso.stopwords(language) for part in [fold(word)] if not re.search(r"[\s\d]", part)
    )


def _weight(word: str, language: str, candidates: tuple[str, ...]) -> float:
    """A word that few languages share says more."""
    if word not in function_words(language) or word in _INTERNATIONAL:
        return 0.0
    return 1 / sum(word in function_words(code) for code in candidates)
