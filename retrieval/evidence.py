"""Reasons to distrust a sentence that looks like an answer.

Word overlap and embeddings cannot tell "easier" from "harder" or one treaty from another. These checks compare what a
question takes for granted (names, numbers, polarity) with what the sentence says. They see mismatches, not meaning: a
reader model sees more.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, pairwise
from typing import Self

from rapidfuzz import fuzz, process

from retrieval.polarity import has_opposite, is_negated
from retrieval.question import Question
from retrieval.terms import fold, split_words, to_terms, word_terms


@dataclass(frozen=True, slots=True)
class DocumentWords:
    """The folded words of the documents searched: ``words`` as a set, ``sequence`` in order, ``pages`` a set each."""

    words: frozenset[str]
    sequence: tuple[str, ...]
    pages: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, *pages: str) -> Self:
        parts = [split_words(page) for page in pages]
        sequence = tuple(chain.from_iterable(parts))
        return cls(frozenset(sequence), sequence, tuple(map(frozenset, parts)))

    def is_subject(self, name: str) -> bool:
        """Whether half of the pages, three at least, have the name: there "he" and "the city" may mean it anywhere."""
        having = sum(is_among(name, words) for words in self.pages)
        return having >= _SUBJECT_PAGES and having * 2 >= len(self.pages)

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
    if _is_denied_alone(question, sentence, surroundings):
        return Conflict.NEGATION
    if has_opposite(question.asked, sentence, language):
        return Conflict.OPPOSITE
    if _has_foreign_number(question, sentence, surroundings) or _has_unknown_code(question, document):
        return Conflict.NUMBER
    if _has_other_number(question, surroundings, document):
        return Conflict.NUMBER
    if _has_foreign_name(question, sentence, surroundings, document):
        return Conflict.NAME
    return None


def _is_denied_alone(question: Question, sentence: str, surroundings: str) -> bool:
    """Only the question has a "not", and the text says nearly all the rest of it.

    Otherwise the text may deny it in words of its own: "stopped them from landing" is "did not let them land".
    """
    language = question.language
    if not is_negated(question.asked, language) or is_negated(sentence, language, as_evidence=True):
        return False
    return _share_said(question.content_words, surroundings) >= _SAYS_NEARLY_ALL


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
_SUBJECT_PAGES = 3
_SAYS_THE_REST = 0.5
_SAYS_NEARLY_ALL = 0.6


def _has_foreign_name(question: Question, sentence: str, surroundings: str, document: DocumentWords) -> bool:
    """A name in the question is not where the sentence says all the rest of it, or names are apart in the document.

    A name that the document does not have at all proves less than it seems: "the British champion" may be Tom Simpson.
    """
    names = find_names(question)
    nearby = set(split_words(surroundings))
    foreign = [name for name in names if not is_among(name, nearby)]
    if foreign and _says_the_rest(question, names, sentence) and not all(map(document.is_subject, foreign)):
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


def is_among(name: str, words: Collection[str]) -> bool:
    """Whether the name, inflected, slightly misspelt or misread, is one of the folded words."""
    if name in words or process.extractOne(name, words, scorer=fuzz.ratio, score_cutoff=_SAME_NAME) is not None:
        return True
    return any(word.startswith(name) or (len(word) >= 4 and name.startswith(word)) for word in words)


def _says_the_rest(question: Question, names: Collection[str], sentence: str) -> bool:
    """Whether the sentence has most other content words of the question."""
    others = [word for word in question.content_words if word not in names]
    return len(others) >= 2 and _share_said(others, sentence) >= _SAYS_THE_REST


def _share_said(words: Collection[str], text: str) -> float:
    """The share of the folded words that a text has, in any inflection; 0 for no words."""
    said = set(to_terms(text))
    return sum(all(term in said for term in word_terms(word)) for word in words) / max(1, len(words))
