"""The original file as a PDF whose text can be searched, marked and copied.

The look of a page never changes: its own content stays as it is and an invisible text layer is laid over it. Picture
files become PDF pages that hold their own compressed bytes. A page whose own text was good enough to be the result
(engine ``pdf-text``) is left alone; a bad layer is replaced.
"""

import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO

import pikepdf
from pikepdf import Dictionary, Name, Object, ObjectStreamMode

from errors import BrokenFileError, EncryptedFileError
from exports.blank_font import BlankFonts
from exports.bookmarks import add_bookmarks
from exports.image_pages import write_image_pages
from exports.legal_text import to_legal_text
from exports.old_text import HIDE_BEGIN, HIDE_END, drop_invisible_text, find_resources
from exports.page_selection import drop_navigation, keep_pages
from exports.page_space import pixels_to_user_space
from exports.signatures import remove_signatures
from exports.text_layer import font_name, make_text_layer
from pipeline.document import Document, Page
from pipeline.file_types import PDF, identify

_OWN_TEXT = "pdf-text"
_SPOOL_BYTES = 32 * 1024 * 1024

NOTICE_DECRYPTED = "The original PDF restricts what may be done with it; this copy has no such protection."
NOTICE_SIGNATURE = (
    "The original PDF carries a digital signature; a signature can't survive a change, so this copy has none."
)
NOTICE_NOT_PDFA = "The file can't be made a PDF/A without changing what is on its pages; it is an ordinary PDF."


def write(
    document: Document,
    source: bytes,
    target: BinaryIO,
    *,
    pages: Sequence[int] | None = None,
    pdfa: bool = False,
) -> tuple[str, ...]:
    """Write the searchable PDF to ``target`` (seekable, at its start) and return notices for people.

    All pages of the original appear, in its order, unless ``pages`` (numbers from 1) selects some; those that were
    not read have no text layer. Raises EncryptedFileError or BrokenFileError when ``source`` can't be opened.
    """
    notices: list[str] = []
    with _open(source) as pdf:
        if pdf.is_encrypted:
            notices.append(NOTICE_DECRYPTED)
        if remove_signatures(pdf):
            notices.append(NOTICE_SIGNATURE)
        _lay_text(pdf, document)
        numbers = set(range(1, len(pdf.pages) + 1))
        selected = numbers if pages is None else numbers & set(pages)
        is_part = selected != numbers
        if is_part:
            drop_navigation(pdf)
        if not pdf.Root.get("/Outlines"):
            add_bookmarks(pdf, document)
        if is_part:
            keep_pages(pdf, selected)
        _describe(pdf, document)
        if pdfa and not _save_as_pdfa(pdf, target):
            notices.append(NOTICE_NOT_PDFA)
            pdfa = False
        if not pdfa:
            pdf.save(target, object_stream_mode=ObjectStreamMode.generate, compress_streams=True)
    return tuple(notices)


@contextmanager
def _open(source: bytes) -> Iterator[pikepdf.Pdf]:
    """The source as an open PDF. Pages of a picture file wait in a temporary file, not in memory."""
    kind = identify(source)
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as wrapped:
        opened: BinaryIO = BytesIO(source)
        if kind != PDF:
            write_image_pages(source, kind, wrapped)  # type: ignore[arg-type]
            wrapped.seek(0)
            opened = wrapped  # type: ignore[assignment]
        try:
            pdf = pikepdf.open(opened)
        except pikepdf.PasswordError as error:
            raise EncryptedFileError from error
        except pikepdf.PdfError as error:
            raise BrokenFileError from error
        with pdf:
            yield pdf


def _lay_text(pdf: pikepdf.Pdf, document: Document) -> None:
    fonts = BlankFonts(pdf)
    by_number = {page.number: page for page in document.pages}
    for number, pdf_page in enumerate(pdf.pages, start=1):
        if number in by_number:
            _lay_page(pdf, pdf_page, by_number[number], fonts)
    fonts.finish()


def _lay_page(pdf: pikepdf.Pdf, pdf_page: pikepdf.Page, page: Page, fonts: BlankFonts) -> None:
    keeps_own = page.engine.startswith(_OWN_TEXT)
    if keeps_own:
        page = _only_recognised(page)
    layer = make_text_layer(page, pixels_to_user_space(pdf_page, page.width_px, page.height_px), fonts)
    if not layer.operators:
        return
    hides, missing_restores = False, 0
    try:
        hides = not keeps_own and drop_invisible_text(pdf, pdf_page)
        missing_restores = _unbalanced_saves(pdf_page)
    except pikepdf.PdfError:
        # A damaged content stream is shown as far as it goes; the layer is laid over it all the same.
        hides = False
    before = b"q\n" * (1 + max(0, -missing_restores)) + (HIDE_BEGIN if hides else b"")
    after = (HIDE_END if hides else b"\n") + b"Q\n" * (1 + max(0, missing_restores))
    pdf_page.contents_add(_stream(pdf, before), prepend=True)
    operators = layer.operators
    for rise in layer.rises:
        name = _add_font(pdf_page, font_name(rise), fonts.object_of(rise))
        operators = operators.replace(f"/{font_name(rise)} ".encode(), f"{name} ".encode())
    pdf_page.contents_add(_stream(pdf, after + operators))


def _only_recognised(page: Page) -> Page:
    """The lines of a page with text of its own that OCR added, from its pictures: only they have a confidence."""
    blocks = (
        replace(block, lines=tuple(line for line in block.lines if line.confidence is not None))
        for block in page.blocks
    )
    return replace(page, blocks=tuple(block for block in blocks if block.lines))


def _unbalanced_saves(pdf_page: pikepdf.Page) -> int:
    """How many ``q`` of the page's content are never undone by a ``Q``; negative when there are too many ``Q``."""
    saves = [str(part.operator) for part in pikepdf.parse_content_stream(pdf_page, "q Q")]
    return saves.count("q") - saves.count("Q")


def _add_font(pdf_page: pikepdf.Page, name: str, font_object: Object) -> str:
    """Put the font into the page's own resources (inherited ones are shared with other pages); its name there."""
    resources = Dictionary(dict(find_resources(pdf_page.obj).items()))
    fonts = resources.get("/Font")
    fonts = Dictionary(dict(fonts.items())) if isinstance(fonts, Dictionary) else Dictionary()
    name = "/" + name
    while name in fonts:
        name += "x"
    fonts[name] = font_object
    resources["/Font"] = fonts
    pdf_page.obj["/Resources"] = resources
    return name


def _stream(pdf: pikepdf.Pdf, data: bytes) -> pikepdf.Stream:
    return pdf.make_stream(zlib.compress(data), Filter=Name.FlateDecode)


def _describe(pdf: pikepdf.Pdf, document: Document) -> None:
    """Language and title, where the original does not state its own."""
    if "/Lang" not in pdf.Root and document.detected_language:
        pdf.Root["/Lang"] = pikepdf.String(document.detected_language)
    with pdf.open_metadata(set_pikepdf_as_editor=False) as metadata:
        if not metadata.get("dc:title"):
            title = to_legal_text(PurePath(document.source_name).stem)
            metadata["dc:title"] = title or "Document"
        metadata["xmp:CreatorTool"] = "ocr-chat"


def _save_as_pdfa(pdf: pikepdf.Pdf, target: BinaryIO) -> bool:
    """Save as PDF/A-2b and have the written file checked; False, with nothing written, when it does not pass."""
    from pikepdf import pdfa

    try:
        pdfa.save(pdf, target, "2b")
    except pdfa.PdfaError:
        return False
    return True
