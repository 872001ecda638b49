"""What the service says in English comes out in the visitor's language, whatever stands in it."""

import inspect
import re

import pytest

from errors import PageTimeoutError, ReadingError, StorageUnavailableError
from pipeline import text_layer
from pipeline.document import PageError
from pipeline.recognise import CAREFUL_NOTICE, DISTRUST_NOTICE
from pipeline.vlm.fallback import explain_fallback
from pipeline.vlm.parsing import CUT_NOTICES, NO_BOXES
from service.job_endings import describe_failed_pages
from ui.sentences import translate_sentence
from ui.texts import DEFAULT, get_texts, list_languages

OTHERS = [code for code in list_languages() if code != DEFAULT]
REASONS = re.findall(r'return "((?:the|a|characters of) [^"]+)"', inspect.getsource(text_layer))
KINDS: list[type[ReadingError]] = [ReadingError, *ReadingError.__subclasses__()]
SAID = [
    CAREFUL_NOTICE,
    NO_BOXES,
    *(DISTRUST_NOTICE.format(reason=reason) for reason in REASONS if "no text of its own" not in reason),
    *(notice.format(number=7) for notice in CUT_NOTICES.values()),
    *(explain_fallback(3, kind.default_message) for kind in KINDS),
    explain_fallback(3),
    *(kind.default_message for kind in KINDS),
    *(describe_failed_pages([PageError(2, kind.code, kind.default_message)]) for kind in KINDS),
    describe_failed_pages([PageError(number, "page_failed", "") for number in range(1, 20)]),
    f"No page could be read. {PageTimeoutError.default_message}",
    str(StorageUnavailableError()),
    "Machine translation into German, by Apertium.",
    "The document was not translated.",
    f"The document was not translated: {PageTimeoutError.default_message}",
    "3 words were corrected by hand.",
]


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("sentence", SAID)
def test_it_is_said_in_the_visitors_language(sentence: str, code: str) -> None:
    said = translate_sentence(sentence, get_texts(code))
    assert said != sentence
    assert not re.search(r"\b(the|page was|could not|of the)\b", said)
    assert not re.search(r"[{}]", said)


def test_what_stands_in_a_sentence_is_kept() -> None:
    said = translate_sentence("Page 7 is damaged and can't be opened.", get_texts("es"))
    assert said == "La página 7 está dañada y no se puede abrir."


def test_the_reason_inside_a_sentence_is_translated_too() -> None:
    said = translate_sentence(explain_fallback(3, PageTimeoutError.default_message), get_texts("es"))
    assert said.startswith("Página 3: Leer esta página tardó demasiado; ")


@pytest.mark.parametrize("code", OTHERS)
def test_an_unknown_sentence_stays_as_it_is(code: str) -> None:
    assert translate_sentence("Nobody expected this.", get_texts(code)) == "Nobody expected this."


def test_in_english_nothing_changes() -> None:
    english = get_texts(DEFAULT)
    assert [translate_sentence(sentence, english) for sentence in SAID] == SAID
