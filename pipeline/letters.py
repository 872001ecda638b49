"""Which script letters belong to: properties of Unicode, nothing measured."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_UNICODE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "LATIN": "Latn",
        "CYRILLIC": "Cyrl",
        "GREEK": "Grek",
        "ARABIC": "Arab",
        "HEBREW": "Hebr",
        "SYRIAC": "Syrc",
        "THAANA": "Thaa",
        "DEVANAGARI": "Deva",
        "BENGALI": "Beng",
        "GURMUKHI": "Guru",
        "GUJARATI": "Gujr",
        "ORIYA": "Orya",
        "TAMIL": "Taml",
        "TELUGU": "Telu",
        "KANNADA": "Knda",
        "MALAYALAM": "Mlym",
        "SINHALA": "Sinh",
        "THAI": "Thai",
        "LAO": "Laoo",
        "KHMER": "Khmr",
        "MYANMAR": "Mymr",
        "TIBETAN": "Tibt",
        "GEORGIAN": "Geor",
        "ARMENIAN": "Armn",
        "ETHIOPIC": "Ethi",
        "CHEROKEE": "Cher",
        "CANADIAN": "Cans",
        "HANGUL": "Hang",
        "HIRAGANA": "Hira",
        "KATAKANA": "Hira",
        "CJK": "Hani",
        "IDEOGRAPHIC": "Hani",
        "FULLWIDTH": "Latn",
    }
)
"""What Unicode's name of a letter begins with -> ISO 15924 (both kana count as ``Hira``)."""

_LETTERS_OF: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "Latf": frozenset({"Latn"}),
        "Kore": frozenset({"Hang"}),
        "Jpan": frozenset({"Hira", "Hani"}),
        "Hans": frozenset({"Hani"}),
        "Hant": frozenset({"Hani"}),
    }
)
_MIXED_CJK = 0.2

# Characters of everyday words that are written in only one of the two ways.
_SIMPLIFIED = frozenset(
    "这国们个为来时说对发会过还进没从样见动关问东车马长门书学实现点经应电话间头让请运远边达选单务产业义乐习买卖"
)
_TRADITIONAL = frozenset(
    "這國們個為來時說對發會過還進沒從樣見動關問東車馬長門書學實現點經應電話間頭讓請運遠邊達選單務產業義樂習買賣"
)


def script_of_text(text: str) -> str | None:
    """The script (ISO 15924) of most letters of ``text``; None without letters."""
    counts: Counter[str] = Counter()
    for character, count in Counter(text).items():
        script = script_of_character(character) if character.isalpha() else None
        if script:
            counts[script] += count
    if not counts:
        return None
    # A page of Chinese or Japanese often has Latin names in it, the reverse is rare.
    if counts["Hira"] + counts["Hani"] > max(_MIXED_CJK * counts.total(), counts["Hang"]):
        return tell_han_apart(text)
    best = next(script for script, _ in counts.most_common() if script not in {"Hira", "Hani"})
    return {"Hang": "Kore"}.get(best, best)


@lru_cache(maxsize=8192)
def script_of_character(character: str) -> str | None:
    """ISO 15924, with ``Hira`` for both kana, ``Hani`` for every ideograph and ``Hang``; None for signs and digits."""
    return _UNICODE_NAMES.get(unicodedata.name(character, "").split(" ", 1)[0])


def belongs(character: str, script: str) -> bool:
    """Whether a letter or mark is used to write ``script`` (a code of :data:`pipeline.languages.SCRIPTS`)."""
    return script_of_character(character) in _LETTERS_OF.get(script, {script})


def letter_share(text: str, script: str) -> float:
    """The share (0..1) of the letters in ``text`` that belong to the script; 0.0 without letters."""
    letters = {character: count for character, count in Counter(text).items() if character.isalpha()}
    own = sum(count for character, count in letters.items() if belongs(character, script))
    return own / sum(letters.values()) if letters else 0.0


def tell_han_apart(text: str, script: str = "Hans") -> str:
    """``Hans``, ``Hant`` or ``Jpan``: kana mean Japanese, else the characters that only one of the others uses.

    ``script`` is the answer where the text gives no hint.
    """
    counts = Counter(script_of_character(character) for character in text)
    if counts["Hira"] > 0.05 * counts["Hani"]:
        return "Jpan"
    simplified = sum(character in _SIMPLIFIED for character in text)
    traditional = sum(character in _TRADITIONAL for character in text)
    if simplified == traditional:
        # Names and headings may have none of these: ask the old national character sets.
        simplified, traditional = _count_encodable(text, "gb2312"), _count_encodable(text, "big5")
    if simplified == traditional:
        return script
    return "Hans" if simplified > traditional else "Hant"


def _count_encodable(text: str, encoding: str) -> int:
    return len(text.encode(encoding, "ignore").decode(encoding))
