"""A refused upload is explained in words of the page, in every language."""

from typing import Any

import pytest

from errors import InvalidFieldError, TooManyPagesError
from ui.refusals import describe_refusal
from ui.texts import get_texts, list_languages


def describe(language: str = "en", *, account: int = 0, **answer: Any) -> str:
    return describe_refusal(answer, get_texts(language), account)


@pytest.mark.parametrize("language", list_languages())
@pytest.mark.parametrize("field", ["pages", "translate_to", "schema"])
def test_a_wrong_field_is_named_as_the_page_names_it(language: str, field: str) -> None:
    said = describe(language, code=InvalidFieldError.code, field=field, error=f"Field '{field}' is wrong.")
    texts = get_texts(language)
    label = texts({"pages": "read.pages", "translate_to": "read.translate_to", "schema": "read.fields"}[field])
    assert label in said
    assert "{" not in said


def test_a_field_that_the_page_does_not_have_keeps_the_service_s_words() -> None:
    assert describe(code=InvalidFieldError.code, field="body", error="Odd.") == "Odd."


def test_who_has_no_account_hears_what_one_would_allow() -> None:
    answer: dict[str, Any] = {"code": TooManyPagesError.code, "max_pages": 20}
    assert describe(account=100, **answer).endswith("A free account can send up to 100.")
    assert "account" not in describe(account=0, **answer)
    assert "account" not in describe(account=20, **answer)


def test_without_a_file_one_is_asked_for() -> None:
    assert describe() == "Choose a file first."
