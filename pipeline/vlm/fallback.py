"""What happens to a page where a vision-language model should read it and can't."""

from enum import StrEnum


class ModelUse(StrEnum):
    """What to do where a model is configured: ask it and fall back, ask it alone, or leave it out."""

    WITH_FALLBACK = "with_fallback"
    ALONE = "alone"
    NEVER = "never"


def explain_fallback(number: int, why: str = "") -> str:
    """One sentence for the person who asked for the model and gets the embedded engines on this page.

    ``why`` is the message of the error, a sentence.
    """
    reason = why.rstrip(".") or "The vision-language model failed"
    reason = reason[:1].lower() + reason[1:]
    return f"Page {number}: {reason}, so the embedded engines read this page, at the price of tier cpu."
