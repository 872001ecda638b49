"""The tables that both doors show: tools, languages, formats."""

from typing import Any

from pipeline.languages import LANGUAGES, find_language
from pipeline.presets import PRESETS


def list_tools() -> list[dict[str, Any]]:
    return [
        {
            "slug": preset.slug,
            "title": preset.title,
            "description": preset.sentence,
            "tier": preset.tier.value,
            "emphasis": preset.emphasis.value,
            "download": preset.download,
            "example": f'curl -F "file=@{preset.file}" -F "tool={preset.slug}"{preset.more} '
            "http://localhost:7860/api/v1/ocr/",
        }
        for preset in PRESETS.values()
    ]


def list_languages() -> list[dict[str, Any]]:
    return [
        {
            "code": language.code,
            "name": language.name,
            "native_name": language.native_name,
            "script": language.script,
            "direction": language.direction,
            "aliases": sorted(language.aliases),
        }
        for language in LANGUAGES.values()
    ]


def list_formats() -> list[dict[str, str]]:
    from exports.formats import FORMATS

    return [{"format": name, "suffix": entry.suffix, "media_type": entry.media_type} for name, entry in FORMATS.items()]


def find_language_name(code: str) -> str:
    """The language's own name for itself, or the code where it is not in the table."""
    language = find_language(code)
    return language.native_name if language else code
