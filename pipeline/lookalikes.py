"""Characters that engines confuse because they look the same, set right by the script around them.

Only pairs that no picture could tell apart are touched, and only where their neighbours leave no doubt: a comma between
Arabic letters is the Arabic comma, a Latin ``o`` inside a Cyrillic word the Cyrillic one.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from pipeline.document import Line

_ARABIC = "\u0620-\u064a\u066e-\u06d3\u06fa-\u06ff"
_ARMENIAN = "\u0531-\u0587"
_MYANMAR_LETTERS = "\u1000-\u1021\u1023-\u102a\u103f"
_MYANMAR_MARKS = "\u102b-\u103e"
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d"
_INDIC = "\u0900-\u0963\u0966-\u0d7f"

_ARABIC_MARKS = {",": "،", ";": "؛", "?": "؟"}


def _rule(pattern: str, replacement: str | Callable[[re.Match[str]], str]) -> Callable[[str], str]:
    compiled = re.compile(pattern)
    return lambda text: compiled.sub(replacement, text)


# It keeps a letter from joining the next one, and at the end of a word there is none.
_LAST_NON_JOINER = _rule(f"(?<=[{_VIRAMAS}])\u200c(?![{_INDIC}\u0d80-\u0dff])", "")

_RULES: Mapping[str, tuple[Callable[[str], str], ...]] = MappingProxyType(
    {
        "Arab": (_rule(f"(?<=[{_ARABIC}])[,;?](?!\\d)", lambda match: _ARABIC_MARKS[match.group()]),),
        "Armn": (_rule(f"(?<=[{_ARMENIAN}]):", "։"),),
        "Grek": (_rule("\u00b5", "\u03bc"),),
        # Two word separators are how the full stop was cast before it had a code of its own.
        "Ethi": (_rule("(?:፡፡|::|፡:|:፡)", "።"), _rule("(?<=[\u1200-\u135a]):(?=[\u1200-\u135a])", "፡")),
        # Sara am, typed as its two halves, also with a tone mark between them.
        "Laoo": (_rule("\u0ecd([\u0ec8-\u0ecb]?)\u0eb2", "\\1\u0eb3"),),
        "Thai": (_rule("\u0e4d([\u0e48-\u0e4b]?)\u0e32", "\\1\u0e33"),),
        # The digit zero and the letter wa are one ring.
        "Mymr": (
            _rule(f"(?<![\u1040-\u1049])\u1040(?=[{_MYANMAR_LETTERS}{_MYANMAR_MARKS}])", "\u101d"),
            # The section marks are one and two strokes.
            _rule(f"(?<=[{_MYANMAR_LETTERS}{_MYANMAR_MARKS}])(?:!!|\\|\\||II|ll)", "\u104b"),
            _rule(f"(?<=[{_MYANMAR_LETTERS}{_MYANMAR_MARKS}])[!|]", "\u104a"),
        ),
        **dict.fromkeys(
            ("Deva", "Beng", "Guru", "Gujr", "Orya"),
            (
                _rule(f"(?<=[{_INDIC}])(\\s?)\\|\\|", r"\1॥"),
                _rule(f"(?<=[{_INDIC}])(\\s?)\\|(?!\\S)", r"\1।"),
                _LAST_NON_JOINER,
            ),
        ),
        **dict.fromkeys(("Telu", "Knda", "Mlym"), (_LAST_NON_JOINER,)),
        # The dot over a Tamil letter shows whatever follows.
        "Taml": (_rule("(?<=\u0bcd)\u200c", ""),),
    }
)

_LATIN_TWINS: Mapping[str, Mapping[int, int]] = MappingProxyType(
    {
        "Cyrl": str.maketrans("ABCEHIJKMOPSTXaceijopsxyё", "АВСЕНІЈКМОРЅТХасеіјорѕхуё"),
        "Grek": str.maketrans("ABEZHIKMNOPTYXov", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον"),
    }
)
_LETTERS = {"Cyrl": re.compile("[\u0400-\u052f]"), "Grek": re.compile("[\u0370-\u03ff\u1f00-\u1fff]")}
_LATIN_LETTER = re.compile("[A-Za-z]")
_WORD = re.compile(r"\w+")


def correct_text(text: str, script: str | None) -> str:
    """``text`` of a page in ``script`` (ISO 15924) with look-alikes set right.

    >>> correct_text("при,мeр", "Cyrl")
    'при,мер'
    """
    for rule in _RULES.get(script or "", ()):
        text = rule(text)
    if script is not None and script in _LATIN_TWINS:
        text = _WORD.sub(lambda match: _of_one_script(match.group(), script), text)
    return text


def correct_lines(lines: Sequence[Line], script: str | None) -> tuple[Line, ...]:
    """The lines with their text and their words' texts set right."""
    return _with_texts(lines, lambda text: correct_text(text, script))


_COMMA_BELOW = str.maketrans("ŞşŢţ", "ȘșȚț")
_OF_LANGUAGE: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        # Unicode gave Romanian letters of its own; Tesseract's data still has the Turkish ones.
        "ro": lambda text: text.translate(_COMMA_BELOW),
        **dict.fromkeys(("it", "fr"), _rule(r"(?<![\w'’])ll(?!\w)", "Il")),
    }
)


def correct_letters(lines: Sequence[Line], language: str | None) -> tuple[Line, ...]:
    """The lines with what only their language decides set right."""
    correct = _OF_LANGUAGE.get(language or "")
    return _with_texts(lines, correct) if correct else tuple(lines)


def _with_texts(lines: Sequence[Line], correct: Callable[[str], str]) -> tuple[Line, ...]:
    return tuple(
        replace(
            line,
            text=correct(line.text),
            words=tuple(replace(word, text=correct(word.text)) for word in line.words),
        )
        for line in lines
    )


def _of_one_script(word: str, script: str) -> str:
    latin = len(_LATIN_LETTER.findall(word))
    if not latin or latin >= len(_LETTERS[script].findall(word)):
        return word
    corrected = word.translate(dict(_LATIN_TWINS[script]))
    return word if _LATIN_LETTER.search(corrected) else corrected
