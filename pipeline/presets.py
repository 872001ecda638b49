"""Tool slugs and what each sets: tier, prompt for a VLM, and which view of the result matters most."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from errors import UnknownToolError
from pipeline.options import Tier


class Emphasis(StrEnum):
    """The view a user of the tool came for; doors show it first."""

    TEXT = "text"
    MARKDOWN = "markdown"
    TABLES = "tables"
    PDF = "pdf"
    TRANSLATION = "translation"


class Treatment(StrEnum):
    """What is done to a picture before the embedded engines read it.

    ``board``: light evened out, coloured pens made black. ``sheet``: what lies around a sheet becomes paper.
    ``slip``: both, and faded print made black.
    """

    NONE = "none"
    BOARD = "board"
    SHEET = "sheet"
    SLIP = "slip"


@dataclass(frozen=True, slots=True)
class Preset:
    """``prompt_mode`` names a prompt of a VLM profile (``ocr`` where the profile has no such); ``download`` is the
    export format to offer first.

    ``trusts_pdf_text`` False: even where a PDF page says what stands on it, a model looks at the picture, because the
    tool is about what the text layer lacks. ``treatment`` is what is done to the picture before the embedded engines
    read it, ``is_code`` keeps rows and indents as they stand. ``file`` and ``more`` make the example: a file name and
    further fields.
    """

    slug: str
    title: str
    sentence: str
    tier: Tier
    emphasis: Emphasis
    download: str
    prompt_mode: str = "ocr"
    trusts_pdf_text: bool = True
    treatment: Treatment = Treatment.NONE
    is_code: bool = False
    file: str = "page.png"
    more: str = ""


_CPU, _VLM = Tier.CPU, Tier.VLM

_ALL = (
    Preset("image-to-text", "Image to text", "The text of a photo, scan or screenshot.", _CPU, Emphasis.TEXT, "txt"),
    Preset(
        "pdf-to-text",
        "PDF to text",
        "The text of every page; a PDF's own text is kept.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        file="report.pdf",
    ),
    Preset(
        "pdf-to-markdown",
        "PDF to Markdown",
        "Headings, lists and tables as Markdown, ready for a wiki or a language model.",
        _CPU,
        Emphasis.MARKDOWN,
        "md",
        file="report.pdf",
    ),
    Preset(
        "pdf-to-word",
        "PDF to Word",
        "The pages as a Word file that can be edited.",
        _CPU,
        Emphasis.MARKDOWN,
        "docx",
        file="report.pdf",
    ),
    Preset(
        "searchable-pdf",
        "Searchable PDF",
        "The same pages, with text that can be searched and copied.",
        _CPU,
        Emphasis.PDF,
        "pdf",
        file="scan.pdf",
    ),
    Preset(
        "extract-tables",
        "Extract tables",
        "Tables as cells, ready for a spreadsheet.",
        _CPU,
        Emphasis.TABLES,
        "csv",
        file="statement.pdf",
    ),
    Preset(
        "table-to-csv",
        "Picture of a table to CSV",
        "One table that fills the picture, as CSV.",
        _CPU,
        Emphasis.TABLES,
        "csv",
        "table",
        file="table.png",
    ),
    Preset(
        "table-to-excel",
        "Table to Excel",
        "Tables as sheets of an Excel file.",
        _CPU,
        Emphasis.TABLES,
        "xlsx",
        file="statement.pdf",
    ),
    Preset(
        "receipt-to-text",
        "Receipt to text",
        "Items, totals and dates of a till receipt.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        treatment=Treatment.SLIP,
        file="receipt.jpg",
    ),
    Preset(
        "invoice-to-text",
        "Invoice to text",
        "An invoice with its tables and totals.",
        _CPU,
        Emphasis.MARKDOWN,
        "md",
        file="invoice.pdf",
    ),
    Preset(
        "handwriting-to-text",
        "Handwriting to text",
        "Letters and notes written by hand.",
        _VLM,
        Emphasis.TEXT,
        "txt",
        trusts_pdf_text=False,
        file="letter.jpg",
    ),
    Preset(
        "math-to-latex",
        "Math to LaTeX",
        "Formulas as LaTeX between $$, text around them.",
        _VLM,
        Emphasis.MARKDOWN,
        "md",
        trusts_pdf_text=False,
        file="exercise.png",
    ),
    Preset(
        "formula-to-latex",
        "Formula to LaTeX",
        "A single formula that fills the picture, as LaTeX.",
        _VLM,
        Emphasis.MARKDOWN,
        "md",
        "formula",
        trusts_pdf_text=False,
        file="formula.png",
    ),
    Preset(
        "translate",
        "Translate",
        "The text in another language, block by block; needs translate_to.",
        _VLM,
        Emphasis.TRANSLATION,
        "txt",
        file="letter.pdf",
        more=' -F "translate_to=es"',
    ),
    Preset(
        "book-page",
        "Book page",
        "Paragraphs, headings and footnotes of a page.",
        _CPU,
        Emphasis.MARKDOWN,
        "md",
        file="page.jpg",
    ),
    Preset(
        "business-card",
        "Business card",
        "Name, company, phone and mail of a card.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        treatment=Treatment.SHEET,
        file="card.jpg",
    ),
    Preset(
        "id-document",
        "ID document",
        "The fields of a card or passport page.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        treatment=Treatment.SHEET,
        file="passport.jpg",
        more=' -F "retain=false"',
    ),
    Preset(
        "form-to-text",
        "Form to text",
        "Labels and what was filled in.",
        _VLM,
        Emphasis.MARKDOWN,
        "md",
        trusts_pdf_text=False,
        file="form.pdf",
    ),
    Preset(
        "whiteboard-to-text",
        "Whiteboard to text",
        "Notes and lists from a whiteboard photo.",
        _VLM,
        Emphasis.MARKDOWN,
        "md",
        trusts_pdf_text=False,
        treatment=Treatment.BOARD,
        file="whiteboard.jpg",
    ),
    Preset(
        "screenshot-to-text",
        "Screenshot to text",
        "Text from a screenshot.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        file="screenshot.png",
    ),
    Preset(
        "code-screenshot",
        "Code screenshot to text",
        "Program code from a screenshot, line by line, with its indents.",
        _CPU,
        Emphasis.TEXT,
        "txt",
        "code",
        is_code=True,
        file="code.png",
    ),
    Preset(
        "chart-to-table",
        "Chart to table",
        "The numbers behind a bar, line or pie chart, as far as a model can tell them.",
        _VLM,
        Emphasis.TABLES,
        "csv",
        "chart",
        trusts_pdf_text=False,
        file="chart.png",
    ),
)
PRESETS: Mapping[str, Preset] = MappingProxyType({preset.slug: preset for preset in _ALL})


def get_preset(slug: str) -> Preset:
    """Raises UnknownToolError, whose remedy says where the slugs are listed."""
    preset = PRESETS.get(slug.strip().lower())
    if preset is None:
        raise UnknownToolError()
    return preset
