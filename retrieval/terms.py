"""Text as search terms: comparable across case, accents, inflection and scripts that put no space between words."""

import re
import unicodedata
from functools import lru_cache

STEM_CHARS = 6
_MARKS = re.compile(r"[\u0300-\u036f\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200e\u200f]")
_SPACELESS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff"
_INDIC = r"\u0900-\u0963\u0966-\u0dff\u200c\u200d"
_WORD = re.compile(
    rf"""\d+(?:[.,:/\-]\d+)*          # a number, date or time in one piece
       | [{_SPACELESS}]+              # a run of a script without spaces
       | [{_INDIC}]+                  # vowel signs are marks, not letters, to a regular expression
       | [^\W\d_{_SPACELESS}{_INDIC}]+(?:['’][^\W\d_]+)?""",
    re.VERBOSE,
)
_ELISION = re.compile(
    r"\b(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quelqu|un|all|dall|dell|nell|sull|quell|quest|dov)['’](?=[^\W\d_]{2})"
)
"""Articles and the like that French and Italian write onto the next word: "l'œuf" is a word of its own and an egg."""
_INNER_GAP = re.compile(rf"(?<=[{_SPACELESS}])[^\S\t]+(?=[{_SPACELESS}])")
_PLURAL = re.compile("[a-z]{3,5}[a-hj-rtv-z]s|[a-z]{2}[aeo]?[a-hj-rtv-z]s")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_KOREAN_ENDING = re.compile(
    "(?<=..)(?:에서|으로|까지|부터|에게|이며|이고|은|는|이|가|을|를|에|의|로|와|과|도|만|(?:합|됩|습|입)?니[까다])$|(?<=.)[합됩입]니[까다]$"
)
"""Particles and polite endings: a noun is the same as subject and as topic."""
_ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3]")
_ARABIC_PREFIX = re.compile("^(?:[وفبك]?ال|لل)(?=...)")
_ARABIC_SUFFIX = re.compile("(?<=...)(?:تنا|تها|تهم|ته|ات|ون|ين|ها|نا|ه|ت)$")
"""The article with what is written onto it; endings of plural, feminine and possession (Larkey's light10 stemmer)."""
_SPACELESS_START = re.compile(rf"[{_SPACELESS}]")


def fold(text: str) -> str:
    """Compatibility forms and case folded, accents and vowel points removed (vowel *signs* of Indic scripts stay)."""
    decomposed = unicodedata.normalize("NFKD", text.replace("İ", "i").replace("ı", "i")).casefold()
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed)).replace("ى", "ي").replace("ة", "ه")


def split_words(text: str) -> list[str]:
    """Folded words and numbers in order; a run of a script without spaces is one word, also across a line's end.

    Elided articles ("l'", "dell'") are left out.
    """
    return _WORD.findall(_ELISION.sub(" ", join_spaceless(fold(text))))


def join_spaceless(text: str) -> str:
    """Without the gaps inside scripts that put no space between words: line ends, and what OCR takes for a space."""
    return _INNER_GAP.sub("", text)


def is_spaceless(word: str) -> bool:
    """Whether the word is a run of a script that puts no space between words."""
    return _SPACELESS_START.match(word) is not None


def to_terms(text: str) -> list[str]:
    """Search terms in order: numbers whole, words cut to a stem of six letters, bigrams for scripts without spaces."""
    return [term for word in split_words(text) for term in word_terms(word)]


@lru_cache(maxsize=65536)
def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one folded word."""
    if is_spaceless(word):
        return (word,) if len(word) == 1 else tuple(word[i : i + 2] for i in range(len(word) - 1))
    if word[0].isdigit():
        return (word,)
    if _HANGUL.match(word):
        return (_KOREAN_ENDING.sub("", word)[:STEM_CHARS],)
    if _ARABIC.match(word):
        return (_ARABIC_SUFFIX.sub("", _ARABIC_PREFIX.sub("", word))[:STEM_CHARS],)
    stem = re.split("['’]", word, maxsplit=1)[0] or word
    if _PLURAL.fullmatch(stem):  # "take" and "takes"; in longer words the stem is cut before the ending
        stem = stem[:-1]
    return (stem[:STEM_CHARS],)


def to_trigrams(text: str) -> list[str]:
    """Character trigrams of the folded words, borders marked: close spellings and OCR slips still share most."""
    return [gram for word in split_words(text) for gram in _word_trigrams(word)]


@lru_cache(maxsize=65536)
def _word_trigrams(word: str) -> tuple[str, ...]:
    padded = f"^{word}$"
    return tuple(padded[i : i + 3] for i in range(len(padded) - 2))
