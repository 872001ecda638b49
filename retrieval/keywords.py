"""Keywords of many languages as one pattern."""

import re

from retrieval.terms import fold, is_spaceless


def keywords(*lists: str) -> re.Pattern[str]:
    """A pattern that finds any of the words in folded text (:func:`retrieval.terms.fold`).

    Each string lists words or phrases separated by ``|``. They match whole; a trailing ``*`` lets a word go on, and
    words of scripts without spaces match anywhere.
    """
    return re.compile("|".join(_to_pattern(word) for text in lists for word in text.split("|")))


def _to_pattern(word: str) -> str:
    stem = fold(word.strip())
    body = re.escape(stem.rstrip("*")).replace(r"\ ", r"\s+")
    if is_spaceless(stem):
        return body
    return rf"(?<!\w){body}" + (r"\w*" if stem.endswith("*") else r"(?!\w)")
