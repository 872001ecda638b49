"""What a visitor is told whose upload the service has refused, in words of the page instead of the API's."""

from typing import Any

from errors import InvalidFieldError, QuotaExceededError, TooManyPagesError
from ui.job_texts import describe_quota
from ui.sentences import translate_sentence
from ui.texts import Texts


def describe_refusal(answer: dict[str, Any], texts: Texts, pages_with_account: int) -> str:
    """``answer`` is what the upload got: the API's error, or nothing when there was no file.

    ``pages_with_account``: how many a file may have for who makes a free account; 0 for somebody who has one.
    """
    code = answer.get("code")
    known = texts.group("refusal")
    field = f"field.{answer.get('field')}"
    if code == QuotaExceededError.code:
        return describe_quota(answer, texts)
    if code == TooManyPagesError.code and "max_pages" in answer:
        return _describe_too_many(answer["max_pages"], texts, pages_with_account)
    if code == InvalidFieldError.code and field in known:
        return texts(f"refusal.{field}", **({"label": texts("read.fields")} if "{label}" in known[field] else {}))
    if code in known:
        return known[code]
    return translate_sentence(answer.get("error") or texts("drop.none"), texts)


def _describe_too_many(allowed: int, texts: Texts, pages_with_account: int) -> str:
    sentence = texts("refusal.too_many_pages", max_pages=allowed)
    if pages_with_account <= allowed:
        return sentence
    return f"{sentence} {texts('refusal.too_many_pages.account', pages=pages_with_account)}"
