"""PDF files: open them, count and measure their pages, and see what a page is made of.

PDFium is not thread-safe: everything here and everything made from it belongs to one thread of one process at a time.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from errors import BrokenFileError, EncryptedFileError, InvalidInputError

_TINY_SCALE = 0.01
_MAX_OBJECTS = 50_000
_MAX_FORM_DEPTH = 4
_FLATTENED_ANNOTATIONS = {pdfium_c.FPDF_ANNOT_WIDGET, pdfium_c.FPDF_ANNOT_FREETEXT, pdfium_c.FPDF_ANNOT_STAMP}
_HIDDEN_TEXT_MODES = {pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP}


@dataclass(frozen=True, slots=True)
class Rectangle:
    """In PDF user space: points, origin bottom left, y up, before ``/Rotate``."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        return max(0.0, self.top - self.bottom)

    @property
    def area(self) -> float:
        return self.width * self.height

    def intersection(self, other: "Rectangle") -> "Rectangle":
        """May be empty (no width or no height)."""
        return Rectangle(
            max(self.left, other.left),
            max(self.bottom, other.bottom),
            min(self.right, other.right),
            min(self.top, other.top),
        )

    def union(self, other: "Rectangle") -> "Rectangle":
        return Rectangle(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


@dataclass(frozen=True, slots=True)
class PlacedImage:
    """A picture on a PDF page: where its visible part lies, its own pixels, and its place in drawing order."""

    area: Rectangle
    dpi: float
    order: int


@dataclass(frozen=True, slots=True)
class PageContent:
    """What a PDF page is made of. ``last_text_order`` is when the last text object is drawn, None without one."""

    bounds: Rectangle
    images: tuple[PlacedImage, ...]
    path_count: int
    visible_text_count: int
    hidden_text_count: int
    last_text_order: int | None

    @property
    def image_cover(self) -> float:
        """The share of the page under images, 0..1; strips of one scan add up."""
        return min(1.0, sum(image.area.area for image in self.images) / max(self.bounds.area, 1.0))

    @property
    def is_empty(self) -> bool:
        return not (self.images or self.path_count or self.visible_text_count or self.hidden_text_count)


def open_pdf(data: bytes) -> pdfium.PdfDocument:
    """Raises EncryptedFileError or BrokenFileError. A PDF that opens with an empty password is not encrypted to us."""
    try:
        pdf = pdfium.PdfDocument(data)
        # Without a form environment the values of form fields stay unseen.
        pdf.init_forms()
        return pdf
    except pdfium.PdfiumError as error:
        raise _explain(data) from error


def _explain(data: bytes) -> InvalidInputError:
    """Why the PDF can't be opened.

    It is opened once more, because an error code of PDFium's stays when a document without pages is opened after it.
    """
    handle = pdfium_c.FPDF_LoadMemDocument64(data, len(data), None)
    if handle:
        pdfium_c.FPDF_CloseDocument(handle)
        return BrokenFileError("The PDF has no pages that can be opened.")
    code = pdfium_c.FPDF_GetLastError()
    if code == pdfium_c.FPDF_ERR_PASSWORD:
        return EncryptedFileError()
    if code == pdfium_c.FPDF_ERR_SECURITY:
        return EncryptedFileError("The PDF is protected in a way that can't be opened.")
    return BrokenFileError("The PDF is damaged and can't be opened.")


def count_pages(pdf: pdfium.PdfDocument) -> int:
    """The pages up to the last one that is really there; a PDF may claim any number. 0 when there is none."""
    for count in range(len(pdf), 0, -1):
        if find_page_size(pdf, count) is not None:
            return count
    return 0


def find_page_size(pdf: pdfium.PdfDocument, number: int) -> tuple[float, float] | None:
    """Width and height in points with ``/Rotate`` and CropBox applied; None when the page isn't there."""
    try:
        width, height = pdf.get_page_size(number - 1)
    except pdfium.PdfiumError:
        return None
    return width, height


def load_page(pdf: pdfium.PdfDocument, number: int) -> pdfium.PdfPage:
    """Page ``number`` (from 1), its filled form fields, free text and stamps made part of its content.

    Raises pypdfium2.PdfiumError.
    """
    page = pdf.get_page(number - 1)
    if not _has_annotations_to_flatten(page):
        return page
    if pdf.formenv is None:
        # Drawing (at a few pixels) makes PDFium build the appearances that it flattens next.
        page.render(scale=_TINY_SCALE).close()
    if pdfium_c.FPDFPage_Flatten(page.raw, pdfium_c.FLAT_NORMALDISPLAY) == pdfium_c.FLATTEN_SUCCESS:
        page.close()
        page = pdf.get_page(number - 1)
    return page


def _has_annotations_to_flatten(page: pdfium.PdfPage) -> bool:
    for index in range(pdfium_c.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        if annotation:
            subtype = pdfium_c.FPDFAnnot_GetSubtype(annotation)
            pdfium_c.FPDFPage_CloseAnnot(annotation)
            if subtype in _FLATTENED_ANNOTATIONS:
                return True
    return False


def survey_page(page: pdfium.PdfPage) -> PageContent:
    """Count what is drawn on the page and find its images; looks at the first 50000 objects."""
    left, bottom, right, top = page.get_bbox()
    bounds = Rectangle(left, bottom, right, top)
    images: list[PlacedImage] = []
    paths = visible = hidden = 0
    last_text: int | None = None
    for order, (kind, handle, to_page) in enumerate(_walk_objects(page)):
        if kind == pdfium_c.FPDF_PAGEOBJ_IMAGE:
            image = _place_image(handle, to_page, bounds, order)
            if image:
                images.append(image)
        elif kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
            last_text = order
            is_hidden = is_hidden_text(handle)
            hidden, visible = hidden + is_hidden, visible + (not is_hidden)
        else:
            paths += 1
    return PageContent(bounds, tuple(images), paths, visible, hidden, last_text)


def is_hidden_text(handle: Any) -> bool:
    """True for a text object that leaves no ink: invisible, clipping only, or filled with full transparency."""
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(handle)
    if mode != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
        return mode in _HIDDEN_TEXT_MODES
    alpha, unused = ctypes.c_uint(), ctypes.byref(ctypes.c_uint())
    is_known = pdfium_c.FPDFPageObj_GetFillColor(handle, unused, unused, unused, ctypes.byref(alpha))
    return bool(is_known) and alpha.value == 0


_Matrix = tuple[float, float, float, float, float, float]
_IDENTITY: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def _walk_objects(page: pdfium.PdfPage) -> Iterator[tuple[int, Any, _Matrix]]:
    """All objects in drawing order as (type, handle, matrix to page space); those inside form XObjects too."""
    left = _MAX_OBJECTS
    stack = [(_top_level_objects(page), _IDENTITY)]
    while stack and left:
        objects, to_page = stack[-1]
        handle = next(objects, None)
        if handle is None:
            stack.pop()
            continue
        left -= 1
        kind = pdfium_c.FPDFPageObj_GetType(handle)
        if kind != pdfium_c.FPDF_PAGEOBJ_FORM:
            yield kind, handle, to_page
        elif len(stack) <= _MAX_FORM_DEPTH:
            stack.append((_form_objects(handle), _multiply(_matrix_of(handle), to_page)))


def _top_level_objects(page: pdfium.PdfPage) -> Iterator[Any]:
    return (pdfium_c.FPDFPage_GetObject(page.raw, i) for i in range(pdfium_c.FPDFPage_CountObjects(page.raw)))


def _form_objects(form: Any) -> Iterator[Any]:
    return (pdfium_c.FPDFFormObj_GetObject(form, i) for i in range(pdfium_c.FPDFFormObj_CountObjects(form)))


def _matrix_of(handle: Any) -> _Matrix:
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFPageObj_GetMatrix(handle, ctypes.byref(matrix)):
        return _IDENTITY
    return matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f


def _multiply(first: _Matrix, then: _Matrix) -> _Matrix:
    a, b, c, d, e, f = first
    a2, b2, c2, d2, e2, f2 = then
    return (
        a * a2 + b * c2,
        a * b2 + b * d2,
        c * a2 + d * c2,
        c * b2 + d * d2,
        e * a2 + f * c2 + e2,
        e * b2 + f * d2 + f2,
    )


def _place_image(handle: Any, to_page: _Matrix, bounds: Rectangle, order: int) -> PlacedImage | None:
    """None when nothing of the image is on the page. An image fills the unit square under its matrix."""
    a, b, c, d, e, f = _multiply(_matrix_of(handle), to_page)
    xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
    visible = Rectangle(min(xs), min(ys), max(xs), max(ys)).intersection(bounds)
    if not visible.area:
        return None
    width, height = ctypes.c_uint(), ctypes.c_uint()
    pdfium_c.FPDFImageObj_GetImagePixelSize(handle, ctypes.byref(width), ctypes.byref(height))
    across, down = (a * a + b * b) ** 0.5, (c * c + d * d) ** 0.5
    dpi = max(width.value * 72 / max(across, 1e-6), height.value * 72 / max(down, 1e-6))
    return PlacedImage(visible, dpi, order)
