"""What a question asks for: its language, the terms that matter, and the kind of answer it expects."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from retrieval.answer import Turn
from retrieval.answer_kinds import AnswerKind, find_kind
from retrieval.follow_ups import has_ordinal, is_follow_up, merge_questions, wants_another
from retrieval.keywords import keywords
from retrieval.language_guess import guess_language, is_function_word
from retrieval.terms import is_spaceless, split_words, word_terms


@dataclass(frozen=True, slots=True)
class Question:
    """``text`` is what to search for (an earlier question may have been worked in), ``asked`` what was written.

    ``avoid`` are snippets already given that a follow-up ("and the second one?") does not want again.
    """

    asked: str
    text: str
    language: str | None
    kind: AnswerKind
    avoid: tuple[str, ...] = ()

    @property
    def content_words(self) -> tuple[str, ...]:
        """Folded words that carry meaning, in order, each once; all words when none does."""
        words = tuple(dict.fromkeys(split_words(self.text)))
        return tuple(word for word in words if not self.is_light(word)) or words

    def is_light(self, word: str) -> bool:
        return not is_spaceless(word) and is_function_word(word, self.language)

    def is_grammar(self, word: str) -> bool:
        """Whether a folded word, or a piece of a text without spaces, is a function word or a Japanese ending."""
        return is_function_word(word, self.language) or _HIRAGANA.fullmatch(word) is not None

    @property
    def class_words(self) -> frozenset[str]:
        """Folded words that name what the answer is one of ("which *country*"): the answer need not say them."""
        words = split_words(self.text)
        return frozenset(word for before, word in pairwise(words) if _WHICH.fullmatch(before))

    @property
    def terms(self) -> dict[str, float]:
        """Search terms with how much each one counts (1, or little for function words)."""
        weights: dict[str, float] = {}
        for word in split_words(self.text):
            weight = _LIGHT_WEIGHT if self.is_light(word) else 1.0
            for term in word_terms(word):
                weights[term] = max(weight, weights.get(term, 0.0))
        return weights


_LIGHT_WEIGHT = 0.05
_WHICH = keywords(
    "which|what|welche*|quel*|qué|cuál*|qual*|che|welk*|как*|hangi|vilk*|hvilk*|jaki*|któr*",
    "ποι*|أي|किस|कौन|nào|哪|什么|どの|어느|무슨",
)
_HIRAGANA = re.compile("[\u3041-\u309f]+")


def read_question(message: str, history: Sequence[Turn] = (), *, likely_language: str | None = None) -> Question:
    """Understand a message, in the light of what was asked before; ``likely_language`` is the documents'."""
    language = guess_language(message, likely=likely_language)
    question = Question(message, message, language, find_kind(message))
    if not history or not is_follow_up(message, language):
        return question
    earlier = _last_full_question(history)
    kind = question.kind if question.kind is not AnswerKind.ANY else find_kind(earlier)
    avoid = history[-1].quoted if wants_another(message) and not has_ordinal(earlier) else ()
    return replace(question, text=merge_questions(earlier, message), kind=kind, avoid=avoid)


def _last_full_question(history: Sequence[Turn]) -> str:
    for turn in reversed(history):
        if not is_follow_up(turn.question, guess_language(turn.question)):
            return turn.question
    return history[-1].question
