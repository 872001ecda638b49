"""Messages that ask for two things at once: "What is the total and when is it due?"."""

import re
from dataclasses import replace

from retrieval.answer_kinds import AnswerKind, find_kind
from retrieval.fields import find_field_names
from retrieval.follow_ups import is_follow_up
from retrieval.keywords import keywords
from retrieval.language_guess import is_function_word
from retrieval.question import Question
from retrieval.terms import fold, split_words

MAX_PARTS = 3
_BORDER = re.compile(
    r"(?<=[?？؟])\s*(?=\S)|[,;、،；]?\s+(?:and|und|et|y|e|en|и|ve|και|και|और|و|और|kai|i|och|og|și|và|และ)\s+|[，,]?\s*(?:和|以及|并且|還有|还有)"
    r"|[、，,]\s*(?:そして|また)\s*|\s+(?:그리고)\s+"
)
_ASKS = keywords(
    "what|when|where|who|whom|which|how|why|is|does|do|are|can|was|wer|was|wann|wo|wie|welche*|warum|wem|quel*",
    "quand|où|qui|comment|combien|pourquoi|qué|cuál*|cuándo|dónde|quién*|cómo|cuánt*|qual*|quando|onde|quem|como",
    "quant*|che|chi|dove|come|wat|wanneer|waar|wie|hoe|welk*|что|когда|где|кто|как*|сколько|куда|ne|ne zaman",
    "nerede|kim|nasıl|kaç|hangi|ما|ماذا|متى|أين|من|كيف|كم|什么|何时|哪|谁|多少|怎|いつ|どこ|誰|だれ|何|いくら|언제",
    "어디|누구|무엇|얼마|क्या|कब|कहाँ|कौन|कितन*|कैसे|gì|khi nào|ở đâu|ai|bao nhiêu|อะไร|เมื่อ|ที่ไหน|ใคร|เท่าไร|πότε",
    "πού|ποιος|τι|πόσο",
)


def split_question(question: Question) -> tuple[Question, ...]:
    """The questions that a message holds, at most :data:`MAX_PARTS`; itself when it holds one.

    A part is a question by itself when it has a question word or names a field of a form. What a part leaves out
    ("when is it due") it takes from the part before.
    """
    parts = [part.strip(" ,;?？؟、，") for part in _BORDER.split(question.asked)]
    parts = [part for part in parts if part]
    if not 1 < len(parts) <= MAX_PARTS or not all(map(_stands_alone, parts)):
        return (question,)
    return tuple(_make_part(question, part, parts[number - 1] if number else "") for number, part in enumerate(parts))


def _stands_alone(part: str) -> bool:
    return bool(_ASKS.search(" ".join(fold(part).split()))) or _names_field(part)


def _names_field(part: str) -> bool:
    return bool(find_field_names(part)) or find_kind(part) in {AnswerKind.TOTAL, AnswerKind.ISSUER, AnswerKind.DATE}


def _make_part(question: Question, part: str, before: str) -> Question:
    heavy = [word for word in split_words(part) if not is_function_word(word, question.language)]
    leans = bool(before) and (not heavy or is_follow_up(part, question.language))
    return replace(question, asked=part, text=f"{before} {part}" if leans else part, kind=find_kind(part))
