"""Messages that lean on the question before: "and the second one?"."""

import re

from retrieval.keywords import keywords
from retrieval.language_guess import is_function_word
from retrieval.terms import fold, split_words

_FOLLOW_UP_WORDS = 10
_FOLLOW_UP_HEAVY_WORDS = 2


def is_follow_up(message: str, language: str | None) -> bool:
    """Whether a message leans on the one before: opens like it, or is short and points back with a pronoun."""
    folded = fold(message).strip()
    if _OPENERS.match(folded):
        return True
    words = split_words(message)
    heavy = [word for word in words if not is_function_word(word, language)]
    return len(words) <= _FOLLOW_UP_WORDS and len(heavy) <= _FOLLOW_UP_HEAVY_WORDS and bool(_POINTERS.search(folded))


def merge_questions(earlier: str, message: str) -> str:
    """The earlier question with what the follow-up changes: its ordinals, numbers and months replace the old."""
    if _ORDINALS.search(fold(message)):
        earlier = " ".join(word for word in earlier.split() if not _ORDINALS.fullmatch(fold(word).strip("?.,!")))
    if _CALENDAR.search(fold(message)):
        earlier = " ".join(word for word in earlier.split() if not _CALENDAR.fullmatch(fold(word).strip("?.,!")))
    if re.search(r"\d", message):
        earlier = " ".join(word for word in earlier.split() if not re.search(r"\d", word))
    return f"{earlier} {_OPENERS.sub('', message.strip())}".strip()


def wants_another(message: str) -> bool:
    """Whether a message asks for something else than what was quoted before."""
    folded = fold(message)
    return bool(_ORDINALS.search(folded) or _OTHERS.search(folded))


def has_ordinal(text: str) -> bool:
    """Whether a text counts: "the second one"."""
    return _ORDINALS.search(fold(text)) is not None


_OPENERS = re.compile(
    r"^(?:(?:and|but|also|so)\s+(?:what|who|when|where|why|how|which|the|for|in|on|of|is|was|does|did)?\b"
    r"|what about|how about|what else|who else|und\b|was ist mit|et\b|qu'en est-il|y\b|e\b"
    r"|en (?:de|het|wat|wie)\b|a co\b|а\b|и\b|ve\b"
    r"|peki\b|och\b|και\b|וְ?מה עם|و?ماذا عن|那么?|还有|では|それで|じゃあ|그럼|그리고|और|แล้ว|còn\b|thế còn)\s*",
    re.IGNORECASE,
)
_POINTERS = re.compile(
    r"\b(?:it|its|that|this|those|these|they|them|their|he|she|him|her|his|one|ones|same|er|sie|es|dies\w*|das|ihn"
    r"|il|elle|ils|cela|celui\w*|celle\w*|eso|esto|ella|ellos|esso|ele|ela|quello|он|она|оно|они|это|эт\w+|bu|bunu|onu|o)\b"
    r"|它|他们?|她|这个|那个|それ|これ|その|그것|이것|यह|वह|उस|มัน|nó\b"
)
_CALENDAR = keywords(
    "january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday",
    "wednesday|thursday|friday|saturday|sunday|januar|februar|märz|mai|juni|juli|oktober|dezember|montag|dienstag",
    "mittwoch|donnerstag|freitag|samstag|sonntag|janvier|février|mars|avril|juin|juillet|août|septembre|octobre",
    "novembre|décembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|enero|febrero|marzo|abril|mayo|junio",
    "julio|agosto|septiembre|octubre|noviembre|diciembre|lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|novembre|dicembre|январ*|феврал*|март*|апрел*",
    "мая|май|июн*|июл*|август*|сентябр*|октябр*|ноябр*|декабр*",
)
_ORDINALS = re.compile(
    r"\b(?:first|second|third|fourth|fifth|sixth|last|next|previous|1st|2nd|3rd|\dth|erste[nrs]?|zweite[nrs]?"
    r"|dritte[nrs]?|letzte[nrs]?|premi[eè]re?|deuxi[eè]me|seconde?|troisi[eè]me|derni[eè]re?|primer[oa]?|segund[oa]"
    r"|tercer[oa]?|ultim[oa]|primeir[oa]|terceir[oa]|prim[oa]|terz[oa]|eerste|tweede|derde|laatste|перв\w+|втор\w+|трет\w+"
    r"|последн\w+|birinci|ikinci|ucuncu)\b|第[一二三四五六七八九十\d]+|最后|最後|दूसर\w*|पहल\w*|तीसर\w*|두\s*번째|첫\s*번째"
)
_OTHERS = re.compile(
    r"\b(?:other|others|another|else|more|ander\w*|autre\w*|otr[oa]s?|outr[oa]s?|altr[oaie]|друг\w+|baska)\b|其他|別の|他の"
)
