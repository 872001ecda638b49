"""Tool slugs and what each sets: tier, prompt for a VLM, and which view of the result matters most."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from errors import UnknownToolError
from pipeline.options import Tier


class Emphasis(StrEnum):
    """The view a user of the tool came for; doors show it first."""

    TEXT = "text"
    MARKDOWN = "markdown"
    TABLES = "tables"
    PDF = "pdf"
    TRANSLATION = "translation"


@dataclass(frozen=True, slots=True)
class Preset:
    """``prompt_mode`` names a prompt of a VLM profile; ``download`` is the export format to offer first."""

    slug: str
    title: str
    sentence: str
    tier: Tier
    emphasis: Emphasis
    download: str
    prompt_mode: str = "ocr"


_ALL = (
    Preset(
        "image-to-text", "Image to text", "The text of a photo, scan or screenshot.", Tier.CPU, Emphasis.TEXT, "txt"
    ),
    Preset(
        "pdf-to-text",
        "PDF to text",
        "The text of every page; a PDF's own text is kept.",
        Tier.CPU,
        Emphasis.TEXT,
        "txt",
    ),
    Preset(
        "searchable-pdf",
        "Searchable PDF",
        "The same pages, with text that can be searched and copied.",
        Tier.CPU,
        Emphasis.PDF,
        "pdf",
    ),
    Preset(
        "extract-tables",
        "Extract tables",
        "Tables as cells, ready for a spreadsheet.",
        Tier.CPU,
        Emphasis.TABLES,
        "csv",
        "tables",
    ),
    Preset(
        "receipt-to-text",
        "Receipt to text",
        "Items, totals and dates of a till receipt.",
        Tier.CPU,
        Emphasis.TEXT,
        "txt",
    ),
    Preset(
        "invoice-to-text",
        "Invoice to text",
        "An invoice with its tables and totals.",
        Tier.CPU,
        Emphasis.MARKDOWN,
        "md",
    ),
    Preset(
        "handwriting-to-text",
        "Handwriting to text",
        "Letters and notes written by hand.",
        Tier.VLM,
        Emphasis.TEXT,
        "txt",
        "handwriting",
    ),
    Preset(
        "math-to-latex",
        "Math to LaTeX",
        "Formulas as LaTeX between $$, text around them.",
        Tier.VLM,
        Emphasis.MARKDOWN,
        "md",
        "math",
    ),
    Preset(
        "translate",
        "Translate",
        "The text in another language, block by block; needs translate_to.",
        Tier.VLM,
        Emphasis.TRANSLATION,
        "txt",
    ),
    Preset(
        "book-page", "Book page", "Paragraphs, headings and footnotes of a page.", Tier.CPU, Emphasis.MARKDOWN, "md"
    ),
    Preset(
        "business-card", "Business card", "Name, company, phone and mail of a card.", Tier.CPU, Emphasis.TEXT, "txt"
    ),
    Preset("id-document", "ID document", "The fields of a card or passport page.", Tier.CPU, Emphasis.TEXT, "txt"),
    Preset("form-to-text", "Form to text", "Labels and what was filled in.", Tier.VLM, Emphasis.MARKDOWN, "md"),
    Preset(
        "whiteboard-to-text",
        "Whiteboard to text",
        "Notes and lists from a whiteboard photo.",
        Tier.VLM,
        Emphasis.MARKDOWN,
        "md",
        "handwriting",
    ),
    Preset(
        "screenshot-to-text", "Screenshot to text", "Text or code from a screenshot.", Tier.CPU, Emphasis.TEXT, "txt"
    ),
)
PRESETS: Mapping[str, Preset] = {preset.slug: preset for preset in _ALL}


def get_preset(slug: str) -> Preset:
    """Raises UnknownToolError, whose remedy says where the slugs are listed."""
    preset = PRESETS.get(slug.strip().lower())
    if preset is None:
        raise UnknownToolError()
    return preset
