"""Reasons to distrust a sentence that looks like an answer.

Word overlap and embeddings cannot tell "easier" from "harder" or one treaty from another. These checks compare what a
question takes for granted (names, numbers, polarity) with what the sentence says. They see mismatches, not meaning: a
reader model sees more.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Self

from rapidfuzz import fuzz, process

from retrieval.language_guess import guess_language
from retrieval.question import Question
from retrieval.terms import fold, split_words, to_terms, word_terms


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """The folded words of the documents searched: ``words`` as a set, ``sequence`` in order."""

    words: frozenset[str]
    sequence: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        sequence = tuple(split_words(text))
        return cls(frozenset(sequence), sequence)

    def has_sequence(self, words: Sequence[str]) -> bool:
        """Whether these words follow each other somewhere."""
        if not words or words[0] not in self.words:
            return False
        size = len(words)
        return any(list(self.sequence[at : at + size]) == list(words) for at in range(len(self.sequence) - size + 1))

    def has_part(self, digits: str) -> bool:
        """Whether some word or number holds these digits, as ``2024-05-01`` holds 2024."""
        return any(digits in word for word in self.words)

    def numbers_after(self, word: str) -> frozenset[str]:
        """The numbers that directly follow a word, in any inflection that search takes for the same."""
        terms = word_terms(word)
        found = (
            number for before, number in pairwise(self.sequence) if number.isdecimal() and word_terms(before) == terms
        )
        return frozenset(found)

    def has_near(self, first: str, second: str, distance: int) -> bool:
        """Whether the words stand at most ``distance`` apart somewhere; True when either is missing altogether."""
        if first not in self.words or second not in self.words:
            return True
        places = [index for index, word in enumerate(self.sequence) if word == first]
        return any(second in self.sequence[max(0, at - distance) : at + distance + 1] for at in places)


class Conflict(StrEnum):
    """Why a sentence does not answer a question that it resembles."""

    NEGATION = "negation"
    OPPOSITE = "opposite"
    NUMBER = "number"
    NAME = "name"


def find_conflict(question: Question, sentence: str, surroundings: str, document: DocumentWords) -> Conflict | None:
    """The first mismatch between a question and the sentence that would answer it.

    ``surroundings`` is the sentence with its neighbours, ``document`` the words of all that was searched.
    """
    language = question.language
    if _is_negated(question.asked, language) and not _is_negated(sentence, language, as_evidence=True):
        return Conflict.NEGATION
    if _has_opposite(question.asked, sentence, language):
        return Conflict.OPPOSITE
    if _has_foreign_number(question, sentence, surroundings) or _has_unknown_code(question, document):
        return Conflict.NUMBER
    if _has_other_number(question, surroundings, document):
        return Conflict.NUMBER
    if _has_foreign_name(question, sentence, surroundings, document):
        return Conflict.NAME
    return None


_NEGATIONS = {
    "en": r"not|never|no|none|neither|nor|without|cannot|\w+n['’]t",
    "de": r"nicht|nie|niemals|kein\w*|weder|ohne",
    "fr": r"ne|n(?=['’])|pas|jamais|aucun\w*|sans",
    "es": r"no|nunca|sin|ningun\w*|ningún|jamás",
    "pt": r"não|nunca|sem|nenhum\w*|jamais",
    "it": r"non|mai|nessun\w*|senza",
    "nl": r"niet|nooit|geen|zonder",
    "sv": r"inte|aldrig|ingen|inget|inga|utan",
    "pl": r"nie|nigdy|bez|żad\w+",
    "ru": r"не|никогда|нет|ни|без",
    "uk": r"не|ніколи|немає|без",
    "el": r"δεν|δε|μην|ποτέ|χωρίς",
    "tr": r"değil\w*|hiçbir|asla",
    "ar": r"لا|ليس\w*|لم|لن|غير|بدون",
    "hi": "नहीं|बिना",
    "vi": r"không|chẳng",
}
"""Words that turn a statement round, by language: "sin" is "without" in Spanish and "its" in Swedish."""
_SPACELESS_NEGATIONS = r"不是|不会|不能|没有|未|ない|ません|않|없|ไม่"
_ASKED_OPENLY = re.compile(
    r"n['’]est-ce pas|không\s*[?？]*\s*$|หรือไม่|หรือยัง|(\w)不\1|有没有|没有\s*[?？]\s*$"
    r"|(?:なければ|なくては|ないと)(?:なら|なり|いけ)(?:ない|ません)|ませんか|ないですか|(?:없|않)(?:나요|습니까|을까요|아도)"
)
"""Yes-or-no questions and "must" in the shape of a negation: "or not?", "isn't it?", "may it not fail to"."""
_EVIDENCE_ONLY = {
    "en": r"except\w*|exclud\w*|lack\w*|fail\w*|unable|impossible|refus\w*|deni\w*|absence|rather|un\w{5,}|non"
    r"|forbid\w*|prohibit\w*",
    "de": r"un\w{5,}|fehl\w*|verbot\w*|ausgenommen|ausgeschlossen|außer|untersag\w*",
    "fr": r"absence|manque\w*|défaut|interdi\w*|exclu\w*|sauf|non|hors",
    "es": r"falta\w*|ausencia|prohib\w*|exclu\w*|excepto|salvo",
    "pt": r"falta\w*|ausência|proibi\w*|exclu\w*|exceto|salvo",
    "it": r"assenza|manca\w*|vietat\w*|proibit\w*|esclus\w*|tranne|eccetto",
    "nl": r"ontbre\w*|verbod\w*|uitgezonderd|behalve|on\w{5,}",
    "pl": r"brak\w*|zabron\w*|zakaz\w*|oprócz|wyłącz\w*",
    "ru": r"кроме|нельзя|запрещ\w*|отсутств\w*|исключ\w*",
    "uk": r"крім|заборон\w*|відсутн\w*|виключ\w*",
    "tr": r"yasak\w*|hariç|\w{3,}s[ıiuü]z",
}
_SPACELESS_EVIDENCE = r"不|無|无|非"


def _is_negated(text: str, language: str | None, *, as_evidence: bool = False) -> bool:
    """Whether a text denies something, in the words of its language (None: English).

    Evidence may deny in more ways than a question would.
    """
    code = language or "en"
    words = [pattern[code] for pattern in (_NEGATIONS, _EVIDENCE_ONLY if as_evidence else {}) if code in pattern]
    loose = f"{_SPACELESS_NEGATIONS}|{_SPACELESS_EVIDENCE}" if as_evidence else _SPACELESS_NEGATIONS
    pattern = "|".join([*(rf"(?<!\w)(?:{one})(?!\w)" for one in words), loose])
    return re.search(pattern, text.casefold() if as_evidence else _ASKED_OPENLY.sub(" ", text.casefold())) is not None


_OPPOSITES = """more/less more/fewer most/least most/fewest highest/lowest higher/lower largest/smallest larger/smaller
biggest/smallest bigger/smaller greatest/least greater/less greater/smaller longest/shortest longer/shorter
increase/decrease increased/decreased increases/decreases rise/fall rose/fell gain/loss easy/difficult easy/hard
easier/harder easiest/hardest simple/complex general/specific quantitative/qualitative first/last earliest/latest
earlier/later before/after oldest/youngest oldest/newest older/newer older/younger old/new best/worst better/worse
strong/weak stronger/weaker strongest/weakest fast/slow faster/slower fastest/slowest hot/cold warm/cool north/south
northern/southern east/west eastern/western left/right upper/lower internal/external interior/exterior inner/outer
inside/outside maximum/minimum majority/minority public/private male/female men/women man/woman boys/girls import/export
imports/exports open/closed opened/closed begin/end began/ended start/stop started/stopped buy/sell bought/sold win/lose
won/lost winner/loser victory/defeat attack/defend accept/reject accepted/rejected allow/forbid allowed/forbidden
legal/illegal formal/informal direct/indirect common/rare common/uncommon known/unknown possible/impossible like/unlike
similar/different same/different agree/disagree agreed/disagreed appear/disappear include/exclude includes/excludes
including/excluding success/failure support/oppose supported/opposed supporters/opponents enemy/ally enemies/allies
positive/negative active/passive rich/poor wide/narrow deep/shallow heavy/light high/low early/late above/below
attract/repel attracted/repelled unite/divide united/divided create/destroy created/destroyed join/leave
joined/left raise/lower raised/lowered add/remove added/removed rural/urban ancient/modern present/absent parent/child
employer/employee debit/credit income/expense gross/net tenant/landlord buyer/seller lender/borrower arrival/departure
länger/kürzer größer/kleiner größte/kleinste höher/niedriger mehr/weniger vor/nach erste/letzte gewinn/verlust
plus/moins avant/après premier/dernier más/menos antes/después primero/último mayor/menor больше/меньше до/после"""


def _pair_up(pairs: str) -> Mapping[str, frozenset[str]]:
    opposites: dict[str, frozenset[str]] = {}
    for pair in pairs.split():
        left, right = (fold(word) for word in pair.split("/"))
        opposites[left] = opposites.get(left, frozenset()) | {right}
        opposites[right] = opposites.get(right, frozenset()) | {left}
    return opposites


_OPPOSITE_OF = _pair_up(_OPPOSITES)
_PREFIXES = ("non", "un", "in", "im", "ir", "il", "dis", "anti")


def is_reversed(claim: str, evidence: str) -> bool:
    """Whether a claim turns what the evidence says into its contrary, by a "not" more or less or an opposite word."""
    language = guess_language(claim) or guess_language(evidence)
    denies = _is_negated(claim, language)
    if denies != _is_negated(evidence, language, as_evidence=denies):
        return True
    return _has_opposite(claim, evidence, language)


def _has_opposite(claim: str, evidence: str, language: str | None) -> bool:
    """A word of the claim is missing from the evidence, which has its opposite instead."""
    asked = set(split_words(claim))
    said = set(split_words(evidence)) | {word.replace("-", "") for word in re.findall(r"\bnon-\w+", fold(evidence))}
    if _is_negated(claim, language) or _is_negated(evidence, language):
        return False
    for word in asked - said:
        if (_OPPOSITE_OF.get(word, frozenset()) & said) - asked:
            return True
        if len(word) >= 5 and any(prefix + word in said for prefix in _PREFIXES):
            return True
    return False


def _has_foreign_number(question: Question, sentence: str, surroundings: str) -> bool:
    """A number of the question (two digits or more) is not near a sentence that says the rest of what is asked."""
    numbers = {number.strip(".,:/-") for number in re.findall(r"\d[\d.,:/\-]*\d", question.asked)}
    foreign = {number for number in numbers if not _number_in(number, surroundings)}
    return bool(foreign) and _says_the_rest(question, foreign, sentence)


def _has_unknown_code(question: Question, document: DocumentWords) -> bool:
    """A code ("E7", "line T4") that the document does not have, or a year, where it names other years."""
    if any(not document.has_sequence(split_words(code)) for code in _CODE.findall(question.asked)):
        return True
    years = set(_YEAR.findall(question.asked))
    known = {word for word in document.words if _YEAR.fullmatch(word)}
    return bool(known) and any(not document.has_part(year) for year in years)


def _has_other_number(question: Question, surroundings: str, document: DocumentWords) -> bool:
    """A thing is asked about by its number ("line 16", "flat 7"), and the document numbers such things otherwise."""
    nearby = set(split_words(surroundings))
    for word, number in pairwise(split_words(question.asked)):
        if not number.isdecimal() or number in nearby or not word.isalpha() or question.is_light(word):
            continue
        known = document.numbers_after(word)
        if known and number not in known:
            return True
    return False


def _number_in(number: str, text: str) -> bool:
    parts = re.findall(r"\d+", number)
    present = set(re.findall(r"\d+", text))
    return all(part in present or part.lstrip("0") in {one.lstrip("0") for one in present} for part in parts)


_CODE = re.compile(r"(?<![\w-])[^\W\d_]{1,3}-?\d+(?![\w-])")
_YEAR = re.compile(r"(?<![\d.,/-])(?:1[5-9]|20)\d\d(?![\d/-]|[a-z]|[.,]\d)")
_NAME = re.compile(r"[^\W\d_][\w’'\-]*")
_SAME_NAME = 75.0
_NAMES_APART = 2
_SAYS_THE_REST = 0.5


def _has_foreign_name(question: Question, sentence: str, surroundings: str, document: DocumentWords) -> bool:
    """A name in the question is nowhere in the document, or not where the sentence says all the rest of it."""
    names = find_names(question)
    for name in names:
        if _is_among(name, set(split_words(surroundings))):
            continue
        if not _is_among(name, document.words) or _says_the_rest(question, names, sentence):
            return True
    pairs = ((first, second) for first, second in pairwise(names) if f"{first} {second}" in fold(question.asked))
    return any(not document.has_near(first, second, _NAMES_APART) for first, second in pairs)


def find_names(question: Question) -> tuple[str, ...]:
    """Folded words written with a capital inside the question; none in German, where every noun has one."""
    words = _NAME.findall(question.asked)
    capital = [word for word in words[1:] if word[0].isupper()]
    if question.language == "de" or len(capital) * 2 > len(words):
        return ()
    folded = (split_words(re.split("['’]", word)[0]) for word in capital)
    return tuple(parts[0] for parts in folded if parts and len(parts[0]) > 2)


def names_somebody(text: str, known: Collection[str]) -> bool | None:
    """Whether a text has a word with a capital that is not among the folded words ``known``.

    The first word counts only before another one with a capital. None for scripts without capitals.
    """
    words = [word for word in _NAME.findall(text) if len(word) > 2]
    if not any(word[0].isupper() or word[0].islower() for word in words):
        return None
    following = [*words[1:], ""]
    return any(
        word[0].isupper() and fold(word) not in known and (at > 0 or following[at][:1].isupper())
        for at, word in enumerate(words)
    )


def _is_among(name: str, words: Collection[str]) -> bool:
    """Whether the name, inflected, slightly misspelt or misread, is one of the folded words."""
    if name in words or process.extractOne(name, words, scorer=fuzz.ratio, score_cutoff=_SAME_NAME) is not None:
        return True
    return any(word.startswith(name) or (len(word) >= 4 and name.startswith(word)) for word in words)


def _says_the_rest(question: Question, names: Collection[str], sentence: str) -> bool:
    """Whether the sentence has most other content words of the question."""
    others = [word for word in question.content_words if word not in names]
    said = set(to_terms(sentence))
    found = sum(all(term in said for term in word_terms(word)) for word in others)
    return len(others) >= 2 and found / len(others) >= _SAYS_THE_REST
