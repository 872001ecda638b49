"""The download formats: one table, and the one function that writes any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import BinaryIO

from errors import InvalidFieldError, SourceNotKeptError, UnknownFormatError
from exports import (
    alto,
    hocr,
    markdown,
    plain_text,
    reflowed_pdf,
    searchable_pdf,
    spreadsheet,
    structured_json,
    tables_csv,
    word,
)
from pipeline.document import Document


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What one download may choose.

    ``pages`` are page numbers from 1, None for all. ``tables`` is ``single`` or ``zip`` and matters for csv, ``pdfa``
    for pdf alone. ``translation`` writes the translated document instead of the read one.
    """

    pages: tuple[int, ...] | None = None
    tables: str = "single"
    pdfa: bool = False
    translation: bool = False


Notices = tuple[str, ...]
Writer = Callable[[Document, BinaryIO, bytes | None, ExportOptions], Notices]


@dataclass(frozen=True, slots=True)
class Format:
    """``suffix`` has its dot. ``writer`` returns sentences for the person who downloads, mostly none."""

    name: str
    suffix: str
    media_type: str
    writer: Writer


def _plainly(write: Callable[[Document, BinaryIO], None]) -> Writer:
    """A writer that needs the document alone."""

    def write_document(document: Document, target: BinaryIO, _source: bytes | None, _options: ExportOptions) -> Notices:
        write(document, target)
        return ()

    return write_document


def _write_csv(document: Document, target: BinaryIO, _source: bytes | None, options: ExportOptions) -> Notices:
    write = tables_csv.write_zip if options.tables == "zip" else tables_csv.write
    write(document, target)
    return ()


def _write_docx(document: Document, target: BinaryIO, source: bytes | None, _options: ExportOptions) -> Notices:
    word.write(document, target, source=source)
    return ()


def _write_pdf(document: Document, target: BinaryIO, source: bytes | None, options: ExportOptions) -> Notices:
    if options.translation:
        return reflowed_pdf.write(document, target)
    if source is None:
        raise SourceNotKeptError
    return searchable_pdf.write(document, source, target, pages=options.pages, pdfa=options.pdfa)


_DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format("txt", ".txt", "text/plain; charset=utf-8", _plainly(plain_text.write)),
        Format("md", ".md", "text/markdown; charset=utf-8", _plainly(markdown.write)),
        Format("docx", ".docx", _DOCX_TYPE, _write_docx),
        Format("pdf", ".pdf", "application/pdf", _write_pdf),
        Format("csv", ".csv", "text/csv; charset=utf-8", _write_csv),
        Format("json", ".json", "application/json", _plainly(structured_json.write)),
        Format("xlsx", ".xlsx", _XLSX_TYPE, _plainly(spreadsheet.write)),
        Format("hocr", ".hocr", "text/html; charset=utf-8", _plainly(hocr.write)),
        Format("alto", ".xml", "application/xml", _plainly(alto.write)),
    )
}


def get_format(name: str, options: ExportOptions | None = None) -> Format:
    """The format by its name; csv with ``tables="zip"`` is an archive. Raises UnknownFormatError."""
    entry = FORMATS.get(name)
    if entry is None:
        raise UnknownFormatError(
            f"Unknown download format '{name[:20]}'.", remedy=f"The formats are: {', '.join(FORMATS)}."
        )
    if name == "csv" and options is not None and options.tables == "zip":
        return replace(entry, suffix=".zip", media_type="application/zip")
    return entry


def write_export(
    format: str, document: Document, target: BinaryIO, *, source: bytes | None, options: ExportOptions | None = None
) -> Notices:
    """Write ``document`` to ``target`` (binary, seekable, at its start) and return notices for people.

    ``source`` is the original file; docx takes pictures from it, pdf can't do without. Raises UnknownFormatError,
    InvalidFieldError (a page or a translation that is not there) or SourceNotKeptError.
    """
    options = options or ExportOptions()
    writer = get_format(format, options).writer
    return writer(_selected(document, options), target, source, options)


def _selected(document: Document, options: ExportOptions) -> Document:
    if options.translation:
        if document.translation is None:
            raise InvalidFieldError(
                "The document has no translation.",
                remedy="Send it again with 'translate_to'.",
                details={"field": "translation"},
            )
        document = replace(document, pages=document.translation.pages, translation=None)
    if options.pages is None:
        return document
    # Not 1 to the page count: the job may have been about pages 20 to 30 of a file.
    numbers = {page.number for page in document.pages} | {error.page_number for error in document.page_errors}
    if numbers.isdisjoint(options.pages):
        raise InvalidFieldError(
            f"The document has no such page; it has {_to_range(numbers)}.", details={"field": "pages"}
        )
    fields = tuple(each for each in document.fields if each.page_number is None or each.page_number in options.pages)
    return replace(document.with_pages(options.pages), fields=fields)


def _to_range(numbers: set[int]) -> str:
    first, last = min(numbers, default=0), max(numbers, default=0)
    return f"page {first}" if first == last else f"pages {first} to {last}"
