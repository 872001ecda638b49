"""What the service says in English, such as a notice or the reason of a failure, in the visitor's language.

The English words of the group ``said`` are the sentences of the service with names for what changes in them; they
recognise a sentence, and the visitor's language says it again. One that none of them knows stays as it is.
"""

import re
from functools import cache

from ui.texts import DEFAULT, Texts, get_texts

_FIELD = re.compile(r"\\\{(\w+)\\\}")
# What stands inside a sentence and is one itself.
_NESTED = "reason"
_FULL_STOPS = ".。।។"


def translate_sentence(sentence: str, texts: Texts) -> str:
    for key, pattern in _patterns().items():
        found = pattern.fullmatch(sentence)
        if found is not None:
            values = found.groupdict()
            if _NESTED in values:
                values[_NESTED] = _translate_reason(values[_NESTED], texts)
            return texts(f"said.{key}", **values)
    return sentence


def _translate_reason(reason: str, texts: Texts) -> str:
    """A reason is a sentence, or has been made a clause of one: a small letter and no full stop."""
    said = translate_sentence(reason, texts)
    if said != reason:
        return said
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    said = translate_sentence(sentence, texts)
    return reason if said == sentence else said.rstrip(_FULL_STOPS)


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """The more of its own words a sentence has, the earlier it is tried."""
    sentences = sorted(get_texts(DEFAULT).group("said").items(), key=lambda item: -len(_FIELD.sub("", item[1])))
    return {key: re.compile(_FIELD.sub(r"(?P<\1>.+)", re.escape(text)), re.DOTALL) for key, text in sentences}
