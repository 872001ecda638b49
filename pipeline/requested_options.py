"""From what a request says to checked :class:`~pipeline.options.OcrOptions`."""

import re

from errors import InvalidFieldError, UnknownTierError
from pipeline.languages import get_language
from pipeline.options import OcrOptions, Tier
from pipeline.presets import get_preset

AUTO = "auto"
_PAGE_RANGE = re.compile(r"(\d{1,6})(?:\s*-\s*(\d{1,6}))?")


def parse_options(
    *,
    tier: str | None = None,
    language: str | None = None,
    tool: str | None = None,
    translate_to: str | None = None,
    pages: str | None = None,
    schema: str | None = None,
) -> OcrOptions:
    """Empty and missing fields mean the default; a tool's tier holds unless another is named.

    Raises UnknownTierError, UnknownLanguageError, UnknownToolError or InvalidFieldError.
    """
    target = get_language(translate_to).code if translate_to and _said(translate_to) else None
    slug = get_preset(tool).slug if tool and _said(tool) else None
    if target and slug is None:
        slug = "translate"
    if slug == "translate" and target is None:
        raise InvalidFieldError(
            "The tool 'translate' needs 'translate_to'.",
            remedy="Send the code of the language you want, e.g. translate_to=en.",
            details={"field": "translate_to"},
        )
    return OcrOptions(
        tier=_parse_tier(tier, slug),
        language=_parse_language(language),
        tool=slug,
        translate_to=target,
        page_range=_parse_pages(pages),
        schema=_parse_schema(schema),
    )


def _said(value: str | None) -> bool:
    return bool(value and value.strip())


def _parse_tier(tier: str | None, slug: str | None) -> Tier:
    if tier and _said(tier):
        try:
            return Tier(tier.strip().lower())
        except ValueError:
            raise UnknownTierError() from None
    return get_preset(slug).tier if slug else Tier.CPU


def _parse_language(language: str | None) -> str:
    if not language or not _said(language) or language.strip().lower() == AUTO:
        return AUTO
    return get_language(language).code


def _parse_schema(schema: str | None) -> str | None:
    if not schema or not _said(schema):
        return None
    from pipeline.extraction.schema import check_schema

    return check_schema(schema)


def _parse_pages(pages: str | None) -> tuple[int, int] | None:
    if not pages or not _said(pages):
        return None
    match = _PAGE_RANGE.fullmatch(pages.strip())
    if match is None:
        raise InvalidFieldError("Field 'pages' is not a range like 2-5.", details={"field": "pages"})
    first, last = int(match[1]), int(match[2] or match[1])
    if first < 1 or last < first:
        raise InvalidFieldError("Field 'pages' counts from 1, the smaller number first.", details={"field": "pages"})
    return first, last
